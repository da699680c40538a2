package dev.sgl.analysis;

import dev.sgl.check.Options;
import dev.sgl.compiler.Keywords;
import dev.sgl.program.Functions;
import dev.sgl.program.Tool.NamedModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A text that could be typed at a place.
///
/// @param detail a few words on the text, such as the type of a variable
public record Completion(String text, Kind kind, String detail, String documentation) {
  /// What the text names.
  public enum Kind {
    KEYWORD,
    FUNCTION,
    TYPE,
    MODULE,
    VARIABLE,
    PROPERTY,
    OPTION
  }

  private static final Pattern FIELD = Pattern.compile("[{,] *([\\p{L}_][\\p{L}\\p{N}_]*)\\??: ");

  /// Characters before the place that the completion depends on, at most.
  private static final int LINE = 1_000;

  /// @param place in code points, as spans have them
  static List<Completion> at(Analysis analysis, int place) {
    String text = analysis.text();
    String before =
        withoutLast(text.substring(0, text.offsetByCodePoints(0, place)), Completion::isOfWord);
    String line = before.substring(Math.max(before.lastIndexOf('\n') + 1, before.length() - LINE));
    if (before.endsWith(".") && !before.endsWith("..")) {
      return members(analysis, before.codePointCount(0, before.length()) - 1);
    }
    if (line.matches("(.*[{ ])?given +")) {
      return words(Set.of("model", "tool"), Kind.KEYWORD, "");
    }
    if (line.matches("(.*[{ ])?given +tool +")) {
      List<Completion> tools = new ArrayList<>(symbols(analysis, place, Set.of(Symbol.Kind.TOOL)));
      analysis.symbols().stream()
          .filter(symbol -> symbol.kind() == Symbol.Kind.MODEL)
          .forEach(model -> ofModel(model.name() + ".").forEach(tools::add));
      return tools;
    }
    if (line.matches(".*\\b(gen|think|with)\\b[^(]*\\(([^()]*, *)?")) {
      return words(Options.names(), Kind.OPTION, "an option");
    }
    if (isBeforeType(line)) {
      List<Completion> types = words(Keywords.TYPES, Kind.TYPE, "a type");
      types.addAll(symbols(analysis, place, Set.of(Symbol.Kind.TYPE)));
      return types;
    }
    return depth(before) == 0
        ? words(Keywords.DEFINITIONS, Kind.KEYWORD, "")
        : statements(analysis, place);
  }

  private static boolean isBeforeType(String line) {
    return line.matches(".*(: *|-> *|= *[^\"]*\\| *|<)") && !line.matches(".*\\([^)]*\\w+: *")
        || line.matches(" *type \\w+ = *")
        || line.matches(".*\\bgen \\w+: *");
  }

  /// All that may begin a statement, or be in one.
  private static List<Completion> statements(Analysis analysis, int place) {
    List<Completion> all = words(Keywords.STATEMENTS, Kind.KEYWORD, "");
    if (isInTest(analysis, place)) {
      all.addAll(words(Set.of("given", "fails"), Kind.KEYWORD, ""));
    }
    all.addAll(symbols(analysis, place, EnumSet.complementOf(EnumSet.of(Symbol.Kind.TEST))));
    all.addAll(functions());
    return all;
  }

  private static boolean isInTest(Analysis analysis, int place) {
    return analysis.symbols().stream()
        .filter(symbol -> symbol.place().file().equals(analysis.file()))
        .filter(symbol -> symbol.kind().isRoutine() || symbol.kind() == Symbol.Kind.TEST)
        .filter(symbol -> symbol.whole().start() < place)
        .max(Comparator.comparingInt(symbol -> symbol.whole().start()))
        .filter(symbol -> symbol.kind() == Symbol.Kind.TEST)
        .isPresent();
  }

  private static int depth(String text) {
    int depth = 0;
    for (char c : text.toCharArray()) {
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    }
    return depth;
  }

  private static List<Completion> words(Set<String> words, Kind kind, String detail) {
    List<Completion> all = new ArrayList<>();
    new TreeSet<>(words).forEach(word -> all.add(new Completion(word, kind, detail, "")));
    return all;
  }

