package dev.sgl.program;

import java.util.List;
import java.util.Optional;

/// A `test` block.
///
/// @param replies lists of what a scripted model says, in order; none if a real one is asked
/// @param tools the stand-ins for the host's tools
public record TestCase(
    String name, List<Expr> replies, List<GivenTool> tools, List<Step> body, Span span) {
  public TestCase {
    replies = List.copyOf(replies);
    tools = List.copyOf(tools);
    body = List.copyOf(body);
  }

  /// The steps of the test as a function that computes and calls programs.
  public Routine routine(List<Step> steps) {
    return new Routine(Routine.Kind.FN, name, List.of(), Optional.empty(), steps, "", span);
  }

  /// A test's stand-in for a tool: `given tool NAME …`.
  ///
  /// @param tool its name
  /// @param bound names of those of the tool's parameters that the answers' are bound to, in order
  /// @param answers functions that give the tool's result, or fail as the tool would; each answers
  ///     one call, or the only one answers all
  /// @param answersAll whether there is one answer for any number of calls
  /// @param span of the tool's name
  public record GivenTool(
      String tool, List<String> bound, List<Routine> answers, boolean answersAll, Span span) {
    public GivenTool {
      bound = List.copyOf(bound);
      answers = List.copyOf(answers);
    }

    /// The names that the answers have for the bound arguments.
    public List<String> names() {
      return answers.isEmpty()
          ? List.of()
          : answers.getFirst().parameters().stream().map(Routine.Parameter::name).toList();
    }
  }
}
