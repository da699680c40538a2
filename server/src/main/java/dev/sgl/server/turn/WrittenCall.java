package dev.sgl.server.turn;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
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

  /// Most blanks and tabs that a key is indented with.
  private static final int MOST_BLANKS = 16;

  private static final int MOST_TABS = 4;

  /// The texts with which an object may begin whose first key is `name`.
  static final List<String> BEGINNINGS =
      blanks()
          .flatMap(blank -> Stream.of(": \"", ":\"").map(end -> "{" + blank + "\"name\"" + end))
          .toList();

  /// Most characters before a call that are held back until it is known whether one comes.
  private static final int MOST_AROUND = 256;

  private static final Pattern KEY = Pattern.compile("\\s*,\\s*\"(arguments|parameters)\"\\s*");

  private static final String TAG = "</?[A-Za-z_][\\w-]*+>";
  private static final Pattern BEFORE_ON_LINE = Pattern.compile("(?:[ \\t\\[\\],;]|" + TAG + ")*+");

  private static final String AROUND = "(?:[\\s\\[\\],;]|```[\\w+-]*+|" + TAG + ")*+";
  private static final Pattern ALL_AROUND = Pattern.compile(AROUND);
  private static final Pattern LAST_AROUND =
      Pattern.compile(AROUND + "(?:``?|</?(?:[A-Za-z_][\\w-]*+)?)?\\z");
  private static final Pattern NAMED =
      Pattern.compile("\\A" + AROUND + "\\{\\s*\"name\"\\s*:\\s*\"(?<name>[^\"]++)(?<end>\"?)");

  private static Stream<String> blanks() {
    List<String> indentations = new ArrayList<>();
    IntStream.rangeClosed(0, MOST_BLANKS).mapToObj(" "::repeat).forEach(indentations::add);
    IntStream.rangeClosed(1, MOST_TABS).mapToObj("\t"::repeat).forEach(indentations::add);
    return Stream.concat(
        Stream.of("", " "),
        Stream.of("\n", "\r\n").flatMap(end -> indentations.stream().map(end::concat)));
  }

  /// The call that may have begun.
  ///
  /// @param before it, at least in its line
  /// @param stop where the text ended; empty unless it is one of [#BEGINNINGS]
  static Optional<WrittenCall> behind(String before, Optional<String> stop) {
    return stop.filter(BEGINNINGS::contains).filter(_ -> mayFollow(before)).map(WrittenCall::new);
  }

  /// Whether a call may begin behind a text.
  ///
  /// @param before it, at least in its line
  static boolean mayFollow(String before) {
    return BEFORE_ON_LINE.matcher(before.substring(before.lastIndexOf('\n') + 1)).matches();
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

  /// Whether an answer begins with a call of a tool.
  ///
  /// @param answer or its beginning, which may end within the name
  static boolean isCallOf(String tool, String answer) {
    Matcher named = NAMED.matcher(answer);
    return named.find()
        && (named.group("end").isEmpty()
            ? tool.startsWith(named.group("name"))
            : tool.equals(named.group("name")));
  }

  /// Whether the text behind the name, up to a colon, is the key of arguments.
  static boolean isKey(String text) {
    return KEY.matcher(text).matches();
  }

  /// The text before the arguments, written as the text before the name was.
  String beforeArguments() {
    return beginning.endsWith(" \"") ? " " : "";
  }
}
