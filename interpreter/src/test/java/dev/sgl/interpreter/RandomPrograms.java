package dev.sgl.interpreter;

import static java.util.stream.Collectors.joining;

import dev.sgl.program.Type;
import dev.sgl.program.Values;
import dev.sgl.testing.Mutator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/// Makes random programs of typed values: conditions that narrow, `match`, loops, assignments,
/// records, lists. Many are mistaken, which is for the checker to find. None uses a value of which
/// the checker knows nothing by design: `json`, a field of a map, a variable that begins with none.
final class RandomPrograms {
  private static final List<String> FIELDS = List.of("a", "b", "c");

  private final SplittableRandom random;
  private final StringBuilder out = new StringBuilder();
  private final List<Variable> variables = new ArrayList<>();
  private int names;

  /// A variable and the type that it was declared with, or seems to have.
  private record Variable(String name, Type type) {}

  /// A program with values for its parameters and replies for its model.
  record Case(String source, Map<String, Object> arguments, List<String> replies) {}

  private RandomPrograms(SplittableRandom random) {
    this.random = random;
  }

  static Case next(SplittableRandom random) {
    return new RandomPrograms(random).program();
  }

  private Case program() {
    Map<String, Object> arguments = new LinkedHashMap<>();
    List<String> parameters = new ArrayList<>();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      Variable parameter = variable(type(2));
      arguments.put(parameter.name(), value(parameter.type()));
      parameters.add(parameter.name() + ": " + parameter.type().show());
    }
    Type helped = type(1);
    Type helps = type(1);
    Variable own = new Variable("own", helped);
    out.append("fn help(own: ").append(helped.show()).append(") -> ").append(helps.show());
    List<Variable> outer = new ArrayList<>(variables);
    variables.clear();
    variables.add(own);
    block(helps, 1);
    variables.clear();
    variables.addAll(outer);
    Type result = type(2);
    out.append("\nprogram main(").append(String.join(", ", parameters)).append(") -> ");
    out.append(result.show()).append(" {\n");
    Variable said = variable(type(1));
    out.append("  assistant gen ").append(said.name()).append(": ").append(said.type().show());
    out.append('\n');
    statements(result, 2, 3);
    out.append("  return ").append(expression(result, 2)).append("\n}\n");
    Object reply = value(said.type());
    String text = reply instanceof String words ? words : Values.json(reply);
    return new Case(out.toString(), arguments, List.of(text));
  }

  private Variable variable(Type type) {
    Variable variable = new Variable("v" + names++, type);
    variables.add(variable);
    return variable;
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  // --- types and their values

  private Type type(int depth) {
    return switch (random.nextInt(depth > 0 ? 16 : 9)) {
      case 0, 1 -> Type.INT;
      case 2 -> new Type.Int(1, 1 + random.nextInt(3));
      case 3 -> Type.FLOAT;
      case 4 -> Type.BOOL;
      case 5 -> Type.STRING;
      case 6 -> new Type.Str(0, 1 + random.nextInt(3));
      case 7 -> literals();
      case 8 -> new Type.Literal(Mutator.any(List.of("a", "b", 1L, 2L, true), random));
      case 9, 10 -> record(depth);
      case 11 -> new Type.Array(type(depth - 1), 0, Type.UNBOUNDED);
      case 12 -> new Type.Array(type(depth - 1), 1, 2);
      case 13 -> new Type.OneOf(List.of(type(depth - 1), new Type.Literal(Values.NONE)));
      default -> Type.oneOf(Stream.of(type(depth - 1), type(depth - 1)).distinct().toList());
    };
  }

  private static Type literals() {
    return new Type.OneOf(List.of(new Type.Literal("a"), new Type.Literal("b")));
  }

  private Type record(int depth) {
    List<Type.Field> fields = new ArrayList<>();
    for (String name : FIELDS.subList(0, 1 + random.nextInt(FIELDS.size()))) {
      fields.add(new Type.Field(name, type(depth - 1), chance(30)));
    }
    return new Type.Rec(fields);
  }

  private Object value(Type type) {
    return switch (type) {
      case Type.Int(long min, long max) ->
          max - min < 0 || max - min > 10 ? random.nextLong(-3, 4) : random.nextLong(min, max + 1);
      case Type.Float _ -> chance(30) ? (Object) random.nextLong(-2, 3) : random.nextInt(9) / 4.0;
      case Type.Bool _ -> chance(50);
      case Type.Str(_, int max) -> "abxy".substring(0, random.nextInt(Math.min(max, 4) + 1));
      case Type.Literal(Object literal) -> literal;
      case Type.OneOf(var choices) -> value(Mutator.any(choices, random));
      case Type.Array(var item, int min, int max) -> {
        List<Object> items = new ArrayList<>();
        for (int i = random.nextInt(min, Math.min(max, 3) + 1); i > 0; i--) {
          items.add(value(item));
        }
        yield items;
      }
      case Type.Rec(var fields) -> {
        Map<String, Object> record = new LinkedHashMap<>();
        for (Type.Field field : fields) {
          if (!field.optional() || chance(50)) {
            record.put(field.name(), value(field.type()));
          }
        }
        yield record;
      }
      case Type.Text _, Type.Pattern _, Type.Schema _, Type.Grammar _, Type.Call _, Type.MapOf _ ->
          throw new AssertionError(type);
      case Type.Recursive _, Type.Ref _, Type.Any _ -> throw new AssertionError(type);
    };
  }

  private String literal(Type type) {
    return source(value(type));
  }

  private static String source(Object value) {
    return switch (value) {
      case String text -> Values.quote(text);
      case List<?> list ->
          list.stream().map(RandomPrograms::source).collect(joining(", ", "[", "]"));
      case Map<?, ?> map ->
          map.entrySet().stream()
              .map(e -> e.getKey() + ": " + source(e.getValue()))
              .collect(joining(", ", "{", "}"));
      default -> value.toString();
    };
  }

  // --- statements

  private void block(Type result, int depth) {
    out.append(" {\n");
    int before = variables.size();
    statements(result, depth, 2);
    if (chance(60)) {
      out.append("  return ").append(expression(result, 1)).append('\n');
    }
    variables.subList(before, variables.size()).clear();
    out.append("}\n");
  }

  private void statements(Type result, int depth, int most) {
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      statement(result, depth);
    }
  }

  private void statement(Type result, int depth) {
    switch (random.nextInt(depth > 0 ? 10 : 4)) {
      case 0, 1 -> let();
      case 2 -> assign();
      case 3 -> out.append("  check ").append(condition(1)).append('\n');
      case 4, 5 -> {
        out.append("  if ").append(condition(1));
        block(result, depth - 1);
        if (chance(50)) {
          out.append("  else");
          block(result, depth - 1);
        }
      }
      case 6, 7, 8 -> match(result, depth - 1);
      default -> loop(result, depth - 1);
    }
  }

  private void let() {
    Type type = type(1);
    String name = "v" + names++;
    String value = expression(type, 2);
    boolean isTyped = value.equals("none") || chance(50);
    out.append("  let ").append(name).append(isTyped ? ": " + type.show() : "").append(" = ");
    out.append(value).append('\n');
    variables.add(new Variable(name, type));
  }

  private void assign() {
    Variable variable = Mutator.any(variables, random);
    out.append("  ").append(variable.name()).append(" = ");
    out.append(expression(chance(80) ? variable.type() : type(1), 2)).append('\n');
  }

  private void loop(Type result, int depth) {
    Type item = type(1);
    out.append("  for v").append(names).append(" in ");
    out.append(expression(new Type.Array(item, 0, Type.UNBOUNDED), 1));
    int before = variables.size();
    variables.add(new Variable("v" + names++, item));
    block(result, depth);
    variables.subList(before, variables.size()).clear();
  }

  private void match(Type result, int depth) {
    Variable subject = Mutator.any(variables, random);
    Optional<Type.Field> field = field(subject.type());
    String path = subject.name() + field.map(f -> "." + f.name()).orElse("");
    Type type = field.map(Type.Field::type).orElse(subject.type());
    out.append("  match ").append(path).append(" {\n");
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      out.append("    ").append(pattern(type));
      if (chance(20)) {
        out.append(" | ").append(pattern(type));
      }
      out.append(" ->");
      block(result, depth);
    }
    if (chance(40)) {
      out.append("    _ ->");
      block(result, depth);
    }
    out.append("  }\n");
  }

  private String pattern(Type type) {
    Type part =
        type instanceof Type.OneOf(var choices) && chance(80) ? Mutator.any(choices, random) : type;
    if (chance(15)) {
      part = type(1);
    }
    if (chance(25) || part instanceof Type.Literal) {
      Object value = value(part);
      if (value instanceof String || value instanceof Number || value instanceof Boolean) {
        return source(value);
      }
    }
    return part instanceof Type.OneOf ? "(" + part.show() + ")" : part.show();
  }

  private Optional<Type.Field> field(Type type) {
    return type instanceof Type.Rec(var fields) && chance(60)
        ? Optional.of(Mutator.any(fields, random))
        : Optional.empty();
  }

  // --- expressions

  /// An expression that is often of `type`.
  private String expression(Type type, int depth) {
    if (chance(50)) {
      List<Variable> like =
          variables.stream().filter(v -> chance(25) || v.type().equals(type)).toList();
      if (!like.isEmpty()) {
        Variable variable = Mutator.any(like, random);
        return variable.name() + field(variable.type()).map(f -> "." + f.name()).orElse("");
      }
    }
    if (depth == 0 || chance(30)) {
      return literal(chance(90) ? type : type(1));
    }
    return switch (type) {
      case Type.Int _, Type.Float _ -> number(type, depth - 1);
      case Type.Bool _ -> condition(depth - 1);
      case Type.Str _ -> text(type, depth - 1);
      case Type.OneOf(var choices) -> expression(Mutator.any(choices, random), depth - 1);
      case Type.Array(var item, int min, int max) -> list(item, min, max, depth - 1);
      case Type.Rec(var fields) ->
          fields.stream()
              .filter(f -> !f.optional() || chance(70))
              .map(f -> f.name() + ": " + expression(f.type(), depth - 1))
              .collect(joining(", ", "{", "}"));
      case Type.Literal _ -> literal(type);
      case Type.Text _, Type.Pattern _, Type.Schema _, Type.Grammar _, Type.Call _, Type.MapOf _ ->
          throw new AssertionError(type);
      case Type.Recursive _, Type.Ref _, Type.Any _ -> throw new AssertionError(type);
    };
  }

  private String number(Type type, int depth) {
    return switch (random.nextInt(5)) {
      case 0 -> "(" + expression(type, depth) + " + " + expression(type, depth) + ")";
      case 1 -> "(" + expression(type, depth) + " * " + expression(type, depth) + ")";
      case 2 -> "-" + Mutator.any(variables, random).name();
      case 3 -> "(" + expression(type(1), depth) + ").len()";
      default -> "(" + list(type, 0, 3, depth) + ")[0]";
    };
  }

  private String text(Type type, int depth) {
    return switch (random.nextInt(4)) {
      case 0 -> "(" + expression(type, depth) + " + " + expression(type, depth) + ")";
      case 1 -> "\"{" + Mutator.any(variables, random).name() + "}\"";
      case 2 -> "(" + expression(type, depth) + ").upper()";
      default -> "help(" + expression(type(1), depth) + ")";
    };
  }

  private String list(Type item, int min, int max, int depth) {
    if (chance(25)) {
      Type source = type(1);
      String from = expression(new Type.Array(source, 0, Type.UNBOUNDED), Math.max(0, depth));
      Variable each = new Variable("v" + names++, source);
      variables.add(each);
      String body = expression(chance(50) ? source : item, Math.max(0, depth));
      String filter = chance(50) ? " if " + condition(0) : "";
      variables.removeLast();
      return "[" + body + " for " + each.name() + " in " + from + filter + "]";
    }
    if (chance(25) && depth > 0) {
      return "(" + list(item, min, max, depth - 1) + " + " + list(item, min, max, depth - 1) + ")";
    }
    List<String> items = new ArrayList<>();
    for (int i = random.nextInt(min, Math.min(max, 2) + 1); i > 0; i--) {
      items.add(expression(item, Math.max(0, depth)));
    }
    return "[" + String.join(", ", items) + "]";
  }

  private String condition(int depth) {
    if (depth > 0 && chance(50)) {
      return switch (random.nextInt(3)) {
        case 0 -> "(" + condition(depth - 1) + " and " + condition(depth - 1) + ")";
        case 1 -> "(" + condition(depth - 1) + " or " + condition(depth - 1) + ")";
        default -> "not (" + condition(depth - 1) + ")";
      };
    }
    Variable variable = Mutator.any(variables, random);
    String path = variable.name() + field(variable.type()).map(f -> "." + f.name()).orElse("");
    return switch (random.nextInt(5)) {
      case 0, 1 -> path + " != none";
      case 2 -> path + " == none";
      case 3 -> path + " == " + literal(variable.type());
      default -> path + " < " + literal(variable.type());
    };
  }
}
