package dev.sgl.conversation;

import dev.sgl.backend.Reply;
import dev.sgl.program.TypeException;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/// Says that a typed value was cut off, with its text so far and a remedy.
final class CutOff {
  /// Characters of the written text, and of the type, that a message shows.
  private static final int SHOWN = 160;

  /// A text that ends with many repetitions of one short piece.
  private static final Pattern REPEATS = Pattern.compile("(?s).*?(.{1,16}?)\\1{7,}");

  private static final int LOOKED_AT = 200; // characters at the end of a text

  private CutOff() {}

  /// @param type as the program writes it
  static TypeException error(String type, Reply reply, GenOptions options) {
    int tokens = reply.usage().generatedTokens();
    String text = shortened(reply.text());
    String whole = "a whole `" + shortened(type) + "`";
    String what =
        text.isEmpty() ? "nothing was written of " + whole : "`" + text + "` is not " + whole;
    return new TypeException(
        "the value was cut off after %d %s: %s; %s"
            .formatted(tokens, tokens == 1 ? "token" : "tokens", what, help(reply, options)));
  }

  private static String help(Reply reply, GenOptions options) {
    OptionalInt most = options.maxTokens();
    String end = reply.text().substring(Math.max(0, reply.text().length() - LOOKED_AT));
    if (REPEATS.matcher(end).matches()) {
      return "the model repeats itself, and only a bound in the type ends that, such as `string<..80>` or `T[..9]`";
    }
    if (options.isBudgetSpent()) {
      return "raise the `budget` around it";
    }
    return most.isPresent() && reply.usage().generatedTokens() >= most.getAsInt()
        ? "raise `max_tokens`, which is " + most.getAsInt()
        : "the model's context or the endpoint's own limit ended it, so shorten what comes before it, or bound the type";
  }

  /// The text on one line, without its middle if it is long.
  private static String shortened(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    int length = line.codePointCount(0, line.length());
    if (length <= SHOWN) {
      return line;
    }
    int head = line.offsetByCodePoints(0, SHOWN * 2 / 3);
    int tail = line.offsetByCodePoints(line.length(), -(SHOWN / 3));
    return line.substring(0, head) + " … " + line.substring(tail);
  }
}
