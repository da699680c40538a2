package dev.sgl.compiler;

import dev.sgl.program.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The variables of a block and of the blocks around it, with what is known of their types.
final class Scope {
  private final Optional<Scope> outer;
  private final Map<String, Type> variables = new LinkedHashMap<>();
  private final List<String> forks = new ArrayList<>();

  Scope() {
    this(Optional.empty());
  }

  private Scope(Optional<Scope> outer) {
    this.outer = outer;
  }

  Scope inner() {
    return new Scope(Optional.of(this));
  }

  /// Adds a variable; false if this very block has one of the name.
  boolean define(String name, Type type) {
    return variables.putIfAbsent(name, type) == null;
  }

  /// Lets the variable be of any type from here on: it was assigned another kind of value.
  void forget(String name) {
    if (variables.containsKey(name)) {
      variables.put(name, Type.ANY);
    } else {
      outer.ifPresent(o -> o.forget(name));
    }
  }

  void defineFork(String name) {
    forks.add(name);
  }

  Optional<Type> type(String name) {
    Type own = variables.get(name);
    return own != null ? Optional.of(own) : outer.flatMap(o -> o.type(name));
  }

  boolean isFork(String name) {
    return variables.containsKey(name)
        ? forks.contains(name)
        : outer.isPresent() && outer.get().isFork(name);
  }

  /// All names that can be seen from here.
  List<String> names() {
    List<String> names = outer.map(Scope::names).orElseGet(ArrayList::new);
    names.addAll(variables.keySet());
    return names;
  }

  /// The variables of this block alone, as the record that a fork's branch leaves behind.
  Type.Rec record() {
    return new Type.Rec(
        variables.entrySet().stream()
            .map(v -> new Type.Field(v.getKey(), v.getValue(), false))
            .toList());
  }
}
