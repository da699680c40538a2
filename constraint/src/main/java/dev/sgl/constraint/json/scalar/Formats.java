package dev.sgl.constraint.json.scalar;

import dev.sgl.constraint.regex.RegexParser;
import dev.sgl.constraint.regex.Term;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The formats of strings that JSON Schema defines, as regular languages.
public final class Formats {
  private static final String DATE =
      "(?:\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)"
          + "|02-(?:0[1-9]|1\\d|2[0-8]))"
          + "|(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";
  private static final String OFFSET = "(?:[Zz]|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";
  private static final String TIME = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?" + OFFSET;

  private static final String LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
  private static final String HOST = LABEL + "(?:\\." + LABEL + ")*";

  /// A label in which no `--` stands at the third place: what such a label encodes is not regular.
  private static final String PLAIN_LABEL =
      "[a-zA-Z0-9](?:[a-zA-Z0-9]|[a-zA-Z0-9-](?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,59}[a-zA-Z0-9])?"
          + "|-[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,58}[a-zA-Z0-9])?))?";
  private static final String PLAIN_HOST = PLAIN_LABEL + "(?:\\." + PLAIN_LABEL + ")*";

  private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final String IPV4 = OCTET + "(?:\\." + OCTET + "){3}";
  private static final String IPV6 = ipv6();

  private static final String ATOM = "[a-zA-Z0-9!#$%\\x26'*+/=?^_`\\{|\\}~-]+";
  private static final String QUOTED = "\"(?:[ !#-\\x5b\\x5d-~]|\\\\[ -~])*\"";
  private static final String MAIL_HOST =
      "(?:" + HOST + "|\\[(?:" + IPV4 + "|IPv6:" + IPV6 + ")\\])";
  private static final String EMAIL =
      "(?:" + ATOM + "(?:\\." + ATOM + ")*|" + QUOTED + ")@" + MAIL_HOST;

  private static final String PRIVATE =
      "\\ue000-\\uf8ff\\x{f0000}-\\x{ffffd}\\x{100000}-\\x{10fffd}";
  private static final String INTERNATIONAL =
      "\\u00a0-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\uffef\\x{10000}-\\x{1fffd}\\x{20000}-\\x{2fffd}"
          + "\\x{30000}-\\x{3fffd}\\x{40000}-\\x{4fffd}\\x{50000}-\\x{5fffd}\\x{60000}-\\x{6fffd}"
          + "\\x{70000}-\\x{7fffd}\\x{80000}-\\x{8fffd}\\x{90000}-\\x{9fffd}\\x{a0000}-\\x{afffd}"
          + "\\x{b0000}-\\x{bfffd}\\x{c0000}-\\x{cfffd}\\x{d0000}-\\x{dfffd}\\x{e1000}-\\x{efffd}";

