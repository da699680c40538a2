package dev.sgl.backend;

import dev.sgl.program.Type;
import java.util.List;

/// One generation: its prompt, the type of its text, how tokens are chosen, and when it runs.
///
/// @param ahead the next steps of the program in the same message, as far as they are known
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

  /// A request in the default writing, with nothing known of the next steps.
  public Request(Prompt prompt, Type type, Sampling sampling, Scheduling scheduling) {
    this(prompt, type, sampling, scheduling, Writing.DEFAULT, List.of());
  }

  /// The same in the default scheduling.
  public Request(Prompt prompt, Type type, Sampling sampling) {
    this(prompt, type, sampling, Scheduling.DEFAULT);
  }

  /// The same request before other next steps.
  public Request withAhead(List<Ahead> value) {
    return new Request(prompt, type, sampling, scheduling, writing, value);
  }

  /// The same request with another prompt.
  public Request withPrompt(Prompt value) {
    return new Request(value, type, sampling, scheduling, writing, ahead);
  }

  /// The same request in another writing.
  public Request withWriting(Writing value) {
    return new Request(prompt, type, sampling, scheduling, value, ahead);
  }
}
