package dev.sgl.interpreter;

import dev.sgl.conversation.Fork;
import dev.sgl.program.Values;
import dev.sgl.task.Pending;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The variables of a block and of the blocks around it. Used by one thread; a branch gets a copy.
final class Environment {
  /// Characters of a value in a message.
  private static final int SHOWN = 60;

  /// A variable's value, the facts about its generation, and the fork that it names.
  record Variable(Object value, Object meta, Optional<Fork> fork) {
    static Variable of(Object value) {
      return new Variable(value, Values.NONE, Optional.empty());
    }
  }

  private final Optional<Environment> outer;
  private final Map<String, Variable> variables = new LinkedHashMap<>();

  Environment() {
    this(Optional.empty());
  }

  private Environment(Optional<Environment> outer) {
    this.outer = outer;
  }

  Environment inner() {
    return new Environment(Optional.of(this));
  }

  /// A copy for a branch: its assignments are not seen here.
  Environment copy() {
    Environment copy = new Environment(outer.map(Environment::copy));
    copy.variables.putAll(variables);
    return copy;
  }

  void define(String name, Object value) {
    define(name, Variable.of(value));
  }

  void define(String name, Variable variable) {
    variables.put(name, variable);
  }

  void assign(String name, Object value) {
    assign(name, Variable.of(value));
  }

  void assign(String name, Variable variable) {
    if (variables.containsKey(name) || outer.isEmpty()) {
      define(name, variable);
    } else {
      outer.get().assign(name, variable);
    }
  }

  /// The variable `name`, which the checker has seen to exist.
  Variable get(String name) {
    return find(name).orElseThrow(() -> new IllegalStateException("no variable " + name));
  }

  /// The variable `name`, if there is one yet.
  Optional<Variable> find(String name) {
    Variable own = variables.get(name);
    return own != null ? Optional.of(own) : outer.flatMap(o -> o.find(name));
  }

  /// Takes over the variables of a block that has ended.
  void takeOver(Environment ended) {
    variables.putAll(ended.variables);
  }

  /// The values of this block's own variables.
  Map<String, Object> own() {
    Map<String, Object> values = new LinkedHashMap<>();
    variables.forEach((name, variable) -> values.put(name, variable.value()));
    return values;
  }

  /// `name = value` of each variable that is known, shortened: for messages.
  List<String> known() {
    List<String> known = outer.map(Environment::known).orElseGet(ArrayList::new);
    variables.forEach((name, variable) -> known.add(name + " = " + shown(variable.value())));
    return known;
  }

  /// The value as JSON, shortened; values that are not known yet are not waited for.
  private static String shown(Object value) {
    StringBuilder text = new StringBuilder();
    show(value, text);
    return text.length() <= SHOWN ? text.toString() : text.substring(0, SHOWN - 3) + "...";
  }

  /// Adds the value, or as much of it as is shown: it may be large, and be in itself many times.
  private static void show(Object value, StringBuilder text) {
    switch (value) {
      case Pending pending when pending.isKnown() -> show(pending.await(), text);
      case Pending _ -> text.append('…');
      case List<?> list -> {
        String before = "[";
        for (Object item : list) {
          if (text.length() > SHOWN) {
            return;
          }
          show(item, text.append(before));
          before = ",";
        }
        text.append(list.isEmpty() ? "[]" : "]");
      }
      case Map<?, ?> record -> {
        String before = "{";
        for (Map.Entry<?, ?> entry : record.entrySet()) {
          if (text.length() > SHOWN) {
            return;
          }
          text.append(before).append(Values.json(entry.getKey())).append(':');
          show(entry.getValue(), text);
          before = ",";
        }
        text.append(record.isEmpty() ? "{}" : "}");
      }
      case String words when words.length() > SHOWN ->
          text.append(Values.json(words.substring(0, SHOWN)));
      default -> text.append(Values.json(value));
    }
  }
}
