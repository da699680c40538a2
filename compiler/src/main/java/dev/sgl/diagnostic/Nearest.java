package dev.sgl.diagnostic;

import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/// Finds the name that was meant: the nearest by edits of single characters, if it is near.
public final class Nearest {
  /// Words of other languages, and what they are called here.
  private static final Map<String, String> FOREIGN =
      Map.ofEntries(
          Map.entry("null", "none"),
          Map.entry("None", "none"),
          Map.entry("nil", "none"),
          Map.entry("undefined", "none"),
          Map.entry("True", "true"),
          Map.entry("False", "false"),
          Map.entry("str", "string"),
          Map.entry("String", "string"),
          Map.entry("number", "float"),
          Map.entry("double", "float"),
          Map.entry("integer", "int"),
          Map.entry("boolean", "bool"),
          Map.entry("print", "log"),
          Map.entry("println", "log"),
          Map.entry("const", "let"),
          Map.entry("var", "let"),
          Map.entry("val", "let"),
          Map.entry("elif", "else if"),
          Map.entry("elsif", "else if"));

  /// Names that other libraries use, and the names here.
  private static final Map<String, String> OTHERS =
      Map.of(
          "length", "len",
          "size", "len",
          "temp", "temperature",
          "stop_at", "stop",
          "max_length", "max_tokens",
          "maxTokens", "max_tokens",
          "topP", "top_p",
          "topK", "top_k",
          "toUpperCase", "upper",
          "toLowerCase", "lower");

  /// Functions of other languages, and how the same is written here.
  private static final Map<String, String> FUNCTIONS =
      Map.of(
          "append", "lists are added: `items = items + [\"x\"]`",
          "push", "lists are added: `items = items + [\"x\"]`",
          "add", "lists are added: `items = items + [\"x\"]`",
          "extend", "lists are added: `items = items + more`",
          "map", "a list is made of another so: `[f(x) for x in list]`",
          "filter", "a list is made of another so: `[x for x in list if …]`",
          "range", "the numbers from 1 to 3 are `1..3`",
          "format", "values stand in the text: `\"{x}\"`",
          "enumerate", "count with `for i in 0..list.len - 1 { let x = list[i] … }`");

  private Nearest() {}

  /// How something is written here that other languages have a function for.
  public static Optional<String> function(String name) {
    return Optional.ofNullable(FUNCTIONS.get(name));
  }

  /// What was meant by `word`: what it is called here if it is another language's, or the closest
  /// of `names`, if at most a third of the word would have to change.
  public static Optional<String> to(String word, Collection<String> names) {
    return Optional.ofNullable(FOREIGN.get(word))
        .or(() -> Optional.ofNullable(OTHERS.get(word)).filter(names::contains))
        .or(() -> nearest(word, names));
  }

  /// The closest of `names` alone.
  public static Optional<String> among(String word, Collection<String> names) {
    return nearest(word, names);
  }

  private static Optional<String> nearest(String word, Collection<String> names) {
    return names.stream()
        .filter(name -> !name.equals(word))
        .filter(name -> distance(word, name) <= Math.max(1, word.length() / 3))
        .min(
            Comparator.<String>comparingInt(name -> distance(word, name))
                .thenComparing(name -> name));
  }

  /// The Damerau–Levenshtein distance (optimal string alignment): insertions, deletions,
  /// substitutions and swaps of neighbours.
  static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int changed = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(d[i - 1][j - 1] + changed, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], 1 + d[i - 2][j - 2]);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
