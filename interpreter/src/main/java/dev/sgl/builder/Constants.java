package dev.sgl.builder;

import dev.sgl.program.Expr;
import dev.sgl.program.JavaTypes;
import dev.sgl.program.Span;
import java.util.List;
import java.util.Map;

/// Java values as fixed values of programs.
final class Constants {
  private Constants() {}

  /// The value as a value of programs.
  static Object value(Object java) {
    return JavaTypes.fromJava(java, java.getClass());
  }

  /// The expression whose value it is; an expression itself.
  static Expr of(Object java) {
    return java instanceof Expr expr ? expr : expr(value(java));
  }

  private static Expr expr(Object value) {
    return switch (value) {
      case List<?> list -> new Expr.ListOf(list.stream().map(Constants::expr).toList(), Span.NONE);
      case Map<?, ?> map ->
          new Expr.RecOf(
              map.entrySet().stream()
                  .map(e -> new Expr.Entry((String) e.getKey(), expr(e.getValue())))
                  .toList(),
              Span.NONE);
      case Object constant -> new Expr.Constant(constant, Span.NONE);
    };
  }
}
