package dev.sgl.constraint.tag;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/// A part of a structural tag, as data.
sealed interface Format {

  /// Exactly this text.
  record Text(String value) implements Format {}

  /// JSON for a schema.
  record Json(JsonNode schema) implements Format {}

  /// A text of a grammar.
  record Grammar(String grammar) implements Format {}

  /// A text that a pattern matches as a whole.
  record Regex(String pattern) implements Format {}

  /// Any text without the texts `excludes`.
  ///
  /// @param mostCharacters of the text
  record AnyText(List<String> excludes, int mostCharacters) implements Format {}

  /// One after the other.
  record Sequence(List<Format> elements) implements Format {}

  /// One of several.
  record Or(List<Format> elements) implements Format {}

  /// `min` to `max` times; [Integer#MAX_VALUE] is any number.
  record Repeat(Format content, int min, int max) implements Format {}

  /// A content between a beginning and one of several ends.
  record Tag(String begin, Format content, List<String> ends) implements Format {}

  /// Free text in which a trigger is followed by the rest of a tag that begins with the trigger.
  ///
  /// @param rules for each tag its trigger, and the rest of the tag as a sequence
  /// @param excludes texts that do not come in the free text
  /// @param atOnce whole tags with one of which the text has to begin; empty if it need not
  /// @param repeats whether free text and other tags follow a tag
  record Triggered(List<Rule> rules, List<String> excludes, List<Format> atOnce, boolean repeats)
      implements Format {}

  /// A format that has to follow a trigger.
  record Rule(String trigger, Format rest) {}

  /// Tags with a separator between each two.
  record Separated(List<Format> tags, String separator, boolean atLeastOne, boolean repeats)
      implements Format {}
}
