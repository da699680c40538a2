package dev.sgl.server.page;

import dev.sgl.program.Expr;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The defaults of parameters that can be shown in a form.
final class Defaults {
  private Defaults() {}

  /// The value of an expression that is a constant, or a list or a record of constants.
  static Optional<Object> value(Expr expression) {
    return switch (expression) {
      case Expr.Constant(Object value, _) -> Optional.of(value);
      case Expr.ListOf(var items, _) -> list(items).map(Object.class::cast);
      case Expr.RecOf(var entries, _) ->
          list(entries.stream().map(Expr.Entry::value).toList())
              .map(values -> record(entries, values));
      case Expr.Text _, Expr.Name _, Expr.Member _, Expr.Index _, Expr.Call _ -> Optional.empty();
      case Expr.Unary _, Expr.Binary _, Expr.Range _, Expr.Each _ -> Optional.empty();
    };
  }

  private static Optional<List<Object>> list(List<Expr> items) {
    List<Object> values = new ArrayList<>();
    items.forEach(item -> value(item).ifPresent(values::add));
    return values.size() == items.size() ? Optional.of(values) : Optional.empty();
  }

  private static Map<String, Object> record(List<Expr.Entry> entries, List<Object> values) {
    Map<String, Object> record = new LinkedHashMap<>();
    for (int i = 0; i < values.size(); i++) {
      record.put(entries.get(i).name(), values.get(i));
    }
    return record;
  }
}
