package dev.sgl.constraint.json;

import dev.sgl.constraint.json.document.SchemaLocation;
import dev.sgl.constraint.json.scalar.NumberSet;
import dev.sgl.constraint.regex.Term;
import java.util.List;

/// A condition on a JSON value: assertions, and `and`, `or` and `not` of them.
///
/// Made by [Formulas], which makes equal formulas the same object.
abstract sealed class Formula {
  final int id;

  private Formula(int id) {
    this.id = id;
  }

  /// Always, or never.
  static final class Constant extends Formula {
    final boolean value;

    Constant(int id, boolean value) {
      super(id);
      this.value = value;
    }
  }

  /// Whatever `inner` is not.
  static final class Not extends Formula {
    final Formula inner;

    Not(int id, Formula inner) {
      super(id);
      this.inner = inner;
    }
  }

  /// All of at least two.
  static final class And extends Formula {
    final List<Formula> parts;

    And(int id, List<Formula> parts) {
      super(id);
      this.parts = parts;
    }
  }

  /// One or more of at least two.
  static final class Or extends Formula {
    final List<Formula> parts;

    Or(int id, List<Formula> parts) {
      super(id);
      this.parts = parts;
    }
  }

  /// Exactly one of at least two.
  static final class One extends Formula {
    final List<Formula> parts;

    One(int id, List<Formula> parts) {
      super(id);
      this.parts = parts;
    }
  }

  /// A formula that holds no other of the same value. Each but [Ref] and [Kinds] speaks of
  /// values of one kind only, and is guarded by a [Kinds] that says so.
  abstract static sealed class Assertion extends Formula {
    private Assertion(int id) {
      super(id);
    }
  }

  /// The formula of a schema at another location; read when it is needed, so schemas may be
  /// recursive.
  static final class Ref extends Assertion {
    final SchemaLocation location;

    Ref(int id, SchemaLocation location) {
      super(id);
      this.location = location;
    }
  }

  /// The value is of one of these kinds, a bit set of [Kind]s.
  static final class Kinds extends Assertion {
    final int kinds;

    Kinds(int id, int kinds) {
      super(id);
      this.kinds = kinds;
    }
  }

  /// The string, as written and with its closing quote, is in `term`.
  static final class Text extends Assertion {
    final Term term;

    Text(int id, Term term) {
      super(id);
      this.term = term;
    }
  }

  /// The number is in `set`.
  static final class Number extends Assertion {
    final NumberSet set;

    Number(int id, NumberSet set) {
      super(id);
      this.set = set;
    }
  }

  /// Every property with a name of `names` has a value of `value`.
  static final class Each extends Assertion {
    final Names names;
    final Formula value;

    Each(int id, Names names, Formula value) {
      super(id);
      this.names = names;
      this.value = value;
    }
  }

  /// The object has, from here on, `min` to `max` properties.
  static final class Properties extends Assertion {
    final int min;
    final int max;

    Properties(int id, int min, int max) {
      super(id);
      this.min = min;
      this.max = max;
    }
  }

  /// Every item, counted from here on, from `from` up to but not `to` is of `value`.
  static final class Items extends Assertion {
    final int from;
    final int to;
    final Formula value;

    Items(int id, int from, int to, Formula value) {
      super(id);
      this.from = from;
      this.to = to;
      this.value = value;
    }
  }

  /// From here on `min` to `max` items are of `value`.
  static final class Contains extends Assertion {
    final Formula value;
    final int min;
    final int max;

    Contains(int id, Formula value, int min, int max) {
      super(id);
      this.value = value;
      this.min = min;
      this.max = max;
    }
  }

  /// The array has, from here on, `min` to `max` items.
  static final class Length extends Assertion {
    final int min;
    final int max;

    Length(int id, int min, int max) {
      super(id);
      this.min = min;
      this.max = max;
    }
  }

  /// No two items are equal. Never below a [Not].
  static final class Unique extends Assertion {
    Unique(int id) {
      super(id);
    }
  }
}
