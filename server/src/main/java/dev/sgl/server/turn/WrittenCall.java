package dev.sgl.server.turn;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A call as models write it without the marks of their format: a JSON object, alone or in a list,
/// in a code block, or between tags that the model made up.
///
/// An object is a call if it begins a line, its first key is `name` with the name of an offered
/// tool, and its second key is `arguments` or `parameters`. The second key may be missing if the
/// tool requires no arguments. Before it on its line nothing may stand but white space, tags, and
/// the brackets, commas and semicolons of a list. Everything else is text: an object within a
/// sentence, one that names no tool, one that says other things of a tool.
///
/// @param beginning of the object, up to the quote before the name
record WrittenCall(String beginning) {
  /// What ends the name.
  static final String QUOTE = "\"";

  /// What ends the second key.
  static final String COLON = ":";

  /// What ends an object that has no second key.
  static final String BRACE = "}";

  /// The texts with which an object may begin whose first key is `name`.
  static final List<String> BEGINNINGS =
      Stream.of("", " ", "\n", "\n ", "\n  ", "\n   ", "\n    ", "\n      ", "\n\t", "\n\t\t")
          .flatMap(blank -> Stream.of(": \"", ":\"").map(end -> "{" + blank + "\"name\"" + end))
          .toList();

  /// Most characters before a call that are held back until it is known whether one comes.
  private static final int MOST_AROUND = 256;

  private static final Pattern KEY = Pattern.compile("\\s*,\\s*\"(arguments|parameters)\"\\s*");

  private static final Pattern BEFORE_ON_LINE = Pattern.compile("([ \\t\\[\\],;]|</?[a-z_]+>)*");

  private static final String AROUND = "(?:[\\s\\[\\],;]|```[a-z]*|</?[a-z_]+>)*+";
  private static final Pattern ALL_AROUND = Pattern.compile(AROUND);
  private static final Pattern LAST_AROUND = Pattern.compile(AROUND + "(?:``?|</?[a-z_]*)?\\z");
  private static final Pattern NAMED =
      Pattern.compile("\\A" + AROUND + "\\{\\s*\"name\"\\s*:\\s*\"(?<name>[^\"]*)\"");

  /// The call that may have begun.
  ///
  /// @param text before it
  /// @param stop where the text ended; empty unless it is one of [#BEGINNINGS]
  static Optional<WrittenCall> behind(String text, Optional<String> stop) {
    Matcher line = BEFORE_ON_LINE.matcher(text.substring(text.lastIndexOf('\n') + 1));
    return stop.filter(BEGINNINGS::contains).filter(_ -> line.matches()).map(WrittenCall::new);
  }

  /// Where the end of a text begins that may belong to a call behind it: white space, the first
  /// line of a code block, the bracket of a list, a tag.
  static int around(String text) {
    Matcher last = LAST_AROUND.matcher(text);
    int from = Math.max(0, text.length() - MOST_AROUND);
    return last.find(from) ? last.start() : text.length();
  }

  /// Whether a text only separates two calls.
  static boolean isAround(String text) {
    return ALL_AROUND.matcher(text).matches();
  }

  /// The name at the beginning of an answer that may be a call.
  static Optional<String> name(String answer) {
    Matcher named = NAMED.matcher(answer);
    return named.find() ? Optional.of(named.group("name")) : Optional.empty();
  }

  /// Whether the text behind the name, up to a colon, is the key of arguments.
  static boolean isKey(String text) {
    return KEY.matcher(text).matches();
  }

  /// What stands before the arguments, as it stood before the name.
  String beforeArguments() {
    return beginning.endsWith(" \"") ? " " : "";
  }
}
