package dev.sgl.compiler;

import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.match.ConstraintCompiler;
import dev.sgl.description.Description;
import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.diagnostic.Nearest;
import dev.sgl.grammar.Sgl;
import dev.sgl.program.Span;
import dev.sgl.program.Tool;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.program.Values;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.jspecify.annotations.Nullable;

/// Types of a module as written to types as data: names are written out, bounds checked.
final class TypeLowering {
  private static final int MAX_LENGTH = 100_000;

  /// Types that name each other in circles grow when they are written out.
  private static final int MAX_PARTS = 20_000;

  private final SourceModule module;
  private final Declarations declarations;
  private final Sources sources;
  private final List<Diagnostic> diagnostics;
  private final ExprLowering values;
  private final Map<String, Sgl.TypeAliasContext> declared = new LinkedHashMap<>();
  private final Map<String, Type> resolved = new LinkedHashMap<>();
  private final Set<String> open = new LinkedHashSet<>();
  private final Set<String> recursive = new HashSet<>(); // of those that are open
  private int parts;

  TypeLowering(
      SourceModule module,
      Declarations declarations,
      Sources sources,
      List<Diagnostic> diagnostics) {
    this.module = module;
    this.declarations = declarations;
    this.sources = sources;
    this.diagnostics = diagnostics;
    this.values = new ExprLowering(module, declarations, diagnostics);
  }

  void declare(Sgl.TypeAliasContext alias) {
    String name = alias.name().getText();
    if (Keywords.TYPES.contains(name) || declared.putIfAbsent(name, alias) != null) {
      diagnostics.add(Diagnostic.duplicateName(name, span(alias.name())));
    }
  }

  /// A declared type as a text that describes it to the model; empty if there is none of the name.
  Optional<String> described(String name) {
    Sgl.TypeAliasContext alias = declared.get(name);
    return alias == null
        ? Optional.empty()
        : Optional.of(Description.of(named(name, span(alias.name()))));
  }

  /// Resolves every named type, so that a mistake in one that is not used is found too.
  void resolveAll() {
    declared.forEach((name, alias) -> named(name, span(alias.name())));
  }

  /// A type as written.
  Type lower(Sgl.TypeContext type) {
    return Type.oneOf(type.variant().stream().map(this::variant).toList());
  }

  /// The type of a `gen`, which must be one that the model can be held to.
  Type generated(Sgl.TypeContext type) {
    int before = diagnostics.size();
    Type lowered = lower(type);
    if (!(lowered instanceof Type.Text) && diagnostics.size() == before) {
      requireConstraint(lowered, span(type), false);
    }
    return lowered;
  }

  /// @param inside whether the type is a part of a JSON value
  private void requireConstraint(Type type, Span span, boolean inside) {
    switch (type) {
      case Type.Text() -> diagnostics.add(Diagnostic.freeText(span));
      case Type.Grammar _ when inside ->
          diagnostics.add(Diagnostic.emptyType("a grammar has no form inside of JSON", span));
      case Type.OneOf(var choices) -> choices.forEach(c -> requireConstraint(c, span, inside));
      case Type.Rec(var fields) -> fields.forEach(f -> requireConstraint(f.type(), span, true));
      case Type.Call(var tools) -> tools.forEach(t -> requireConstraint(t.type(), span, true));
      case Type.Array(var item, _, _) -> requireConstraint(item, span, true);
      case Type.MapOf(var value) -> requireConstraint(value, span, true);
      case Type.Recursive(_, var body) -> requireConstraint(body, span, inside);
      case Type.Str _, Type.Pattern _, Type.Int _, Type.Float _, Type.Bool _ -> {}
      case Type.Literal _, Type.Schema _, Type.Grammar _, Type.Ref _, Type.Any _ -> {}
    }
  }

  Type variant(Sgl.VariantContext variant) {
    if (++parts > MAX_PARTS) {
      if (parts == MAX_PARTS + 1) {
        diagnostics.add(Diagnostic.largeType(span(variant)));
      }
      return Type.ANY;
    }
    return switch (variant) {
      case Sgl.NamedTypeContext named -> named(named);
      case Sgl.LiteralTypeContext literal -> literal(literal.literal());
      case Sgl.RecordContext record -> record(record);
      case Sgl.ArrayContext array -> array(array);
      case Sgl.ParenthesizedTypeContext inner -> lower(inner.type());
      case Sgl.CallTypeContext call -> call(call);
      case Sgl.MapContext map -> new Type.MapOf(lower(map.type()));
      case Sgl.SchemaContext schema -> schema(schema.text());
      case Sgl.GrammarTypeContext grammar -> grammar(grammar.text());
      case Sgl.PatternTypeContext pattern -> pattern(pattern.PATTERN());
      default -> throw new AssertionError(variant.getClass());
    };
  }

