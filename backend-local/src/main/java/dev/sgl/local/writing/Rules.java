package dev.sgl.local.writing;

import dev.sgl.constraint.match.Matcher;
import java.util.Optional;
import java.util.OptionalInt;

/// The rules of one generation.
///
/// @param logprobs how many candidates to report; empty for no log-probabilities
/// @param form of a typed value; none for free text
/// @param words to which free text is limited; none for all
public record Rules(
    Limits limits,
    Ends ends,
    OptionalInt logprobs,
    Optional<Form> form,
    Optional<AllowedWords> words) {

  /// Numbers of tokens.
  ///
  /// @param most tokens to generate
  /// @param budget tokens after which the value is closed as soon as its type allows
  /// @param least tokens before which a text may not end
  public record Limits(int most, int budget, int least) {}

  /// The tokens at which generation ends.
  ///
  /// @param own end tokens of the model
  /// @param stops stop tokens of the request
  /// @param areIgnored whether free text continues where the model would end it
  public record Ends(int[] own, int[] stops, boolean areIgnored) {}

  /// The form of a typed value.
  ///
  /// @param matcher follows the type of the value
  /// @param jumpForward whether forced tokens are appended without computing logits for them
  /// @param closes whether an incomplete value is closed when the limit of tokens is near
  /// @param phraseEnds the tokens before which a phrase ends: see [PhraseEnds]
  public record Form(Matcher matcher, boolean jumpForward, boolean closes, int[] phraseEnds) {}

  Optional<Matcher> matcher() {
    return form.map(Form::matcher);
  }
}
