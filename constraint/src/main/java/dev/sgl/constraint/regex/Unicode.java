package dev.sgl.constraint.regex;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/// Named sets of characters, as the Java platform's Unicode tables have them.
final class Unicode {
  static final CodePoints DIGIT = CodePoints.range('0', '9');
  static final CodePoints WORD =
      DIGIT
          .or(CodePoints.range('a', 'z'))
          .or(CodePoints.range('A', 'Z'))
          .or(CodePoints.range('_', '_'));
  static final CodePoints SPACE = CodePoints.of(" \t\n\r\f\u000b");

  /// White space and line ends of ECMA-262, sections 12.2 and 12.3.
  static final CodePoints ECMA_SPACE =
      SPACE
          .or(CodePoints.of("\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"))
          .or(CodePoints.range(0x2000, 0x200a));

  private static final Map<String, Optional<CodePoints>> NAMED = new ConcurrentHashMap<>();
  private static final Map<String, CodePoints> POSIX =
      Map.ofEntries(
          Map.entry("alnum", WORD.minus(CodePoints.of("_"))),
          Map.entry("alpha", WORD.minus(DIGIT).minus(CodePoints.of("_"))),
          Map.entry("ascii", CodePoints.range(0, 0x7f)),
          Map.entry("blank", CodePoints.of(" \t")),
          Map.entry("cntrl", CodePoints.range(0, 0x1f).or(CodePoints.range(0x7f, 0x7f))),
          Map.entry("digit", DIGIT),
          Map.entry("graph", CodePoints.range('!', '~')),
          Map.entry("lower", CodePoints.range('a', 'z')),
          Map.entry("print", CodePoints.range(' ', '~')),
          Map.entry("punct", CodePoints.range('!', '~').minus(WORD).or(CodePoints.of("_"))),
          Map.entry("space", SPACE),
          Map.entry("upper", CodePoints.range('A', 'Z')),
          Map.entry("word", WORD),
          Map.entry("xdigit", DIGIT.or(CodePoints.range('a', 'f')).or(CodePoints.range('A', 'F'))));

  private static final Map<String, String> CATEGORIES =
      Pattern.compile("\\s+")
          .splitAsStream(
              """
              letter=L casedletter=LC uppercaseletter=Lu lowercaseletter=Ll titlecaseletter=Lt
              modifierletter=Lm otherletter=Lo mark=M nonspacingmark=Mn spacingmark=Mc
              enclosingmark=Me number=N decimalnumber=Nd digit=Nd letternumber=Nl othernumber=No
              punctuation=P punct=P connectorpunctuation=Pc dashpunctuation=Pd openpunctuation=Ps
              closepunctuation=Pe initialpunctuation=Pi finalpunctuation=Pf otherpunctuation=Po
              symbol=S mathsymbol=Sm currencysymbol=Sc modifiersymbol=Sk othersymbol=So
              separator=Z spaceseparator=Zs lineseparator=Zl paragraphseparator=Zp other=C
              control=Cc cntrl=Cc format=Cf surrogate=Cs privateuse=Co unassigned=Cn""")
          .map(entry -> entry.split("=", 2))
          .collect(Collectors.toUnmodifiableMap(entry -> entry[0], entry -> entry[1]));

  private Unicode() {}

  /// The set that `\d` means in Unicode mode; likewise the next two (UTS #18, annex C).
  static CodePoints digits() {
    return property("Nd").orElseThrow();
  }

  static CodePoints spaces() {
    return property("White_Space").orElseThrow();
  }

  static CodePoints words() {
    return cached(
            "\\w",
            () ->
                Optional.of(
                    CodePoints.where(
                        matching("[\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d]"))))
        .orElseThrow();
  }

  static Optional<CodePoints> posix(String name) {
    return Optional.ofNullable(POSIX.get(name));
  }

  /// The characters with a property, as written between the braces of `\p{…}`: a general
  /// category, a script or a binary property, with or without its kind (`gc=Lu`, `Script=Greek`).
  static Optional<CodePoints> property(String name) {
    return cached(name, () -> find(name));
  }

  private static Optional<CodePoints> find(String name) {
    if (name.equals("Any")) {
      return Optional.of(CodePoints.ALL);
    }
    if (name.equals("Assigned")) {
      return Optional.of(CodePoints.where(Character::isDefined));
    }
    String[] parts = name.split("[=:]", 2);
    String value = parts[parts.length - 1].replace(' ', '_');
    String kind = parts.length == 2 ? parts[0].toLowerCase(Locale.ROOT) : "";
    for (String form :
        switch (kind) {
          case "gc", "general_category" -> new String[] {"gc=" + category(value)};
          case "sc", "script", "scx", "script_extensions" ->
              new String[] {"IsScript=" + value, "script=" + value};
          case "" -> new String[] {"gc=" + category(value), "script=" + value, "Is" + value};
          default -> new String[0];
        }) {
      try {
        return Optional.of(CodePoints.where(matching("\\p{" + form + "}")));
      } catch (PatternSyntaxException e) {
        continue; // the next may be known
      }
    }
    return Optional.empty();
  }

  /// The short name of a general category that may be written out.
  private static String category(String name) {
    return CATEGORIES.getOrDefault(name.toLowerCase(Locale.ROOT).replace("_", ""), name);
  }

  private static IntPredicate matching(String regex) {
    var matcher = Pattern.compile(regex).matcher("");
    int[] one = new int[1];
    return c -> {
      one[0] = c;
      return matcher.reset(new String(one, 0, 1)).matches();
    };
  }

  private static Optional<CodePoints> cached(String name, Supplier<Optional<CodePoints>> maker) {
    Optional<CodePoints> known = NAMED.get(name);
    if (known == null) {
      known = maker.get();
      if (NAMED.size() < 500) {
        NAMED.put(name, known);
      }
    }
    return known;
  }

  /// `set` and every character that differs from one of its members in case only (simple folding).
  static CodePoints foldCase(CodePoints set) {
    CodePoints.Builder builder = new CodePoints.Builder().addAll(set);
    for (int[] group : Folding.GROUPS) {
      if (Arrays.stream(group).anyMatch(set::contains)) {
        Arrays.stream(group).forEach(c -> builder.add(c, c));
      }
    }
    return builder.build();
  }

  /// The characters that are the same but for their case, group by group; made when first needed.
  private static final class Folding {
    static final int[][] GROUPS = groups();

    private static int[][] groups() {
      var byFold = new TreeMap<Integer, int[]>();
      for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
        int fold = fold(c);
        if (fold != c || Character.toUpperCase(c) != c) {
          byFold.merge(fold, new int[] {c}, Folding::append);
        }
      }
      byFold.replaceAll(
          (fold, group) -> contains(group, fold) ? group : append(group, new int[] {fold}));
      return byFold.values().stream().filter(g -> g.length > 1).toArray(int[][]::new);
    }

    /// The dotted and dotless i fold to nothing else, as in Unicode's simple folding.
    private static int fold(int c) {
      return c == 0x130 || c == 0x131 ? c : Character.toLowerCase(Character.toUpperCase(c));
    }

    private static boolean contains(int[] group, int c) {
      return Arrays.stream(group).anyMatch(m -> m == c);
    }

    private static int[] append(int[] group, int[] more) {
      int[] all = Arrays.copyOf(group, group.length + more.length);
      System.arraycopy(more, 0, all, group.length, more.length);
      return all;
    }
  }
}