  private Type named(Sgl.NamedTypeContext named) {
    String name = named.typeName.getText();
    Span span = span(named);
    if (named.module != null) {
      return ofModule(named, name, span);
    }
    if (named.bounds() != null && !Set.of("string", "int", "float").contains(name)) {
      diagnostics.add(
          Diagnostic.syntax(
              "Only `string`, `int` and `float` take bounds.", span, "takes no bounds"));
    }
    return switch (name) {
      case "text" -> Type.TEXT;
      case "any", "json" -> Type.ANY;
      case "bool" -> Type.BOOL;
      case "float" -> decimal(named, span);
      case "string" -> {
        int[] bounds = length(named.bounds(), span);
        yield new Type.Str(bounds[0], bounds[1]);
      }
      case "int" -> integer(named, span);
      default -> named(name, span);
    };
  }

  private Type ofModule(Sgl.NamedTypeContext named, String name, Span span) {
    SourceModule used = module.uses().get(named.module.getText());
    if (used == null) {
      diagnostics.add(
          Diagnostic.unknownName(
              named.module.getText(),
              module.span(named.module),
              Nearest.to(named.module.getText(), module.uses().keySet())));
      return Type.ANY;
    }
    return declarations.types(used).named(name, span);
  }

  private Type named(String name, Span span) {
    Sgl.TypeAliasContext alias = declared.get(name);
    if (alias == null) {
      diagnostics.add(
          Diagnostic.unknownType(name, span, Nearest.to(name, Keywords.TYPES, declared.keySet())));
      return Type.ANY;
    }
    Type known = resolved.get(name);
    if (known != null) {
      return known;
    }
    String whole = module.prefix() + name;
    if (!open.add(name)) {
      recursive.add(name);
      return new Type.Ref(whole);
    }
    Type body = lower(alias.type());
    open.remove(name);
    Type type = recursive.remove(name) ? recursive(whole, body, span(alias.name())) : body;
    if (open.isEmpty()) { // or it may name types that are still open
      resolved.put(name, type);
    }
    return type;
  }

  private Type recursive(String name, Type body, Span span) {
    Type.Recursive type = new Type.Recursive(name, body);
    if (isBare(body, name)) {
      diagnostics.add(Diagnostic.emptyType("`" + name + "` is only itself", span));
      return Type.ANY;
    }
    if (!Types.isFinite(type)) {
      diagnostics.add(
          Diagnostic.emptyType("every `" + name + "` has another one inside, without end", span));
      return Type.ANY;
    }
    return type;
  }

  /// Whether the name is in the type with nothing around it.
  private static boolean isBare(Type type, String name) {
    return switch (type) {
      case Type.Ref(var other) -> other.equals(name);
      case Type.OneOf(var choices) -> choices.stream().anyMatch(c -> isBare(c, name));
      case Type.Recursive(_, var body) -> isBare(body, name);
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _, Type.Bool _ -> false;
      case Type.Literal _, Type.Rec _, Type.Array _, Type.MapOf _, Type.Call _ -> false;
      case Type.Schema _, Type.Grammar _, Type.Any _ -> false;
    };
  }

  private Type call(Sgl.CallTypeContext call) {
    List<Type.Field> tools = new ArrayList<>();
    for (Sgl.NameContext name : call.name()) {
      Tool tool = declarations.tools().get(name.getText());
      if (tool == null) {
        diagnostics.add(
            Diagnostic.unknownTool(
                name.getText(),
                span(name),
                Nearest.to(name.getText(), declarations.tools().keySet())));
      } else {
        tools.add(tool.call());
      }
    }
    return tools.isEmpty() ? Type.ANY : new Type.Call(tools);
  }

  // --- types of other notations

  private Type schema(Sgl.TextContext text) {
    String written = values.fixed(text);
    boolean inline = written.strip().startsWith("{") || written.strip().matches("true|false");
    String json = inline ? written : file(written, span(text));
    if (json.isEmpty()) {
      return Type.ANY;
    }
    Type.Schema schema = new Type.Schema(Types.parse(json).map(Values::json).orElse(json));
    return compiles(schema, span(text)) ? schema : Type.ANY;
  }

