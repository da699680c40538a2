package dev.sgl.interpreter;

import dev.sgl.program.Expr;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.Step;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/// The possible and the certain effects of steps, whatever their values are.
///
/// @param intoCopies whether a request in a branch or a scratch is one that matters
record Outlook(Program program, boolean intoCopies) {

  /// Whether steps may say something in this conversation, or end the routine.
  boolean speaks(List<Step> block) {
    return speaks(block, Set.of());
  }

  private boolean speaks(List<Step> block, Set<String> open) {
    return block.stream().anyMatch(step -> speaks(step, open));
  }

  private boolean speaks(Step step, Set<String> open) {
    return switch (step) {
      case Step.Say _, Step.Message _, Step.Gen _, Step.Select _, Step.Think _ -> true;
      case Step.Image _, Step.Return _, Step.Fail _ -> true;
      case Step.Join(_, _, boolean append, _) -> append;
      case Step.Do(var call, _) -> fragment(call, open, this::speaks);
      case Step.Scratch _, Step.ForkEach _, Step.ForkBranches _ -> intoCopies;
      case Step.Retry _, Step.With _, Step.If _, Step.For _, Step.While _, Step.Match _ ->
          step.blocks().stream().anyMatch(inner -> speaks(inner, open));
      case Step.Let _, Step.Assign _, Step.Break _, Step.Continue _, Step.Log _ -> false;
      case Step.Check _, Step.Fails _ -> false;
    };
  }

  /// Whether steps certainly ask the model.
  boolean asks(List<Step> block) {
    return asks(block, Set.of());
  }

  private boolean asks(List<Step> block, Set<String> open) {
    return comesFirst(block, step -> asks(step, open), step -> leaves(step, false));
  }

  /// Whether a step of one kind comes before all steps of another; a step may be of both.
  private static boolean comesFirst(List<Step> block, Predicate<Step> one, Predicate<Step> other) {
    for (Step step : block) {
      if (one.test(step)) {
        return true;
      }
      if (other.test(step)) {
        return false;
      }
    }
    return false;
  }

  private boolean asks(Step step, Set<String> open) {
    return switch (step) {
      case Step.Gen _, Step.Select _, Step.Think _ -> true;
      case Step.Message(_, var body, _) -> asks(body, open);
      case Step.With(_, var body, _) -> asks(body, open);
      case Step.Retry(_, var body, _, _) -> asks(body, open);
      case Step.Scratch(var body, _) -> intoCopies && asks(body, open);
      case Step.If(_, var then, var otherwise, _) -> asks(then, open) && asks(otherwise, open);
      case Step.Do(var call, _) -> fragment(call, open, this::asks);
      case Step.ForkEach _, Step.ForkBranches _, Step.For _, Step.While _, Step.Match _ -> false;
      case Step.Say _, Step.Image _, Step.Join _, Step.Let _, Step.Assign _, Step.Log _ -> false;
      case Step.Break _, Step.Continue _, Step.Return _, Step.Fail _ -> false;
      case Step.Check _, Step.Fails _ -> false;
    };
  }

  /// Whether a `check` or a `fail` may fail in steps, before the model is asked.
  boolean mayFail(List<Step> block) {
    return mayFail(block, Set.of());
  }

  private boolean mayFail(List<Step> block, Set<String> open) {
    return comesFirst(block, step -> mayFail(step, open), step -> asks(step, Set.of()));
  }

  private boolean mayFail(Step step, Set<String> open) {
    return switch (step) {
      case Step.Check _, Step.Fails _, Step.Fail _ -> true;
      case Step.Do(var call, _) -> fragment(call, open, this::mayFail);
      case Step.Scratch _, Step.ForkEach _, Step.ForkBranches _ when !intoCopies ->
          checks(step, open);
      case Step.Message _, Step.With _, Step.Retry _, Step.Scratch _, Step.If _, Step.Match _ ->
          step.blocks().stream().anyMatch(inner -> mayFail(inner, open));
      case Step.ForkEach _, Step.ForkBranches _, Step.For _, Step.While _ ->
          step.blocks().stream().anyMatch(inner -> mayFail(inner, open));
      case Step.Say _, Step.Image _, Step.Join _, Step.Let _, Step.Assign _, Step.Log _ -> false;
      case Step.Gen _, Step.Select _, Step.Think _ -> false;
      case Step.Break _, Step.Continue _, Step.Return _ -> false;
    };
  }

  /// Whether there is a `check` or a `fail` in steps, even after a request.
  boolean checks(List<Step> block) {
    return checks(block, Set.of());
  }

  private boolean checks(List<Step> block, Set<String> open) {
    return block.stream().anyMatch(step -> checks(step, open));
  }

  private boolean checks(Step step, Set<String> open) {
    return switch (step) {
      case Step.Check _, Step.Fails _, Step.Fail _ -> true;
      case Step.Do(var call, _) -> fragment(call, open, this::checks);
      case Step.Message _, Step.With _, Step.Retry _, Step.Scratch _, Step.If _, Step.Match _ ->
          step.blocks().stream().anyMatch(inner -> checks(inner, open));
      case Step.ForkEach _, Step.ForkBranches _, Step.For _, Step.While _ ->
          step.blocks().stream().anyMatch(inner -> checks(inner, open));
      case Step.Say _, Step.Image _, Step.Join _, Step.Let _, Step.Assign _, Step.Log _ -> false;
      case Step.Gen _, Step.Select _, Step.Think _ -> false;
      case Step.Break _, Step.Continue _, Step.Return _ -> false;
    };
  }

  /// Whether steps may end the block around them: the routine, or a loop, ends.
  boolean leaves(List<Step> block) {
    return block.stream().anyMatch(step -> leaves(step, false));
  }

  /// Whether the body of a loop may end the routine.
  boolean leavesLoop(List<Step> body) {
    return body.stream().anyMatch(step -> leaves(step, true));
  }

  /// @param inLoop whether there is a loop that `break` and `continue` are for
  private static boolean leaves(Step step, boolean inLoop) {
    return switch (step) {
      case Step.Return _, Step.Fail _ -> true;
      case Step.Break _, Step.Continue _ -> !inLoop;
      case Step.For(_, _, var body, _) -> body.stream().anyMatch(inner -> leaves(inner, true));
      case Step.While(_, var body, _) -> body.stream().anyMatch(inner -> leaves(inner, true));
      case Step.Message _, Step.Scratch _, Step.Retry _, Step.With _, Step.If _, Step.Match _ ->
          step.blocks().stream().flatMap(List::stream).anyMatch(inner -> leaves(inner, inLoop));
      case Step.ForkEach _, Step.ForkBranches _ -> false; // a branch ends alone
      case Step.Say _, Step.Gen _, Step.Select _, Step.Think _, Step.Image _ -> false;
      case Step.Join _, Step.Let _, Step.Assign _, Step.Log _, Step.Do _ -> false;
      case Step.Check _, Step.Fails _ -> false;
    };
  }

  /// Asks `question` of the body of the fragment that is called, if it is one.
  ///
  /// @param open the fragments whose bodies are looked at already
  private boolean fragment(
      Expr.Call call, Set<String> open, BiPredicate<List<Step>, Set<String>> question) {
    Optional<Routine> fragment =
        Optional.ofNullable(program.routines().get(call.name()))
            .filter(routine -> routine.kind() == Routine.Kind.FRAGMENT)
            .filter(routine -> !open.contains(routine.name()));
    Set<String> all = new HashSet<>(open);
    all.add(call.name());
    return fragment.isPresent() && question.test(fragment.get().body(), all);
  }
}
