package dev.sgl.diagnostic;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Finds the name that was meant: the nearest by edits of single characters, if it is near.
public final class Nearest {
  /// Words of other languages, each with the word that SGL has for it.
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
      Map.ofEntries(
          Map.entry("length", "len"),
          Map.entry("size", "len"),
          Map.entry("count", "len"),
          Map.entry("temp", "temperature"),
          Map.entry("stop_at", "stop"),
          Map.entry("max_length", "max_tokens"),
          Map.entry("max_new_tokens", "max_tokens"),
          Map.entry("maxTokens", "max_tokens"),
          Map.entry("topP", "top_p"),
          Map.entry("topK", "top_k"),
          Map.entry("toUpperCase", "upper"),
          Map.entry("toLowerCase", "lower"),
          Map.entry("strip", "trim"),
          Map.entry("startswith", "starts_with"),
          Map.entry("startsWith", "starts_with"),
          Map.entry("endswith", "ends_with"),
          Map.entry("endsWith", "ends_with"),
          Map.entry("includes", "contains"),
          Map.entry("splitlines", "lines"),
          Map.entry("substring", "slice"),
          Map.entry("replaceAll", "replace"),
          Map.entry("sorted", "sort"),
          Map.entry("reversed", "reverse"),
          Map.entry("set", "unique"),
          Map.entry("dumps", "json"),
          Map.entry("stringify", "json"),
          Map.entry("loads", "parse_json"),
          Map.entry("parseInt", "int"),
          Map.entry("parseFloat", "float"));

  /// Functions of other languages, and how the same is written here.
  private static final Map<String, String> FUNCTIONS =
      Map.ofEntries(
          Map.entry("append", "lists are added: `items = items + [\"x\"]`"),
          Map.entry("push", "lists are added: `items = items + [\"x\"]`"),
          Map.entry("add", "lists are added: `items = items + [\"x\"]`"),
          Map.entry("extend", "lists are added: `items = items + more`"),
          Map.entry("concat", "lists are added: `items = items + more`"),
          Map.entry("map", "a list is made of another so: `[f(x) for x in list]`"),
          Map.entry("forEach", "it is written `for x in list { … }`"),
          Map.entry("filter", "a list is made of another so: `[x for x in list if …]`"),
          Map.entry("find", "a list is made of another so: `[x for x in list if …]`"),
          Map.entry("any", "it is written `[x for x in list if …].len > 0`"),
          Map.entry("all", "it is written `[x for x in list if not …].len == 0`"),
          Map.entry("range", "the numbers from 1 to 3 are `1..3`"),
          Map.entry("format", "values stand in the text: `\"{x}\"`"),
          Map.entry("enumerate", "count with `for i in 0..list.len - 1 { let x = list[i] … }`"),
          Map.entry("str", "a value as text is `text(x)`"),
          Map.entry("String", "a value as text is `text(x)`"),
          Map.entry("Number", "a text as a number is `float(x)`"),
          Map.entry("isinstance", "types are told apart by `match x { int -> … }`"),
          Map.entry("type", "types are told apart by `match x { int -> … }`"),
          Map.entry(
              "input", "what a program is given are its parameters: `program main(name: string)`"),
          Map.entry("get", "a field is read by `r.name` or `r[name]`"));

  /// Words that begin statements of other languages, and how the same is written here.
  private static final Map<String, String> STATEMENTS =
      Map.ofEntries(
          Map.entry("assert", "it is written `check CONDITION`"),
          Map.entry("expect", "it is written `check CONDITION`"),
          Map.entry("require", "it is written `check CONDITION`"),
          Map.entry("ensure", "it is written `check CONDITION`"),
          Map.entry("where", "what a value must be is its type: `gen x: string<..20>`"),
          Map.entry("throw", "it is written `fail \"…\"`"),
          Map.entry("raise", "it is written `fail \"…\"`"),
          Map.entry("throws", "a test expects a failure so: `check VALUE fails`"),
          Map.entry("raises", "a test expects a failure so: `check VALUE fails`"),
          Map.entry("await", "leave it out: a value is waited for where it is read"),
          Map.entry("yield", "values are returned together: `return list`"),
          Map.entry(
              "given",
              "it is written `given tool NAME -> VALUE`, or `given model [\"…\"]`, in a test"),
          Map.entry("new", "a record is written `{a: 1}`"),
          Map.entry("is", "it is written `x == none`"),
          Map.entry("role", "a message is written `user \"…\"`, or `user { … }`"),
          Map.entry("prompt", "a message is written `user \"…\"`, or `user { … }`"),
          Map.entry("unless", "it is written `if not … { … }`"),
          Map.entry("until", "it is written `while not … { … }`"),
          Map.entry("do", "it is written `while CONDITION { … }`"),
          Map.entry("pass", "a block may be empty: `{ }`"),
          Map.entry("def", "a function is written `fn NAME(…) { … }`, outside of others"));