  private Type grammar(Sgl.TextContext text) {
    String written = values.fixed(text);
    String gbnf = written.contains("::=") ? written : file(written, span(text));
    Type.Grammar grammar = new Type.Grammar(gbnf);
    return gbnf.isEmpty() || !compiles(grammar, span(text)) ? Type.ANY : grammar;
  }

  /// The text of a file beside the program, or nothing and a diagnostic.
  private String file(String path, Span span) {
    try {
      return sources.read(module.file(), path).text();
    } catch (IOException e) {
      diagnostics.add(Diagnostic.unreadableFile(String.valueOf(e.getMessage()), span));
      return "";
    }
  }

  private boolean compiles(Type type, Span span) {
    try {
      Types.requireKnownKeywords(type);
      new ConstraintCompiler().compile(Types.constraint(type));
      return true;
    } catch (ConstraintException | IllegalArgumentException e) {
      diagnostics.add(Diagnostic.badConstraint(String.valueOf(e.getMessage()), span));
      return false;
    }
  }

  Type.Pattern pattern(TerminalNode pattern) {
    String text = pattern.getText();
    String regex = text.substring(2, text.length() - 1);
    try {
      new ConstraintCompiler().compile(new Constraint.Pattern(regex));
    } catch (ConstraintException e) {
      String why = String.valueOf(e.getMessage());
      diagnostics.add(Diagnostic.badPattern(why, module.span(pattern.getSymbol())));
    }
    return new Type.Pattern(regex);
  }

  private Type literal(Sgl.LiteralContext literal) {
    if (literal.text() != null) {
      return new Type.Literal(values.fixed(literal.text()));
    }
    if (literal.PATTERN() != null) {
      return pattern(literal.PATTERN());
    }
    return new Type.Literal(Literals.value(literal, () -> values.overflow(literal)));
  }

  private Type record(Sgl.RecordContext record) {
    List<Type.Field> fields = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Sgl.FieldContext field : record.field()) {
      String name = field.word() == null ? values.fixed(field.text()) : field.word().getText();
      if (!names.add(name)) {
        diagnostics.add(Diagnostic.duplicateName(name, span(field)));
      }
      boolean isOptional = field.QUESTION() != null;
      fields.add(
          new Type.Field(name, lower(field.type()), isOptional, module.documentation(field)));
    }
    if (isSchema(fields)) {
      diagnostics.add(Diagnostic.jsonSchema(span(record)));
    }
    return new Type.Rec(fields);
  }

  /// Whether the fields are those of a JSON Schema that was written where a type is wanted.
  private static boolean isSchema(List<Type.Field> fields) {
    boolean hasType =
        fields.stream()
            .anyMatch(
                f ->
                    f.name().equals("type")
                        && f.type() instanceof Type.Literal(String kind)
                        && Set.of("object", "array").contains(kind));
    return hasType
        && fields.stream()
            .anyMatch(
                f ->
                    Set.of("properties", "items").contains(f.name())
                        && f.type() instanceof Type.Rec);
  }

  private Type array(Sgl.ArrayContext array) {
    int[] bounds = length(array.bounds(), span(array));
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

  private Type decimal(Sgl.NamedTypeContext named, Span span) {
    Sgl.BoundsContext bounds = named.bounds();
    if (bounds == null) {
      return Type.FLOAT;
    }
    Sgl.BoundContext least = bounds.exact != null ? bounds.exact : bounds.low;
    Sgl.BoundContext most = bounds.exact != null ? bounds.exact : bounds.high;
    double low = least == null ? Double.NEGATIVE_INFINITY : decimal(least);
    double high = most == null ? Double.POSITIVE_INFINITY : decimal(most);
    if (low > high) {
      diagnostics.add(Diagnostic.emptyType("no number lies from " + low + " to " + high, span));
      return Type.FLOAT;
    }
    return new Type.Float(low, high);
  }

  private double decimal(Sgl.BoundContext bound) {
    return Literals.decimal(bound.getText(), () -> values.overflow(bound));
  }

  private long number(Sgl.BoundContext bound) {
    try {
      return Long.parseLong(bound.getText());
    } catch (NumberFormatException e) {
      diagnostics.add(
          Diagnostic.syntax("This bound must be an integer.", span(bound), "not an integer"));
      return 0;
    }
  }

  private Span span(ParserRuleContext context) {
    return module.span(context);
  }
}
