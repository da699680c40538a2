package dev.sgl.local.tokens.bpe;

/// A way to cut text into words, whose tokens do not depend on the text around them. Each is a
/// well-known pattern, written by hand: it looks at a character once or twice and never goes back
/// by more than one.
sealed interface Cut {
  /// The end of the word that begins at `from`.
  ///
  /// @param to the end of the text, above `from`
  int end(char[] text, int from, int to);

  /// The regular expression that it follows.
  String pattern();

  /// The pattern of GPT-2.
  record Gpt2() implements Cut {
    static final String PATTERN =
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    @Override
    public String pattern() {
      return PATTERN;
    }

    @Override
    public int end(char[] text, int from, int to) {
      int contracted = contraction(text, from, to, false);
      if (contracted > from) {
        return contracted;
      }
      int first = text[from] == ' ' && from + 1 < to ? from + 1 : from;
      byte kind = Characters.kind(text, first);
      if (kind == Characters.SPACE || kind == Characters.LINE_END) {
        return blanks(Characters.spaces(text, from, to), from, to);
      }
      return Characters.run(text, first, to, kind);
    }
  }

  /// The pattern of cl100k, Llama 3 and Qwen.
  ///
  /// @param digits most digits of a number
  record Words(int digits) implements Cut {
    static String pattern(String number) {
      return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
          + number
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    }

    @Override
    public String pattern() {
      return pattern(digits == 1 ? "\\p{N}" : "\\p{N}{1," + digits + "}");
    }

    @Override
    public int end(char[] text, int from, int to) {
      byte kind = Characters.kind(text, from);
      if (kind == Characters.LETTER) {
        return Characters.run(text, from, to, Characters.LETTER);
      }
      if (kind == Characters.NUMBER) {
        return number(text, from, to);
      }
      int contracted = contraction(text, from, to, true);
      if (contracted > from) {
        return contracted;
      }
      int second = Characters.next(text, from);
      byte after = second < to ? Characters.kind(text, second) : Characters.SPACE;
      if (kind != Characters.LINE_END && after == Characters.LETTER) {
        return Characters.run(text, second, to, Characters.LETTER);
      }
      if (kind == Characters.OTHER || text[from] == ' ' && after == Characters.OTHER) {
        int signs = Characters.run(text, second, to, Characters.OTHER);
        return Characters.run(text, signs, to, Characters.LINE_END);
      }
      int run = Characters.spaces(text, from, to);
      for (int i = run; i > from; i--) {
        if (text[i - 1] == '\n' || text[i - 1] == '\r') {
          return i;
        }
      }
      return blanks(run, from, to);
    }

    private int number(char[] text, int from, int to) {
      int i = from;
      for (int n = 0; n < digits && i < to && Characters.kind(text, i) == Characters.NUMBER; n++) {
        i = Characters.next(text, i);
      }
      return i;
    }
  }

  /// Numbers apart from other text.
  ///
  /// @param single whether each digit is a word of its own
  record Digits(boolean single) implements Cut {
    @Override
    public String pattern() {
      return single ? "\\p{N}" : "\\p{N}+";
    }

    @Override
    public int end(char[] text, int from, int to) {
      if (Characters.kind(text, from) == Characters.NUMBER) {
        return single
            ? Characters.next(text, from)
            : Characters.run(text, from, to, Characters.NUMBER);
      }
      int i = from;
      while (i < to && Characters.kind(text, i) != Characters.NUMBER) {
        i = Characters.next(text, i);
      }
      return i;
    }
  }

  /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d`; `from` if there is none.
  ///
  /// @param anyCase whether upper case counts, too, and with it the long s
  private static int contraction(char[] text, int from, int to, boolean anyCase) {
    if (text[from] != '\'' || from + 1 >= to) {
      return from;
    }
    char first = anyCase ? lower(text[from + 1]) : text[from + 1];
    char second = from + 2 >= to ? 0 : anyCase ? lower(text[from + 2]) : text[from + 2];
    return switch (first) {
      case 's', 't', 'm', 'd' -> from + 2;
      case 'r', 'v' -> second == 'e' ? from + 3 : from;
      case 'l' -> second == 'l' ? from + 3 : from;
      default -> from;
    };
  }

  private static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c == '\u017f' ? 's' : c;
  }

  /// The end of `\s+(?!\S)|\s+` for a run of blanks: the last one belongs to the next word.
  private static int blanks(int run, int from, int to) {
    return run == to || run == from + 1 ? run : run - 1;
  }
}
