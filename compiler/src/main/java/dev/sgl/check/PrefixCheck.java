package dev.sgl.check;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.program.Expr;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.Values;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Searches for constant text after a value that changes, before the model is asked: if the
/// text came first, all runs would share it, and only the first run would compute it.
public final class PrefixCheck {
  /// Shorter texts are not worth moving.
  private static final int WORTH = 100;

  private final Set<String> constants = new HashSet<>();
  private Optional<Span> changed = Optional.empty(); // where a value was said first
  private final List<Diagnostic> found = new ArrayList<>();

  private PrefixCheck() {}

  /// Warnings for each program of the file.
  public static List<Diagnostic> check(Program program) {
    List<Diagnostic> all = new ArrayList<>();
    for (Routine routine : program.routines().values()) {
      if (routine.kind() == Routine.Kind.PROGRAM) {
        PrefixCheck check = new PrefixCheck();
        check.steps(routine.body());
        all.addAll(check.found);
      }
    }
    return all;
  }

  /// Walks steps until the model is asked, or the next step is unknown.
  ///
  /// @return whether the walk continues
  private boolean steps(List<Step> steps) {
    return steps.stream().allMatch(this::step);
  }

  private boolean step(Step step) {
    return switch (step) {
      case Step.Say(var text, var span) -> {
        say(text, span);
        yield true;
      }
      case Step.Message(_, var body, _) -> steps(body);
      case Step.With(_, var body, _) -> steps(body);
      case Step.Retry(_, var body, _, _) -> steps(body);
      case Step.Let(var name, _, var value, _) -> {
        if (isConstant(value)) {
          constants.add(name);
        }
        yield true;
      }
      case Step.Assign(var name, _, _) -> {
        constants.remove(name);
        yield true;
      }
      case Step.Log _, Step.Check _, Step.Fails _ -> true;
      case Step.ForkEach _, Step.ForkBranches _, Step.Scratch _ -> true;
      case Step.Join(_, _, boolean append, _) -> !append;
      case Step.Gen _, Step.Select _, Step.Think _, Step.Image _, Step.If _, Step.For _ -> false;
      case Step.While _, Step.Match _, Step.Break _, Step.Continue _, Step.Return _ -> false;
      case Step.Fail _, Step.Do _ -> false;
    };
  }

  private void say(Expr text, Span span) {
    List<Expr> parts = text instanceof Expr.Text(var several, _) ? several : List.of(text);
    int length = 0; // of the constant text behind the value that changes
    for (Expr part : parts) {
      if (!isConstant(part)) {
        changed = changed.or(() -> Optional.of(part.span()));
      } else if (changed.isPresent() && part instanceof Expr.Constant(Object value, _)) {
        length += Values.text(value).length();
      }
    }
    if (length >= WORTH) {
      found.add(Diagnostic.lateConstant(changed.orElse(span), span));
    }
  }

  private boolean isConstant(Expr expr) {
    return switch (expr) {
      case Expr.Constant _ -> true;
      case Expr.Name(var name, _) -> constants.contains(name);
      case Expr.Text(var parts, _) -> parts.stream().allMatch(this::isConstant);
      case Expr.ListOf(var items, _) -> items.stream().allMatch(this::isConstant);
      case Expr.RecOf(var entries, _) -> entries.stream().allMatch(e -> isConstant(e.value()));
      case Expr.Member(var of, _, _) -> isConstant(of);
      case Expr.Index(var of, var at, _) -> isConstant(of) && isConstant(at);
      case Expr.Unary(_, var of, _) -> isConstant(of);
      case Expr.Binary(_, var left, var right, _) -> isConstant(left) && isConstant(right);
      case Expr.Range(var first, var last, _) -> isConstant(first) && isConstant(last);
      case Expr.Call _, Expr.Each _ -> false;
    };
  }
}
