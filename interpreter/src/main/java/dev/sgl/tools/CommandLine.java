package dev.sgl.tools;

import java.util.ArrayList;
import java.util.List;

/// A command as it is typed: words separated by blanks, quotes around blanks, `\` before a quote.
/// No shell ever sees it, so nothing else has a meaning.
final class CommandLine {
  private final String text;
  private final List<String> words = new ArrayList<>();
  private final StringBuilder word = new StringBuilder();
  private boolean inWord;

  private CommandLine(String text) {
    this.text = text;
  }

  /// The words of `text`.
  ///
  /// @throws IllegalArgumentException if there are none, or a quote is not closed
  static List<String> words(String text) {
    return new CommandLine(text).split();
  }

  private List<String> split() {
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && quote != '\'' && i + 1 < text.length()) {
        add(text.charAt(++i));
      } else if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else {
          add(c);
        }
      } else if (c == '"' || c == '\'') {
        quote = c;
        inWord = true;
      } else if (Character.isWhitespace(c)) {
        end();
      } else {
        add(c);
      }
    }
    end();
    if (quote != 0) {
      throw new IllegalArgumentException("a quote is not closed in: " + text);
    }
    if (words.isEmpty()) {
      throw new IllegalArgumentException("the command is empty");
    }
    return List.copyOf(words);
  }

  private void add(char c) {
    word.append(c);
    inWord = true;
  }

  private void end() {
    if (inWord) {
      words.add(word.toString());
    }
    word.setLength(0);
    inWord = false;
  }
}
