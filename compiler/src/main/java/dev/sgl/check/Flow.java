package dev.sgl.check;

import dev.sgl.program.Expr;
import dev.sgl.program.Step;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/// Where control goes: whether what follows a step is ever reached.
final class Flow {
  private final Set<Step> exhaustive = Collections.newSetFromMap(new IdentityHashMap<>());

  /// One of the arms fits, whatever the value is.
  void isExhaustive(Step.Match match) {
    exhaustive.add(match);
  }

  /// Whether nothing after these steps is reached.
  boolean leaves(List<Step> steps) {
    return steps.stream().anyMatch(this::leaves);
  }

  /// Whether the step after this one is never reached.
  boolean leaves(Step step) {
    return switch (step) {
      case Step.Return _, Step.Break _, Step.Continue _, Step.Fail _ -> true;
      case Step.If(_, var then, var otherwise, _) -> leaves(then) && leaves(otherwise);
      case Step.Match match ->
          exhaustive.contains(match) && match.arms().stream().allMatch(a -> leaves(a.body()));
      case Step.Message(_, var body, _) -> leaves(body);
      case Step.Scratch(var body, _) -> leaves(body);
      case Step.With(_, var body, _) -> leaves(body);
      case Step.Retry(_, var body, var otherwise, _) ->
          leaves(body) && otherwise.map(this::leaves).orElse(true);
      case Step.While(Expr.Constant(Object value, _), var body, _) ->
          value.equals(true) && !breaks(body);
      case Step.While _, Step.For _, Step.ForkEach _, Step.ForkBranches _, Step.Join _ -> false;
      case Step.Say _, Step.Gen _, Step.Select _, Step.Think _, Step.Image _, Step.Let _ -> false;
      case Step.Assign _, Step.Log _, Step.Check _, Step.Fails _, Step.Do _ -> false;
    };
  }

  /// Whether one of the steps ends the loop around them.
  private static boolean breaks(List<Step> steps) {
    return steps.stream()
        .anyMatch(step -> step instanceof Step.Break || !isLoop(step) && breaks(inside(step)));
  }

  private static boolean isLoop(Step step) {
    return step instanceof Step.For || step instanceof Step.While;
  }

  /// The steps inside of a step, of all its blocks.
  static List<Step> inside(Step step) {
    return step.blocks().stream().flatMap(List::stream).toList();
  }
}
