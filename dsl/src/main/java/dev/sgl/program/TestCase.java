package dev.sgl.program;

import java.util.List;
import java.util.Optional;

/// A `test` block.
///
/// @param replies lists of what a scripted model says, in order; none if a real one is asked
public record TestCase(String name, List<Expr> replies, List<Step> body, Span span) {
  public TestCase {
    replies = List.copyOf(replies);
    body = List.copyOf(body);
  }

  /// Steps of the test as what they are: a function that computes, and calls programs.
  public Routine routine(List<Step> steps) {
    return new Routine(Routine.Kind.FN, name, List.of(), Optional.empty(), steps, "", span);
  }
}
