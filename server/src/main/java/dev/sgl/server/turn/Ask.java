package dev.sgl.server.turn;

import dev.sgl.backend.Prompt;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.Writing;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.server.format.Channels;
import dev.sgl.server.http.ApiException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// A request for one answer.
///
/// @param type of the text; calls of tools have types of their own
/// @param writing how values of the type, and arguments of calls, are written
/// @param tools that it may call
/// @param thought how it thinks before it says anything; none if it does not
/// @param channels how it parts the answer into messages; none if it does not
/// @param mostThought tokens of all its thoughts, which end there; none if they end by themselves
public record Ask(
    Prompt prompt,
    Type type,
    Sampling sampling,
    Scheduling scheduling,
    Writing writing,
    Optional<Toolbox> tools,
    Optional<Thought> thought,
    Optional<Channels> channels,
    OptionalInt mostThought) {
  /// @throws ApiException if words are limited where a type or a call says which come
  public Ask {
    if (!sampling.words().areAll() && (!Types.isFree(type) || tools.isPresent())) {
      String name = sampling.words().banned().isEmpty() ? "allowed_token_ids" : "bad_words";
      throw ApiException.invalid(
          name, name + " limits free text; it fits neither a format of the answer nor tools");
    }
  }

  /// Asks without tools and thoughts.
  public Ask(Prompt prompt, Type type, Sampling sampling, Scheduling scheduling, Writing writing) {
    this(
        prompt,
        type,
        sampling,
        scheduling,
        writing,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /// Asks without a limit on thoughts.
  public Ask(
      Prompt prompt,
      Type type,
      Sampling sampling,
      Scheduling scheduling,
      Writing writing,
      Optional<Toolbox> tools,
      Optional<Thought> thought,
      Optional<Channels> channels) {
    this(
        prompt, type, sampling, scheduling, writing, tools, thought, channels, OptionalInt.empty());
  }

  /// The same, scheduled and written in other ways.
  public Ask with(Scheduling newScheduling, Writing newWriting) {
    return new Ask(
        prompt, type, sampling, newScheduling, newWriting, tools, thought, channels, mostThought);
  }

  /// The tokens that the model reads before its first own: those of the prompt, and those with
  /// which its thought begins, if it is certain to think.
  public List<Integer> read(TokenBackend backend) {
    Optional<Prompt.Part> begin =
        thought
            .filter(Thought::isSure)
            .map(Thought::begin)
            .filter(text -> !text.isEmpty())
            .map(Prompt.Part.Written::new);
    return backend.tokens(prompt.with(begin.stream().toList()));
  }

  /// The same, behind the last of the tokens that the model reads, `most` of them at most.
  public Ask behindLast(int most, TokenBackend backend) {
    List<Integer> tokens = read(backend);
    if (tokens.size() <= most) {
      return this;
    }
    List<Integer> last = tokens.subList(tokens.size() - most, tokens.size());
    return new Ask(
        new Prompt.Raw(List.of(new Prompt.Part.Tokens(last))),
        type,
        sampling,
        scheduling,
        writing,
        tools,
        thought.map(how -> how.isSure() ? how.begun() : how),
        channels,
        mostThought);
  }

  /// The same, with thoughts of at most `tokens` tokens together.
  public Ask withThoughtOf(int tokens) {
    return new Ask(
        prompt,
        type,
        sampling,
        scheduling,
        writing,
        tools,
        thought,
        channels,
        OptionalInt.of(tokens));
  }

  /// The same, for another of several answers: with a seed of its own.
  public Ask numbered(int index) {
    Sampling.Choice choice = sampling.choice();
    Sampling seeded =
        choice.seed().isPresent()
            ? sampling.withChoice(
                choice.withSeed(OptionalLong.of(choice.seed().getAsLong() + 1_000_003L * index)))
            : sampling;
    return new Ask(
        prompt, type, seeded, scheduling, writing, tools, thought, channels, mostThought);
  }
}
