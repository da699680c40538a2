package dev.sgl.constraint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/// What a generated text may be, as data.
///
/// The set is closed; `match.ConstraintCompiler` switches over it without a `default`. Constraints
/// are equal if they say the same in the same words.
public sealed interface Constraint {

  /// No upper bound of [Length].
  int UNBOUNDED = Integer.MAX_VALUE;

  /// Exactly this text.
  record Text(String text) implements Constraint {}

  /// Any text of `min` to `max` characters.
  record Length(int min, int max) implements Constraint {
    public Length {
      if (min < 0 || min > max) {
        throw new IllegalArgumentException("no length lies from " + min + " to " + max);
      }
    }
  }

  /// A decimal integer from `min` to `max`, both included, without leading zeros.
  record IntRange(long min, long max) implements Constraint {
    public IntRange {
      if (min > max) {
        throw new IllegalArgumentException("no integer lies from " + min + " to " + max);
      }
    }
  }

  /// A text that the regular expression `regex` (ECMA-262) matches as a whole.
  record Pattern(String regex) implements Constraint {}

  /// A JSON text that a JSON Schema holds valid.
  ///
  /// @param schema the schema; `$schema` says which draft, 2020-12 if it does not
  /// @param style how the JSON is laid out
  /// @param formats how `format` is followed
  /// @param documents what references may lead to besides the schema itself, by URI
  record JsonSchema(
      JsonNode schema, JsonStyle style, Formats formats, Map<String, JsonNode> documents)
      implements Constraint {
    /// How `format` is followed.
    public enum Formats {
      /// It is an annotation only.
      IGNORED,
      /// It is asserted, as its standard defines it.
      ASSERTED,
      /// The same without dates and times that hardly any program reads: leap seconds, and the year
      /// 0000. Where a schema denies a date or a time, these belong to it.
      USUAL
    }

    public JsonSchema {
      documents = Map.copyOf(documents);
    }

    /// A schema in the free layout, with formats asserted and without other documents.
    public JsonSchema(JsonNode schema) {
      this(schema, JsonStyle.FREE, Formats.ASSERTED, Map.of());
    }

    /// A schema in a style, with formats asserted and without other documents.
    public JsonSchema(JsonNode schema, JsonStyle style) {
      this(schema, style, Formats.ASSERTED, Map.of());
    }
  }

  /// A text of the grammar `gbnf`, from its rule `root` on; one in Lark's notation begins with
  /// `start`, and one that begins with a brace is a structural tag.
  record Grammar(String gbnf) implements Constraint {}

  /// A text of `value`, or the same behind the first line of a fenced code block of Markdown, as
  /// models that were trained on conversations like to write it. The block is not closed.
  record Fenced(Constraint value) implements Constraint {}

  /// A text of `value`, and behind it `end`, with white space between them.
  record Followed(Constraint value, String end) implements Constraint {}

  /// One of the choices.
  record OneOf(List<Constraint> choices) implements Constraint {
    public OneOf {
      choices = List.copyOf(choices);
      if (choices.isEmpty()) {
        throw new IllegalArgumentException("a choice needs at least one alternative");
      }
    }
  }
}