  /// Options that other libraries have, and how the same is written here.
  private static final Map<String, String> OPTIONS =
      Map.ofEntries(
          Map.entry("regex", "what a value must be is its type: `gen x: r\"[0-9]+\"`"),
          Map.entry("pattern", "what a value must be is its type: `gen x: r\"[0-9]+\"`"),
          Map.entry(
              "choices", "it is written `gen x: \"a\" | \"b\"`, or `select x from [\"a\", \"b\"]`"),
          Map.entry(
              "options", "it is written `gen x: \"a\" | \"b\"`, or `select x from [\"a\", \"b\"]`"),
          Map.entry(
              "enum", "it is written `gen x: \"a\" | \"b\"`, or `select x from [\"a\", \"b\"]`"),
          Map.entry("schema", "what a value must be is its type: `gen x: schema \"file.json\"`"),
          Map.entry(
              "json_schema", "what a value must be is its type: `gen x: schema \"file.json\"`"),
          Map.entry(
              "response_format", "what a value must be is its type: `gen x: schema \"file.json\"`"),
          Map.entry("grammar", "what a value must be is its type: `gen x: grammar \"file.gbnf\"`"),
          Map.entry("tools", "what the model may call is its type: `gen x: call<search>`"),
          Map.entry("type", "the type stands after the name: `gen x: int`"),
          Map.entry("dtype", "the type stands after the name: `gen x: int`"),
          Map.entry("name", "the name stands first: `gen NAME`"),
          Map.entry("model", "the model is chosen for the run: `sglc run FILE --model NAME`"),
          Map.entry("stream", "what is said is shown by `sglc run FILE --stream`"));

  /// How many names are looked at, so that a text of many unknown names takes no time that grows
  /// with their square.
  public static final int MOST = 300;

  /// The length of the longest word that is compared: a distance takes the square of it.
  private static final int LONGEST = 200;

  private Nearest() {}

  /// How something is written here that other languages have a function for.
  public static Optional<String> function(String name) {
    return Optional.ofNullable(FUNCTIONS.get(name));
  }

  /// How something is written here that a statement of another language begins with.
  public static Optional<String> statement(String word) {
    return Optional.ofNullable(STATEMENTS.get(word));
  }

  /// How something is written here that is an option of another library.
  public static Optional<String> option(String name) {
    return Optional.ofNullable(OPTIONS.get(name));
  }

  /// The name that was probably meant by `word`: the word that SGL has for a word of another
  /// language, or the closest of `names`, if at most a third of `word` would have to change.
  @SafeVarargs
  public static Optional<String> to(String word, Collection<String>... names) {
    List<String> all = new ArrayList<>();
    for (Collection<String> some : names) {
      some.stream().limit(MOST - all.size()).forEach(all::add);
    }
    return Optional.ofNullable(FOREIGN.get(word))
        .or(() -> Optional.ofNullable(OTHERS.get(word)).filter(all::contains))
        .or(() -> among(word, all));
  }

  /// The closest of `names` alone.
  public static Optional<String> among(String word, Collection<String> names) {
    int most = Math.max(1, word.length() / 3);
    return names.stream()
        .limit(word.length() <= LONGEST ? MOST : 0)
        .filter(name -> !name.equals(word) && Math.abs(name.length() - word.length()) <= most)
        .filter(name -> distance(word, name) <= most)
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
