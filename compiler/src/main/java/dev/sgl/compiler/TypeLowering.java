package dev.sgl.compiler;

import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.match.ConstraintCompiler;
import dev.sgl.grammar.Sgl;
import dev.sgl.program.Span;
import dev.sgl.program.Type;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.antlr.v4.runtime.ParserRuleContext;
import org.jspecify.annotations.Nullable;

/// Types as written to types as data: names are resolved, bounds checked.
final class TypeLowering {
  private static final Set<String> BUILT_IN =
      Set.of("text", "string", "int", "float", "bool", "json", "any");
  private static final int MAX_LENGTH = 100_000;

  private final Lowering lowering;
  private final List<Diagnostic> diagnostics;
  private final Map<String, Sgl.TypeAliasContext> declared = new LinkedHashMap<>();
  private final Map<String, Type> resolved = new LinkedHashMap<>();
  private final Set<String> open = new HashSet<>();

  TypeLowering(Lowering lowering, List<Diagnostic> diagnostics) {
    this.lowering = lowering;
    this.diagnostics = diagnostics;
  }

  void declare(Sgl.TypeAliasContext alias) {
    String name = alias.name().getText();
    if (BUILT_IN.contains(name) || declared.putIfAbsent(name, alias) != null) {
      diagnostics.add(Diagnostic.duplicateName(name, lowering.span(alias.name())));
    }
  }

  /// Resolves every named type, so that a mistake in one that is not used is found too.
  void resolveAll() {
    declared.forEach((name, alias) -> named(name, lowering.span(alias.name())));
  }

  /// A type as written.
  Type lower(Sgl.TypeContext type) {
    List<Type> choices = type.variant().stream().map(this::variant).toList();
    return choices.size() == 1 ? choices.getFirst() : new Type.OneOf(choices);
  }

  /// The type of a `gen`, which must be one that the model can be held to.
  Type generated(Sgl.TypeContext type) {
    int before = diagnostics.size();
    Type lowered = lower(type);
    if (!(lowered instanceof Type.Text) && diagnostics.size() == before) {
      requireConstraint(lowered, lowering.span(type));
    }
    return lowered;
  }

  private void requireConstraint(Type type, Span span) {
    switch (type) {
      case Type.Text() -> diagnostics.add(Diagnostic.freeText(span));
      case Type.OneOf(var choices) -> choices.forEach(c -> requireConstraint(c, span));
      case Type.Rec(var fields) -> fields.forEach(f -> requireConstraint(f.type(), span));
      case Type.Array(var item, _, _) -> requireConstraint(item, span);
      case Type.Str _, Type.Pattern _, Type.Int _, Type.Float _ -> {}
      case Type.Bool _, Type.Literal _, Type.Any _ -> {}
    }
  }

  private Type variant(Sgl.VariantContext variant) {
    return switch (variant) {
      case Sgl.NamedTypeContext named -> named(named);
      case Sgl.LiteralTypeContext literal -> literal(literal.literal());
      case Sgl.RecordContext record -> record(record);
      case Sgl.ArrayContext array -> array(array);
      case Sgl.ParenthesizedTypeContext inner -> lower(inner.type());
      case Sgl.CallTypeContext call -> notYet("The type `call<…>`", call);
      case Sgl.MapContext map -> notYet("The type `map<…>`", map);
      case Sgl.SchemaContext schema -> notYet("The type `schema`", schema);
      case Sgl.GrammarTypeContext grammar -> notYet("The type `grammar`", grammar);
      case Sgl.PatternTypeContext pattern -> pattern(pattern);
      default -> throw new AssertionError(variant.getClass());
    };
  }

  /// Refuses what does not run yet, and lets the value be anything so that nothing else is said of
  /// it.
  private Type notYet(String what, ParserRuleContext context) {
    diagnostics.add(Diagnostic.notYet(what, lowering.span(context)));
    return Type.BOOL;
  }

  private Type named(Sgl.NamedTypeContext named) {
    String name = named.name().getText();
    Span span = lowering.span(named);
    if (named.bounds() != null && !Set.of("string", "int", "float").contains(name)) {
      diagnostics.add(
          Diagnostic.syntax(
              "Only `string`, `int` and `float` take bounds.", span, "takes no bounds"));
    }
    return switch (name) {
      case "text" -> Type.TEXT;
      case "any" -> Type.ANY;
      case "bool" -> Type.BOOL;
      case "float" -> named.bounds() == null ? Type.FLOAT : notYet("A bounded `float`", named);
      case "json" -> Type.ANY;
      case "string" -> {
        int[] bounds = length(named.bounds(), span);
        yield new Type.Str(bounds[0], bounds[1]);
      }
      case "int" -> integer(named, span);
      default -> named(name, span);
    };
  }

