package dev.sgl.interpreter;

import dev.sgl.backend.Ahead;
import dev.sgl.program.Expr;
import dev.sgl.program.Step;
import dev.sgl.program.Values;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// Finds the text and the generations that follow a generation in its block, as far as they are
/// known. The result never depends on the texts that happen to be generated already.
final class Lookahead {
  private final Environment environment;
  private final Set<String> bound = new HashSet<>(); // by what is generated

  private Lookahead(Environment environment) {
    this.environment = environment;
  }

  /// @param name that the generation binds
  /// @param rest the steps behind it
  static List<Ahead> of(String name, List<Step> rest, Environment environment) {
    Lookahead lookahead = new Lookahead(environment);
    lookahead.bound.add(name);
    return lookahead.of(rest);
  }

  private List<Ahead> of(List<Step> rest) {
    List<Ahead> ahead = new ArrayList<>();
    for (Step step : rest) {
      Optional<Ahead> next = of(step);
      if (next.isEmpty()) {
        break;
      }
      ahead.add(next.get());
    }
    return ahead;
  }

  private Optional<Ahead> of(Step step) {
    return switch (step) {
      case Step.Say(var text, _) -> text(text).map(Ahead.Written::new);
      case Step.Gen gen -> generated(gen);
      case Step.Message _, Step.Think _, Step.Select _, Step.ForkEach _ -> Optional.empty();
      case Step.ForkBranches _, Step.Join _, Step.Scratch _, Step.Retry _ -> Optional.empty();
      case Step.With _, Step.Image _, Step.Let _, Step.Assign _, Step.If _ -> Optional.empty();
      case Step.For _, Step.While _, Step.Match _, Step.Break _ -> Optional.empty();
      case Step.Continue _, Step.Return _, Step.Log _, Step.Fail _ -> Optional.empty();
      case Step.Check _, Step.Fails _, Step.Do _ -> Optional.empty();
    };
  }

  private Optional<Ahead> generated(Step.Gen gen) {
    bound.add(gen.name());
    return most(gen.options()).map(most -> new Ahead.Generated(gen.type(), most));
  }

  /// The text of constants and plain variables.
  private Optional<String> text(Expr expr) {
    return switch (expr) {
      case Expr.Constant(Object value, _) -> Optional.of(Values.text(value));
      case Expr.Name(var name, _) when bound.contains(name) -> Optional.empty();
      case Expr.Name(var name, _) ->
          environment.find(name).flatMap(variable -> plain(variable.value()));
      case Expr.Text(var parts, _) -> joined(parts);
      case Expr.Member _, Expr.Index _, Expr.Call _, Expr.Unary _ -> Optional.empty();
      case Expr.Binary _, Expr.Range _, Expr.ListOf _, Expr.RecOf _ -> Optional.empty();
      case Expr.Each _ -> Optional.empty();
    };
  }

  private Optional<String> joined(List<Expr> parts) {
    StringBuilder all = new StringBuilder();
    for (Expr part : parts) {
      Optional<String> known = text(part);
      if (known.isEmpty()) {
        return Optional.empty();
      }
      all.append(known.get());
    }
    return Optional.of(all.toString());
  }

  private static Optional<String> plain(Object value) {
    boolean isPlain =
        value instanceof String || value instanceof Number || value instanceof Boolean;
    return isPlain ? Optional.of(Values.text(value)) : Optional.empty();
  }

  /// The only option that generations of one turn may have each for itself.
  private static Optional<OptionalInt> most(List<Step.Option> options) {
    if (options.isEmpty()) {
      return Optional.of(OptionalInt.empty());
    }
    boolean isAlone = options.size() == 1 && options.getFirst().name().equals("max_tokens");
    return isAlone
            && options.getFirst().value() instanceof Expr.Constant(Object value, _)
            && value instanceof Long most
        ? Optional.of(OptionalInt.of((int) Math.min(most, Integer.MAX_VALUE)))
        : Optional.empty();
  }
}
