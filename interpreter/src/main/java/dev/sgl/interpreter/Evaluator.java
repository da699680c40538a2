package dev.sgl.interpreter;

import dev.sgl.program.Expr;
import dev.sgl.program.Functions;
import dev.sgl.program.Operators;
import dev.sgl.program.Routine;
import dev.sgl.program.Step;
import dev.sgl.program.Tool;
import dev.sgl.program.TypeException;
import dev.sgl.program.Values;
import dev.sgl.task.Pending;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/// Finds the values of expressions. A value may be pending, or have parts that are; it is waited
/// for where it is read.
final class Evaluator {
  private final Environment environment;
  private final Execution execution;

  Evaluator(Environment environment, Execution execution) {
    this.environment = environment;
    this.execution = execution;
  }

  /// The value of `expr`.
  ///
  /// @throws TypeException if it has none
  Object value(Expr expr) {
    try {
      return evaluate(expr);
    } catch (TypeException e) {
      throw e.at(expr.span());
    }
  }

  private Object evaluate(Expr expr) {
    return switch (expr) {
      case Expr.Constant(Object value, _) -> value;
      case Expr.Text(var parts, _) -> {
        StringBuilder text = new StringBuilder();
        parts.forEach(part -> Values.append(shown(part), text));
        yield made(text.toString());
      }
      case Expr.Name(var name, _) -> environment.get(name).value();
      case Expr.Member(var of, var name, _) -> member(Pending.shallow(value(of)), name);
      case Expr.Index(var of, var at, _) -> index(Pending.shallow(value(of)), known(at));
      case Expr.Call call -> call(call, execution.handlesErrors());
      case Expr.Unary(var operator, var of, _) ->
          operator == Expr.Operator.NOT
              ? (Object) !truth(of)
              : Operators.arithmetic(Expr.Operator.SUB, 0L, known(of));
      case Expr.Binary(var operator, var left, var right, _) -> binary(operator, left, right);
      case Expr.Range(var first, var last, _) -> made(range(integer(first), integer(last)));
      case Expr.ListOf(var items, _) -> {
        List<Object> list = new ArrayList<>(items.size());
        items.forEach(item -> list.add(value(item)));
        yield Collections.unmodifiableList(list);
      }
      case Expr.RecOf(var entries, _) -> {
        Map<String, Object> record = new LinkedHashMap<>();
        entries.forEach(entry -> record.put(entry.name(), value(entry.value())));
        yield Collections.unmodifiableMap(record);
      }
      case Expr.Each each -> each(each);
    };
  }

  /// The value with all its parts, waited for.
  Object known(Expr expr) {
    return Pending.deep(value(expr), execution.run().effort()::spend);
  }

  /// The text of a part of a text. A field that is not there is shown nowhere.
  private String shown(Expr part) {
    if (!(part instanceof Expr.Member(var of, var name, var span))) {
      return text(part);
    }
    Object value = Pending.shallow(value(of));
    if (value instanceof Map<?, ?> record && !record.containsKey(name)) {
      String fields = record.isEmpty() ? "none" : String.join(", ", names(record));
      throw new TypeException("there is no field `%s`, only %s".formatted(name, fields)).at(span);
    }
    return Values.text(Pending.deep(member(value, name), execution.run().effort()::spend));
  }

  private static List<String> names(Map<?, ?> record) {
    return record.keySet().stream().map(name -> "`" + name + "`").toList();
  }

  /// The options with their values.
  Map<String, Object> options(List<Step.Option> options) {
    Map<String, Object> given = new LinkedHashMap<>();
    options.forEach(option -> given.put(option.name(), known(option.value())));
    return given;
  }

  String text(Expr expr) {
    return Values.text(known(expr));
  }

  boolean truth(Expr expr) {
    Object value = Pending.shallow(value(expr));
    if (value instanceof Boolean truth) {
      return truth;
    }
    throw new TypeException("a truth value is needed, not " + Values.kind(value)).at(expr.span());
  }

  List<?> list(Expr expr) {
    Object value = Pending.shallow(value(expr));
    if (value instanceof List<?> list) {
      return list;
    }
    throw new TypeException("a list is needed, not " + Values.kind(value)).at(expr.span());
  }

