package dev.sgl.program;

import java.util.List;

/// A `test` block.
///
/// @param replies lists of what a scripted model says, in order; none if a real one is asked
public record TestCase(String name, List<Expr> replies, List<Step> body, Span span) {
  public TestCase {
    replies = List.copyOf(replies);
    body = List.copyOf(body);
  }
}
