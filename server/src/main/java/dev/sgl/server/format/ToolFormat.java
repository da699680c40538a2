package dev.sgl.server.format;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.constraint.Syntax;
import dev.sgl.constraint.syntax.SyntaxWriter;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// How a family of models writes calls of tools: a mark, and behind it one call after the other.
///
/// A text of a format may hold `{index}`, the number of calls that came before in the conversation,
/// and `{id}`, the id of the call.
///
/// @param name of the format, for people
/// @param models that write so
/// @param mark with which calls begin
/// @param open between the mark and the first call
/// @param call the texts of a call
/// @param next how another call follows
/// @param close behind the last call
/// @param ids of calls
/// @param signs texts by which a chat template is known that writes no calls; empty are the marks
public record ToolFormat(
    String name,
    String models,
    Mark mark,
    String open,
    Call call,
    Next next,
    String close,
    Ids ids,
    List<String> signs) {
  public ToolFormat {
    signs = List.copyOf(signs);
  }

  /// A format that is known by its marks.
  ToolFormat(
      String name,
      String models,
      Mark mark,
      String open,
      Call call,
      Next next,
      String close,
      Ids ids) {
    this(name, models, mark, open, call, next, close, ids, List.of());
  }

  /// The same, known by other texts.
  ToolFormat knownBy(String... texts) {
    return new ToolFormat(name, models, mark, open, call, next, close, ids, List.of(texts));
  }

  /// Names of special tokens, as most families write them.
  public static final Pattern TOKENS = Pattern.compile("\\[[A-Z_]+\\]|<[|｜][^<>]+[|｜]>");

  /// The text with which calls begin, often the name of a special token. The text of an answer ends
  /// before it.
  ///
  /// @param isWritten whether it is written before a call; else models may write it, but the
  ///     beginning of the call is enough
  public record Mark(String text, boolean isWritten) {}

  /// A call.
  ///
  /// @param begin up to the name
  /// @param afterName between the name and the arguments
  /// @param syntax of the arguments
  /// @param specials names of tokens that occur in the syntax and may be special
  /// @param brace that the model writes behind arguments of JSON, with white space before it; empty
  ///     if it writes none
  /// @param end behind that
  public record Call(
      String begin,
      String afterName,
      Syntax syntax,
      Set<String> specials,
      String brace,
      String end) {
    public Call {
      specials = Set.copyOf(specials);
    }

    /// A call whose arguments are JSON.
    static Call json(String begin, String afterName, String brace, String end) {
      return new Call(begin, afterName, Syntax.JSON, Set.of(), brace, end);
    }

    /// Whether the call is an object of JSON with its name first, right behind a mark.
    public boolean isObject() {
      return begin.strip().equals("{\"name\": \"");
    }
  }

  /// How another call follows.
  public sealed interface Next {
    /// Not at all: a message has one call.
    record None() implements Next {}

    /// As the next item of a list; else the end of the list follows.
    record Item(String between) implements Next {}

    /// By a text of its own.
    ///
    /// @param mark in `between` or the beginning of the call, which tells that one follows
    record Again(String between, String mark) implements Next {}
  }

  /// The ids of calls.
  public enum Ids {
    /// `call_` and 24 letters and digits.
    LONG,
    /// Nine letters and digits.
    SHORT,
    /// As Kimi has them: `functions.NAME:INDEX`.
    NAMED
  }

  /// A message with one call.
  ///
  /// @param arguments of the call
  public String written(String tool, JsonNode arguments) {
    String id = ids == Ids.SHORT ? "abc123xyz" : "call_1";
    return opening() + written(call.begin(), tool, arguments, 0, id) + close;
  }

  /// The text before the first call: the mark, if it is written, and the opening of a list.
  public String opening() {
    return (mark.isWritten() ? mark.text() : "") + open;
  }

  /// A call.
  ///
  /// @param begin of the call, with the text between it and the one before
  /// @param arguments of the call; a text if they were cut off
  /// @param index the number of calls before it in the conversation
  String written(String begin, String tool, JsonNode arguments, int index, String id) {
    return begun(begin, tool, arguments, index, id) + call.brace() + call.end();
  }

  /// A call up to the end of its arguments.
  String begun(String begin, String tool, JsonNode arguments, int index, String id) {
    String words =
        arguments.isTextual()
            ? arguments.textValue()
            : new SyntaxWriter(call.syntax()).write(arguments);
    return filled(begin, index, id) + tool + filled(call.afterName(), index, id) + words;
  }

  /// The text with which a call begins that stands without its mark, as models often forget it;
  /// empty where such a call cannot be told from other text.
  public Optional<String> bareBegin() {
    String begin = call.begin().strip();
    boolean isElement = begin.startsWith("<") && begin.contains("=") && mark.isWritten();
    return call.syntax().outer().isPresent() && isElement ? Optional.of(begin) : Optional.empty();
  }

  /// Whether a message may hold several calls.
  public boolean isParallel() {
    return !(next instanceof Next.None);
  }

  /// The text between two calls, up to the name of the second.
  public String again() {
    return switch (next) {
      case Next.None() -> "";
      case Next.Item(var between) -> between + call.begin();
      case Next.Again(var between, _) -> between + call.begin();
    };
  }

  /// The texts of which one follows a call in a list: the first character between two calls, or
  /// the end of the list, with the white space before it.
  ///
  /// @param between two calls
  public List<String> itemEnds(String between) {
    int bracket = close.indexOf(']') + 1;
    return List.of(between.substring(0, 1), bracket > 0 ? close.substring(0, bracket) : close);
  }

  /// The text behind the mark of another call, up to its name.
  public String behindMark() {
    String text = again();
    String mark = nextMark().orElse("");
    return text.substring(text.indexOf(mark) + mark.length());
  }

  /// The mark of another call, if it has one.
  public Optional<String> nextMark() {
    return next instanceof Next.Again(_, var text) ? Optional.of(text) : Optional.empty();
  }

  /// A text of the format for one call.
  ///
  /// @param index the number of calls before it in the conversation
  public static String filled(String text, int index, String id) {
    return text.replace("{index}", Integer.toString(index)).replace("{id}", id);
  }
}