  long integer(Expr expr) {
    Object value = Pending.shallow(value(expr));
    if (value instanceof Long number) {
      return number;
    }
    throw new TypeException("an integer is needed, not " + Values.kind(value)).at(expr.span());
  }

  private static List<Object> range(long first, long last) {
    if (last >= first) {
      long more = last - first; // negative if overflown
      Values.requireList(more < 0 || more == Long.MAX_VALUE ? Long.MAX_VALUE : more + 1);
    }
    return LongStream.rangeClosed(first, last).mapToObj(n -> (Object) n).toList();
  }

  /// A field of a record, or nothing if it is absent; a property of any other value.
  private Object member(Object of, String name) {
    if (of instanceof Map<?, ?> record) {
      return record.get(name) instanceof Object value ? value : Values.NONE;
    }
    if (Functions.signature(name).isPresent()) {
      return made(Functions.call(name, List.of(Pending.deep(of))));
    }
    throw new TypeException(Values.kind(of) + " has no field `" + name + "`");
  }

  private static Object index(Object of, Object at) {
    return switch (of) {
      case List<?> list when at instanceof Long index -> Operators.at(list, index);
      case Map<?, ?> record when at instanceof String name -> {
        if (record.get(name) instanceof Object value) {
          yield value;
        }
        throw new TypeException("there is no field " + Values.quote(name));
      }
      default -> throw new TypeException(Values.kind(at) + " is no place in " + Values.kind(of));
    };
  }

  /// Does a call whose value nobody reads.
  void perform(Expr.Call call) {
    try {
      call(call, false);
    } catch (TypeException e) {
      throw e.at(call.span());
    }
  }

  /// @param isRead whether an error can be raised where the value is read
  private Object call(Expr.Call call, boolean isRead) {
    Routine routine = execution.run().program().routines().get(call.name());
    if (routine != null) {
      return execution.run().call(routine, call.arguments(), this, execution, isRead);
    }
    Tool tool = execution.run().program().tools().get(call.name());
    if (tool != null) {
      Map<String, Object> arguments =
          ToolCalls.bind(tool, Run.given(tool.parameters(), call.arguments(), this), this);
      return execution.tool(
          call.span(), environment, isRead, calls -> calls.call(tool, Run.known(arguments)));
    }
    if (call.name().equals("run")) {
      Object action = value(call.arguments().getFirst().value());
      return execution.tool(
          call.span(), environment, isRead, calls -> calls.run(Pending.deep(action)));
    }
    if (call.name().equals("meta")
        && call.arguments().getFirst().value() instanceof Expr.Name(var name, _)) {
      return Pending.deep(environment.get(name).meta());
    }
    List<Object> arguments = call.arguments().stream().map(a -> known(a.value())).toList();
    return made(Functions.call(call.name(), arguments));
  }

  private Object made(Object value) {
    return execution.run().effort().made(value);
  }

  private Object binary(Expr.Operator operator, Expr left, Expr right) {
    return switch (operator) {
      case AND -> truth(left) && truth(right);
      case OR -> truth(left) || truth(right);
      case EQ -> Operators.equal(known(left), known(right));
      case NE -> !Operators.equal(known(left), known(right));
      case IN -> Operators.contains(known(left), known(right));
      case LT -> Operators.compare(known(left), known(right)) < 0;
      case LE -> Operators.compare(known(left), known(right)) <= 0;
      case GT -> Operators.compare(known(left), known(right)) > 0;
      case GE -> Operators.compare(known(left), known(right)) >= 0;
      case ADD, SUB, MUL, DIV, MOD ->
          made(Operators.arithmetic(operator, known(left), known(right)));
      case NEG, NOT -> throw new AssertionError(operator);
    };
  }

  private Object each(Expr.Each each) {
    List<Object> items = new ArrayList<>();
    List<Order> orders = new ArrayList<>();
    for (Object element : list(each.list())) {
      execution.run().effort().spend();
      Environment inner = environment.inner();
      inner.define(each.name(), element);
      Order own = execution.order().branch();
      orders.add(own);
      Evaluator values = new Evaluator(inner, execution.in(own));
      if (each.condition().isEmpty() || values.truth(each.condition().get())) {
        items.add(values.value(each.item()));
      }
    }
    execution.order().join(orders);
    return Collections.unmodifiableList(items);
  }
}