  /// What each name means.
  private static final Map<String, String> PATTERNS =
      Map.ofEntries(
          Map.entry("date", DATE),
          Map.entry("duration", duration()),
          Map.entry("email", EMAIL),
          Map.entry("idn-email", idnEmail()),
          Map.entry("ipv4", IPV4),
          Map.entry("ip-address", IPV4),
          Map.entry("ipv6", IPV6),
          Map.entry("uuid", "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
          Map.entry("uri", uri("", true)),
          Map.entry("uri-reference", uri("", false)),
          Map.entry("iri", uri(INTERNATIONAL, true)),
          Map.entry("iri-reference", uri(INTERNATIONAL, false)),
          Map.entry("uri-template", template()),
          Map.entry("json-pointer", "(?s)(?:/(?:[^/~]|~[01])*)*"),
          Map.entry("relative-json-pointer", "(?s)(?:0|[1-9]\\d*)(?:#|(?:/(?:[^/~]|~[01])*)*)"),
          Map.entry("regex", regularExpression(3)));

  /// Texts that do not begin with the year 0000.
  private static final String SOME_YEAR = "(?s)(?:[1-9].{3}|.[1-9].{2}|.{2}[1-9].|.{3}[1-9]).*";

  private final Texts texts;
  private final boolean usual;
  private final Map<String, Term> known = new HashMap<>();

  /// The formats as sets of `texts`.
  ///
  /// @param usual whether dates and times are only those that most programs read
  public Formats(Texts texts, boolean usual) {
    this.texts = texts;
    this.usual = usual;
  }

  /// The strings of the format `name`; empty if it is not defined, so that it asks nothing.
  ///
  /// @param international whether `hostname` means the names of RFC 5890, as from draft 7 on
  public Optional<Term> find(String name, boolean international) {
    Term term = known.get(name);
    if (term == null) {
      Optional<Term> made = make(name, international);
      made.ifPresent(t -> known.put(name, t));
      return made;
    }
    return Optional.of(term);
  }

  private Optional<Term> make(String name, boolean international) {
    return isNarrowedDate(name) ? Optional.of(usualDate(name)) : whole(name, international);
  }

  private Term usualDate(String name) {
    return switch (name) {
      case "time" -> matching(TIME);
      case "date" -> texts.both(matching(DATE), matching(SOME_YEAR));
      default -> texts.both(matching(DATE + "[Tt]" + TIME), matching(SOME_YEAR));
    };
  }

  private Optional<Term> whole(String name, boolean international) {
    return switch (name) {
      case "time" -> Optional.of(texts.either(matching(TIME), texts.run(new LeapSecond())));
      case "date-time" -> {
        Term leap = texts.after(DATE + "[Tt]", texts.run(new LeapSecond()));
        yield Optional.of(texts.either(matching(DATE + "[Tt]" + TIME), leap));
      }
      case "hostname", "host-name" -> Optional.of(host(international ? PLAIN_HOST : HOST));
      case "idn-hostname" -> Optional.of(host(PLAIN_HOST));
      default -> Optional.ofNullable(PATTERNS.get(name)).map(this::matching);
    };
  }

  /// Whether only a part of the strings of the format `name` is allowed, since all of them are no
  /// regular language. Then those that are not allowed need not be wrong.
  public static boolean isNarrowed(String name, boolean international) {
    return switch (name) {
      case "regex", "idn-hostname" -> true;
      case "hostname", "host-name" -> international;
      default -> false;
    };
  }

  /// Whether the format `name` is one of dates or times without those that are not usual.
  public boolean isNarrowedDate(String name) {
    return usual
        && switch (name) {
          case "date", "time", "date-time" -> true;
          default -> false;
        };
  }

  private Term matching(String pattern) {
    return texts.matching(RegexParser.parse(pattern, RegexParser.Dialect.ASCII));
  }

  /// RFC 4648, section 4.
  public Term base64() {
    return matching("(?:[a-zA-Z0-9+/]{4})*(?:[a-zA-Z0-9+/]{2}==|[a-zA-Z0-9+/]{3}=)?");
  }

  /// At most 253 characters (RFC 1123, section 2.1). From draft 7 on the names of RFC 5890 are
  /// meant, where what follows `xn--` must decode to letters that may stand together: they are left
  /// out.
  private Term host(String pattern) {
    return texts.both(matching(pattern), texts.length(1, 253));
  }

  /// Regular expressions that ECMA-262 (with and without its flag `u`) and Python read: groups are
  /// nested up to `depth`, ranges and counts are of some kinds only.
  private static String regularExpression(int depth) {
    String escape =
        "\\\\(?:[dDwWsStnrfv^$.*+?()|/\\[\\]\\{\\}\\\\]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})";
    String plain = "[^\\^$.|?*+()\\[\\]\\{\\}\\\\\\x00-\\x1f]";
    String inClass = "(?:a-z|A-Z|0-9|a-f|A-F|[^\\^\\[\\]\\\\\\x00-\\x1f\\x26~-]|" + escape + ")";
    String list = "\\[\\^?" + inClass + "+-?\\]";
    String inner = depth == 0 ? "" : regularExpression(depth - 1);
    String group = depth == 0 ? "" : "|\\((?:\\?:)?" + inner + "\\)";
    String look = depth == 0 ? "" : "|\\(\\?[=!]" + inner + "\\)"; // which has no count
    String count = "(?:[*+?]|\\{(?:\\d{1,3},?|[01],[1-9]\\d{0,2})\\})\\??";
    String atom = "(?:(?:" + plain + "|\\.|" + escape + "|" + list + group + ")(?:" + count + ")?)";
    return "(?:" + atom + look + "|[\\^$|]|\\\\[bB])*";
  }

  /// RFC 4291, section 2.2.
  private static String ipv6() {
    String group = "[0-9a-fA-F]{1,4}";
    String last = "(?:" + group + ":" + group + "|" + IPV4 + ")";
    StringBuilder ways = new StringBuilder("(?:(?:" + group + ":){6}" + last);
    for (int after = 5; after >= 0; after--) { // groups behind the gap, before the last two
      String before =
          after == 5 ? "" : "(?:(?:" + group + ":){0," + (4 - after) + "}" + group + ")?";
      ways.append("|").append(before).append("::(?:").append(group).append(":){").append(after);
      ways.append("}").append(last);
    }
    ways.append("|(?:(?:" + group + ":){0,5}" + group + ")?::" + group);
    ways.append("|(?:(?:" + group + ":){0,6}" + group + ")?::)");
    return ways.toString();
  }

  /// RFC 3339, appendix A.
  private static String duration() {
    String time = "T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S)";
    String date = "(?:\\d+D|\\d+M(?:\\d+D)?|\\d+Y(?:\\d+M(?:\\d+D)?)?)";
    return "P(?:" + date + "(?:" + time + ")?|" + time + "|\\d+W)";
  }

  /// RFC 3986, appendix A; with `more` characters, RFC 3987.
  private static String uri(String more, boolean absolute) {
    String escape = "%[0-9a-fA-F]{2}";
    String plain = "a-zA-Z0-9._~!$\\x26'()*+,;=" + more;
    String segment = "(?:[" + plain + ":@-]|" + escape + ")";
    String authority =
        "(?:(?:["
            + plain
            + ":-]|"
            + escape
            + ")*@)?"
            + "(?:\\[(?:"
            + IPV6
            + "|[vV][0-9a-fA-F]+\\.[a-zA-Z0-9._~!$\\x26'()*+,;=:-]+)\\]"
            + "|(?:["
            + plain
            + "-]|"
            + escape
            + ")*)(?::\\d*)?";
    String segments = "(?:/" + segment + "*)*";
    String rooted = "/(?:" + segment + "+" + segments + ")?";
    String rest = "(?://" + authority + segments + "|" + rooted + "|";
    String privately = more.isEmpty() ? "" : PRIVATE;
    String end =
        "(?:\\?(?:["
            + plain
            + privately
            + ":@/?-]|"
            + escape
            + ")*)?"
            + "(?:#(?:["
            + plain
            + ":@/?-]|"
            + escape
            + ")*)?";
    String whole = "[a-zA-Z][a-zA-Z0-9+.-]*:" + rest + segment + "+" + segments + ")?" + end;
    String first = "(?:[" + plain + "@-]|" + escape + ")+"; // without a colon
    return absolute ? whole : "(?:" + whole + "|" + rest + first + segments + ")?" + end + ")";
  }

  /// RFC 6531, section 3.3: any character beyond ASCII, also in the host.
  private static String idnEmail() {
    String more = "\\x{80}-\\x{10ffff}";
    return EMAIL.replace("a-zA-Z0-9", "a-zA-Z0-9" + more).replace(" !#-", more + " !#-");
  }

  /// RFC 6570, section 2, with its erratum 6937.
  private static String template() {
    String name = "(?:[a-zA-Z0-9_]|%[0-9a-fA-F]{2})";
    String variable = name + "(?:\\.?" + name + ")*(?::[1-9]\\d{0,3}|\\*)?";
    String expression = "\\{[+#./;?\\x26=,!@|]?" + variable + "(?:," + variable + ")*\\}";
    return "(?:[!#$\\x26-;=?-\\[\\]_a-z~"
        + INTERNATIONAL
        + PRIVATE
        + "]|%[0-9a-fA-F]{2}|"
        + expression
        + ")*";
  }
}
