package dev.sgl.interpreter;

import dev.sgl.program.Expr;
import dev.sgl.program.TypeException;
import dev.sgl.program.Values;
import dev.sgl.run.RunException;
import java.util.Optional;

/// The conditions and the messages of `check`.
final class Checks {
  private static final int SHOWN = 200;

  private Checks() {}

  /// @throws TypeException with the message, or with both sides of a comparison, unless the
  ///     condition holds
  static void require(Expr condition, Optional<Expr> message, Evaluator values) {
    if (!(condition instanceof Expr.Binary(var operator, var left, var right, var span))
        || !operator.isComparison()) {
      if (!values.truth(condition)) {
        throw new TypeException(message.map(values::text).orElse("a check failed"));
      }
      return;
    }
    Object one = values.known(left); // computed once: it may ask the model
    Object other = values.known(right);
    Expr known =
        new Expr.Binary(
            operator,
            new Expr.Constant(one, left.span()),
            new Expr.Constant(other, right.span()),
            span);
    if (!values.truth(known)) {
      throw new TypeException(
          message
              .map(values::text)
              .orElseGet(
                  () ->
                      "a check failed: %s %s %s"
                          .formatted(shown(one), operator.symbol(), shown(other))));
    }
  }

  /// @param wanted what the message of the failure holds
  /// @throws TypeException unless `failure` says so
  static void requireFailure(RunException failure, Optional<String> wanted) {
    String message = String.valueOf(failure.getMessage());
    if (wanted.isPresent() && !message.contains(wanted.get())) {
      throw new TypeException(
          "this is another failure: %s does not contain %s"
              .formatted(Values.quote(message), Values.quote(wanted.get())));
    }
  }

  /// Says that a failure was expected in the place of a value.
  static TypeException noFailure(Object value) {
    return new TypeException("a failure was expected, but the value is " + shown(value));
  }

  /// The value as JSON, shortened.
  static String shown(Object value) {
    String json = Values.json(value);
    return json.length() <= SHOWN ? json : json.substring(0, SHOWN) + "…";
  }
}
