package dev.sgl.check;

import dev.sgl.diagnostic.Nearest;
import dev.sgl.program.Span;
import dev.sgl.program.Type;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// The variables of a block and of the blocks around it, with their types.
final class Scope {
  /// What a variable is bound by.
  enum Kind {
    VALUE,
    GENERATED,
    FORK
  }

  /// A variable of a block.
  static final class Variable {
    private final Kind kind;
    private final Span span;
    private final Optional<Type> exact;
    private Type type;
    private boolean read;

    private Variable(Kind kind, Span span, Type type, Optional<Type> exact) {
      this.kind = kind;
      this.span = span;
      this.type = type;
      this.exact = exact;
    }

    /// The type of its one value, if it is never assigned another.
    Optional<Type> exact() {
      return exact;
    }

    Kind kind() {
      return kind;
    }

    Span span() {
      return span;
    }

    Type type() {
      return type;
    }

    boolean isRead() {
      return read;
    }

    void read() {
      read = true;
    }
  }

  private final Optional<Scope> outer;
  private final boolean isBranch;
  private final Map<String, Variable> variables = new LinkedHashMap<>();
  private final Map<String, Type> narrowed = new HashMap<>(); // by paths
  private final Set<String> lost = new HashSet<>();

  Scope() {
    this(Optional.empty(), false);
  }

  private Scope(Optional<Scope> outer, boolean isBranch) {
    this.outer = outer;
    this.isBranch = isBranch;
  }

  Scope inner() {
    return new Scope(Optional.of(this), false);
  }

  /// The variables of a fork's branch.
  Scope branch() {
    return new Scope(Optional.of(this), true);
  }

  /// Whether a variable belongs to who started the branch that this is in.
  boolean isOutsideBranch(String name) {
    return !variables.containsKey(name)
        && outer.isPresent()
        && (isBranch || outer.get().isOutsideBranch(name));
  }

  /// Adds a variable; false if this very block has one of the name.
  boolean define(String name, Type type, Kind kind, Span span) {
    return define(name, type, Optional.empty(), kind, span);
  }

  /// Adds a variable whose first value is known better than its type; false as above.
  ///
  /// @param exact the type of its one value, if it is never assigned another
  boolean define(String name, Type type, Optional<Type> exact, Kind kind, Span span) {
    lost.remove(name);
    return variables.putIfAbsent(name, new Variable(kind, span, type, exact)) == null;
  }

  /// More is known of a variable, or a field of one, here and below.
  ///
  /// @param path such as `a` or `a.b`
  void narrow(String path, Type type) {
    narrowed.put(path, type);
  }

  /// The type to which a variable, or a field of one, was narrowed.
  Optional<Type> narrowed(String path) {
    Type own = narrowed.get(path);
    boolean isHidden = variables.containsKey(root(path));
    return own != null
        ? Optional.of(own)
        : isHidden ? Optional.empty() : outer.flatMap(o -> o.narrowed(path));
  }

  /// The variable that a path begins with.
  static String root(String path) {
    int dot = path.indexOf('.');
    return dot < 0 ? path : path.substring(0, dot);
  }

  /// Takes over the types of variables and fields at the ends of two blocks, of which one was
  /// run.
  void narrowAsIn(Scope one, Scope other) {
    one.narrowed.forEach(
        (path, type) -> {
          Type also = other.narrowed.get(path);
          boolean isOwn =
              one.variables.containsKey(root(path)) || other.variables.containsKey(root(path));
          if (also != null && !isOwn) {
            narrow(path, Type.oneOf(Stream.of(type, also).distinct().toList()));
          }
        });
  }

  /// Lets the variable be of another type from here on: it was assigned another kind of value.
  void assigned(String name, Type type) {
    for (Optional<Scope> s = Optional.of(this); s.isPresent(); s = s.get().outer) {
      s.get().narrowed.keySet().removeIf(path -> (path + ".").startsWith(name + "."));
      Variable variable = s.get().variables.get(name);
      if (variable != null) {
        variable.type = type;
        return;
      }
      if (s.get().isBranch) {
        return; // a branch has a copy
      }
    }
  }

  /// Forgets all that is known of a variable and its fields, but their types.
  void forget(String name) {
    find(name).ifPresent(variable -> assigned(name, variable.type()));
  }

  /// A block has ended: its variables are bound on some ways only.
  void lose(Scope ended) {
    lost.addAll(ended.variables.keySet());
    lost.addAll(ended.lost);
  }

  /// Takes over the variables that both of two blocks have bound, of which one was run.
  void keep(Scope ended, Scope other) {
    lose(ended);
    lose(other);
    ended.variables.forEach(
        (name, variable) -> {
          Variable also = other.variables.get(name);
          if (also != null) {
            boolean same = also.type.equals(variable.type);
            define(name, same ? variable.type : Type.ANY, variable.kind, variable.span);
          }
        });
  }

  /// Takes over all that a block has bound that has ended.
  void keep(Scope ended) {
    lose(ended);
    ended.variables.forEach((name, v) -> define(name, v.type, v.exact, v.kind, v.span));
    narrowed.putAll(ended.narrowed);
  }

  Optional<Variable> find(String name) {
    Variable own = variables.get(name);
    return own != null ? Optional.of(own) : outer.flatMap(o -> o.find(name));
  }

  Optional<Type> type(String name) {
    return narrowed(name).or(() -> find(name).map(Variable::type));
  }

  /// Whether a variable of the name was bound in a block that has ended.
  boolean isLost(String name) {
    return lost.contains(name) || outer.isPresent() && outer.get().isLost(name);
  }

  /// The names that can be seen from here, the innermost first; as many as [Nearest] looks at.
  List<String> names() {
    return Stream.iterate(Optional.of(this), Optional::isPresent, scope -> scope.get().outer)
        .flatMap(scope -> scope.get().variables.keySet().stream())
        .limit(Nearest.MOST)
        .toList();
  }

  /// The variables of this block alone.
  Map<String, Variable> own() {
    return variables;
  }

  /// The variables of this block alone, as the record that a fork's branch leaves behind.
  Type.Rec record() {
    return new Type.Rec(
        variables.entrySet().stream()
            .map(v -> new Type.Field(v.getKey(), v.getValue().type(), false))
            .toList());
  }
}