  /// The functions of a model.
  ///
  /// @param before their names in the completion
  private static List<Completion> ofModel(String before) {
    return Stream.of(NamedModel.Function.values())
        .map(f -> new Completion(before + f.word(), Kind.FUNCTION, f.documentation(), ""))
        .toList();
  }

  private static List<Completion> functions() {
    return new TreeSet<>(Functions.names())
        .stream().map(f -> new Completion(f, Kind.FUNCTION, signature(f), "")).toList();
  }

  /// A standard function with its number of arguments and the type of its value.
  private static String signature(String function) {
    return Functions.signature(function)
        .map(
            s ->
                function
                    + (s.least() == s.most()
                        ? " (" + s.least() + " arguments)"
                        : " (" + s.least() + " to " + s.most() + " arguments)")
                    + " -> "
                    + s.returns().show())
        .orElse(function);
  }

  /// Fields of the value before a dot, routines of a module, and functions of one value.
  private static List<Completion> members(Analysis analysis, int dot) {
    List<Completion> all = new ArrayList<>();
    analysis
        .at(dot)
        .ifPresent(
            occurrence -> {
              if (occurrence.symbol().kind() == Symbol.Kind.MODEL) {
                all.addAll(ofModel(""));
              } else if (occurrence.symbol().kind() == Symbol.Kind.MODULE) {
                String prefix = occurrence.symbol().name() + ".";
                analysis.symbols().stream()
                    .filter(s -> s.name().startsWith(prefix))
                    .map(s -> of(s, s.name().substring(prefix.length())))
                    .forEach(all::add);
              } else {
                Matcher fields = FIELD.matcher(occurrence.shown());
                while (fields.find()) {
                  all.add(new Completion(fields.group(1), Kind.PROPERTY, "a field", ""));
                }
              }
            });
    all.addAll(functions());
    return all;
  }

  /// The symbols of some kinds that are known at a place, those of inner blocks before others of
  /// their name.
  private static List<Completion> symbols(Analysis analysis, int offset, Set<Symbol.Kind> kinds) {
    Map<String, Completion> found = new LinkedHashMap<>();
    for (Symbol symbol : analysis.symbols()) {
      boolean isLocal =
          symbol.kind() == Symbol.Kind.VARIABLE || symbol.kind() == Symbol.Kind.PARAMETER;
      boolean isKnown =
          !isLocal || symbol.place().end() < offset && isInRoutine(analysis, symbol, offset);
      if (kinds.contains(symbol.kind()) && isKnown && !symbol.name().contains(".")) {
        found.put(symbol.name(), of(symbol, symbol.name()));
      }
    }
    return List.copyOf(found.values());
  }

  /// Whether the routine in which a variable is bound is the one at `offset`.
  private static boolean isInRoutine(Analysis analysis, Symbol variable, int offset) {
    return analysis.symbols().stream()
        .filter(s -> s.kind().isRoutine() || s.kind() == Symbol.Kind.TEST)
        .noneMatch(
            s ->
                s.place().file().equals(variable.place().file())
                    && variable.place().start() < s.whole().start()
                    && s.whole().start() < offset);
  }

  private static Completion of(Symbol symbol, String text) {
    Kind kind =
        switch (symbol.kind()) {
          case PROGRAM, FRAGMENT, FN, TOOL, TEST -> Kind.FUNCTION;
          case TYPE -> Kind.TYPE;
          case MODULE, MODEL -> Kind.MODULE;
          case PARAMETER, VARIABLE -> Kind.VARIABLE;
        };
    return new Completion(text, kind, symbol.shown(), symbol.documentation());
  }

  /// The text without its last characters of a kind.
  static String withoutLast(String text, IntPredicate kind) {
    int end = text.length();
    while (end > 0 && kind.test(text.codePointBefore(end))) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(0, end);
  }

  /// Whether a name may have a character, as the lexer has it: `[\p{L}\p{N}_]`.
  static boolean isOfWord(int c) {
    return switch (Character.getType(c)) {
      case Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
      default -> Character.isLetterOrDigit(c) || c == '_';
    };
  }
}
