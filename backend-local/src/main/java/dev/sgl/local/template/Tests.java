package dev.sgl.local.template;

import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What stands after `is`.
final class Tests {
  private Tests() {}

  static boolean holds(String name, Object value, List<Object> arguments) {
    return switch (name) {
      case "defined" -> !(value instanceof Python.Undefined);
      case "undefined" -> value instanceof Python.Undefined;
      case "none" -> value == Python.NONE;
      case "string" -> value instanceof String;
      case "number" -> Python.isNumber(value);
      case "integer" -> value instanceof Long || value instanceof BigInteger;
      case "float" -> value instanceof Double;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "mapping" -> value instanceof Map;
      case "sequence" -> value instanceof List || value instanceof String || value instanceof Map;
      case "iterable" ->
          value instanceof List
              || value instanceof String
              || value instanceof Map
              || value instanceof Python.Undefined;
      case "callable" -> value instanceof Callable;
      case "odd" -> Numbers.compare(Numbers.binary("%", value, 2L), 1L) == 0;
      case "even" -> Numbers.compare(Numbers.binary("%", value, 2L), 0L) == 0;
      case "divisibleby" ->
          Numbers.compare(Numbers.binary("%", value, arguments.getFirst()), 0L) == 0;
      case "lower" -> Python.text(value).equals(Python.text(value).toLowerCase(Locale.ROOT));
      case "upper" -> Python.text(value).equals(Python.text(value).toUpperCase(Locale.ROOT));
      case "sameas" ->
          value == arguments.getFirst()
              || !(value instanceof List || value instanceof Map)
                  && Python.equal(value, arguments.getFirst());
      case "in" -> Python.contains(arguments.getFirst(), value);
      case "eq", "equalto", "==" -> Python.equal(value, arguments.getFirst());
      case "ne", "!=" -> !Python.equal(value, arguments.getFirst());
      case "lt", "lessthan" -> Python.compare(value, arguments.getFirst()) < 0;
      case "gt", "greaterthan" -> Python.compare(value, arguments.getFirst()) > 0;
      case "le" -> Python.compare(value, arguments.getFirst()) <= 0;
      case "ge" -> Python.compare(value, arguments.getFirst()) >= 0;
      default -> throw new TemplateException("No test named '" + name + "'.");
    };
  }
}
