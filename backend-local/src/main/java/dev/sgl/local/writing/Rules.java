package dev.sgl.local.writing;

import dev.sgl.constraint.match.Matcher;
import java.util.Optional;

/// The rules of one generation.
///
/// @param limit most tokens to generate
/// @param budget tokens after which the value is closed as soon as it may be
/// @param minTokens tokens before which a text may not end
/// @param ignoreEos whether free text goes on where the model would end it
/// @param logprobs how many candidates to report, or -1 for no log-probabilities
/// @param matcher follows the type of the value; none for free text
/// @param jumpForward whether tokens that must come are taken without asking the model
/// @param closes whether a value that is not complete is closed where the limit comes near
/// @param ends the tokens that end a text
/// @param stops other tokens at which it stops
/// @param phraseEnds the tokens before which a phrase ends: see [PhraseEnds]
public record Rules(
    int limit,
    int budget,
    int minTokens,
    boolean ignoreEos,
    int logprobs,
    Optional<Matcher> matcher,
    boolean jumpForward,
    boolean closes,
    int[] ends,
    int[] stops,
    int[] phraseEnds) {}
