package dev.sgl.constraint.gbnf;

import java.util.Map;

/// Terminals that grammars of Lark import, as regular expressions.
///
/// Reference: Lark, `lark/grammars/common.lark`.
final class LarkTerminals {
  private static final String INT = "[0-9]+";
  private static final String SIGN = "[+-]?";
  private static final String DECIMAL = "(?:[0-9]+\\.[0-9]*|\\.[0-9]+)";
  private static final String EXPONENT = "[eE][+-]?[0-9]+";
  private static final String FLOAT =
      "(?:[0-9]+" + EXPONENT + "|" + DECIMAL + "(?:" + EXPONENT + ")?)";

  /// The terminals of the module `common`.
  static final Map<String, String> COMMON =
      Map.ofEntries(
          Map.entry("DIGIT", "[0-9]"),
          Map.entry("HEXDIGIT", "[a-fA-F0-9]"),
          Map.entry("INT", INT),
          Map.entry("SIGNED_INT", SIGN + INT),
          Map.entry("DECIMAL", DECIMAL),
          Map.entry("FLOAT", FLOAT),
          Map.entry("SIGNED_FLOAT", SIGN + FLOAT),
          Map.entry("NUMBER", "(?:" + FLOAT + "|" + INT + ")"),
          Map.entry("SIGNED_NUMBER", SIGN + "(?:" + FLOAT + "|" + INT + ")"),
          Map.entry("ESCAPED_STRING", "\"(?:[^\"\\\\\\n]|\\\\[^\\n])*\""),
          Map.entry("LCASE_LETTER", "[a-z]"),
          Map.entry("UCASE_LETTER", "[A-Z]"),
          Map.entry("LETTER", "[a-zA-Z]"),
          Map.entry("WORD", "[a-zA-Z]+"),
          Map.entry("CNAME", "[_a-zA-Z][_a-zA-Z0-9]*"),
          Map.entry("WS_INLINE", "[ \\t]+"),
          Map.entry("WS", "[ \\t\\f\\r\\n]+"),
          Map.entry("CR", "\\r"),
          Map.entry("LF", "\\n"),
          Map.entry("NEWLINE", "(?:\\r?\\n)+"),
          Map.entry("SH_COMMENT", "#[^\\n]*"),
          Map.entry("CPP_COMMENT", "//[^\\n]*"),
          Map.entry("C_COMMENT", "/\\*(?:[^*]|\\*+[^*/])*\\*+/"),
          Map.entry("SQL_COMMENT", "--[^\\n]*"));

  private LarkTerminals() {}
}
