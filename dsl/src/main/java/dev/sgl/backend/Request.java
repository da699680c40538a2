package dev.sgl.backend;

import dev.sgl.program.Type;
import java.util.List;

/// One generation: what the model sees, what it may say, how it chooses, and when it is its turn.
///
/// @param ahead what the program does next in the same message, as far as that is known
public record Request(
    Prompt prompt,
    Type type,
    Sampling sampling,
    Scheduling scheduling,
    Writing writing,
    List<Ahead> ahead) {
  public Request {
    ahead = List.copyOf(ahead);
  }

  public Request(Prompt prompt, Type type, Sampling sampling, Scheduling scheduling) {
    this(prompt, type, sampling, scheduling, Writing.DEFAULT, List.of());
  }

  public Request(Prompt prompt, Type type, Sampling sampling) {
    this(prompt, type, sampling, Scheduling.DEFAULT);
  }

  public Request withAhead(List<Ahead> value) {
    return new Request(prompt, type, sampling, scheduling, writing, value);
  }

  public Request withPrompt(Prompt value) {
    return new Request(value, type, sampling, scheduling, writing, ahead);
  }

  public Request withWriting(Writing value) {
    return new Request(prompt, type, sampling, scheduling, value, ahead);
  }
}
