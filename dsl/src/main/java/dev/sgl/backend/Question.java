package dev.sgl.backend;

import dev.sgl.program.Step;
import java.util.List;

/// Which of several choices continues a prompt best?
///
/// @param choices at least one
public record Question(
    Prompt prompt, List<String> choices, Step.Method method, Scheduling scheduling) {
  public Question {
    choices = List.copyOf(choices);
  }

  /// A question in the default scheduling.
  public Question(Prompt prompt, List<String> choices, Step.Method method) {
    this(prompt, choices, method, Scheduling.DEFAULT);
  }

  /// The same question with another prompt.
  public Question withPrompt(Prompt value) {
    return new Question(value, choices, method, scheduling);
  }
}
