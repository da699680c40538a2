package dev.sgl.description;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.program.Values;
import java.util.List;
import java.util.stream.Collectors;

/// A type as a text for prompts: its keys and types in the notation of TypeScript, which models
/// know well, with lengths, ranges and descriptions as comments.
///
/// ```
/// {
///   "title": string, // 1 to 60 characters
///   "effort": "low" | "medium" | "high",
///   "tags"?: string[] // at most 3 items
/// }
/// ```
///
/// A schema that says more than this notation can is described by itself, as JSON.
public final class Description {
  private Description() {}

  /// The description of a type.
  public static String of(Type type) {
    return switch (type) {
      case Type.Text() -> "text";
      case Type.Grammar(var gbnf) -> gbnf.strip();
      case Type.OneOf(var choices) when choices.stream().anyMatch(Type.Grammar.class::isInstance) ->
          choices.stream().map(Description::of).collect(Collectors.joining("\n| "));
      case Type.Schema(var json) -> of(Types.schema(type), json);
      case Type.OneOf _, Type.Rec _, Type.Array _, Type.MapOf _, Type.Call _, Type.Recursive _ ->
          ofSchema(type);
      case Type.Str _, Type.Pattern _, Type.Int _, Type.Float _, Type.Bool _, Type.Literal _ ->
          ofSchema(type);
      case Type.Any _, Type.Ref _ -> ofSchema(type);
    };
  }

  private static String ofSchema(Type type) {
    ObjectNode schema = Types.schema(withoutGrammars(type));
    return of(schema, schema.toString());
  }

  private static String of(ObjectNode schema, String json) {
    return Sayable.isSayable(schema) ? Notation.of(schema) : json;
  }

  /// The type with strings in the place of grammars, which are no JSON.
  private static Type withoutGrammars(Type type) {
    return type instanceof Type.Grammar ? Type.STRING : type.map(Description::withoutGrammars);
  }

  /// A sentence that asks for an answer of a type, with its description.
  public static String asking(Type type) {
    return "Answer with nothing but "
        + (type instanceof Type.OneOf(var choices) ? oneOf(choices) : wanted(type));
  }

  private static String oneOf(List<Type> choices) {
    return choices.stream()
        .map(choice -> "- " + wanted(choice))
        .collect(Collectors.joining("\n", "one of these:\n", ""));
  }

  private static String wanted(Type type) {
    return switch (type) {
      case Type.Literal(var value) -> Values.text(value);
      case Type.Pattern(var regex) -> "a text that matches the regular expression " + regex;
      case Type.Grammar _ -> "a text of this grammar:\n" + of(type);
      case Type.Text _, Type.Str _ -> "a text: " + of(type);
      case Type.Int _, Type.Float _, Type.Bool _, Type.OneOf _, Type.Rec _, Type.Array _ ->
          "JSON of this type:\n" + of(type);
      case Type.MapOf _, Type.Call _, Type.Schema _, Type.Recursive _, Type.Ref _, Type.Any _ ->
          "JSON of this type:\n" + of(type);
    };
  }
}