  private Type named(String name, Span span) {
    Sgl.TypeAliasContext alias = declared.get(name);
    if (alias == null) {
      List<String> names = new ArrayList<>(BUILT_IN);
      names.addAll(declared.keySet());
      diagnostics.add(Diagnostic.unknownType(name, span, Nearest.to(name, names)));
      return Type.ANY;
    }
    Type known = resolved.get(name);
    if (known != null) {
      return known;
    }
    if (!open.add(name)) {
      diagnostics.add(Diagnostic.recursiveType(name, span));
      return Type.ANY;
    }
    Type type = lower(alias.type());
    open.remove(name);
    resolved.put(name, type);
    return type;
  }

  private Type literal(Sgl.LiteralContext literal) {
    if (literal.text() != null) {
      return new Type.Literal(lowering.fixed(literal.text()));
    }
    Object value = Literals.value(literal, lowering::overflow);
    if (value instanceof Long || value instanceof Boolean) {
      return new Type.Literal(value);
    }
    return notYet("This literal as a type", literal);
  }

  private Type pattern(Sgl.PatternTypeContext pattern) {
    String text = pattern.PATTERN().getText();
    String regex = text.substring(2, text.length() - 1);
    try {
      new ConstraintCompiler().compile(new Constraint.Pattern(regex));
    } catch (ConstraintException e) {
      String why = String.valueOf(e.getMessage());
      diagnostics.add(Diagnostic.badPattern(why, lowering.span(pattern)));
    }
    return new Type.Pattern(regex);
  }

  private Type record(Sgl.RecordContext record) {
    List<Type.Field> fields = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Sgl.FieldContext field : record.field()) {
      String name = field.word() == null ? lowering.fixed(field.text()) : field.word().getText();
      if (!names.add(name)) {
        diagnostics.add(Diagnostic.duplicateName(name, lowering.span(field)));
      }
      fields.add(new Type.Field(name, lower(field.type()), field.QUESTION() != null));
    }
    return new Type.Rec(fields);
  }

  private Type array(Sgl.ArrayContext array) {
    int[] bounds = length(array.bounds(), lowering.span(array));
    return new Type.Array(variant(array.variant()), bounds[0], bounds[1]);
  }

  private int[] length(Sgl.@Nullable BoundsContext bounds, Span span) {
    if (bounds == null) {
      return new int[] {0, Type.UNBOUNDED};
    }
    long low =
        bounds.exact != null ? number(bounds.exact) : bounds.low != null ? number(bounds.low) : 0;
    long high =
        bounds.exact != null ? low : bounds.high != null ? number(bounds.high) : Type.UNBOUNDED;
    if (low > high || low < 0) {
      diagnostics.add(Diagnostic.emptyType("no length lies from " + low + " to " + high, span));
      return new int[] {0, Type.UNBOUNDED};
    }
    if (low > MAX_LENGTH || high > MAX_LENGTH && high != Type.UNBOUNDED) {
      diagnostics.add(Diagnostic.optionRange("length", "at most " + MAX_LENGTH, span));
      return new int[] {0, Type.UNBOUNDED};
    }
    return new int[] {(int) low, (int) high};
  }

  private Type integer(Sgl.NamedTypeContext named, Span span) {
    Sgl.BoundsContext bounds = named.bounds();
    if (bounds == null) {
      return Type.INT;
    }
    long low =
        bounds.exact != null
            ? number(bounds.exact)
            : bounds.low != null ? number(bounds.low) : Long.MIN_VALUE;
    long high =
        bounds.exact != null ? low : bounds.high != null ? number(bounds.high) : Long.MAX_VALUE;
    if (low > high) {
      diagnostics.add(Diagnostic.emptyType("no integer lies from " + low + " to " + high, span));
      return Type.INT;
    }
    return new Type.Int(low, high);
  }

  private long number(Sgl.BoundContext bound) {
    try {
      return Long.parseLong(bound.getText());
    } catch (NumberFormatException e) {
      diagnostics.add(
          Diagnostic.syntax(
              "This bound must be an integer.", lowering.span(bound), "not an integer"));
      return 0;
    }
  }
}
