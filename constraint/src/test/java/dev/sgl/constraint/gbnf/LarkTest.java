package dev.sgl.constraint.gbnf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.match.CompiledConstraint;
import dev.sgl.constraint.match.ConstraintCompiler;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Grammars in Lark's notation. They allow the texts that Lark's Earley parser reads.
class LarkTest {
  private static void check(String grammar, List<String> good, List<String> bad) {
    CompiledConstraint constraint =
        new ConstraintCompiler().compile(new Constraint.Grammar(grammar));
    good.forEach(text -> assertTrue(constraint.matches(text), text));
    bad.forEach(text -> assertEquals(false, constraint.matches(text), text));
  }

  @Test
  void aChoice() {
    check("start: \"yes\" | \"no\"", List.of("yes", "no"), List.of("", "yesno", "y"));
  }

  @Test
  void sumsWithBlanksThatAreIgnored() {
    check(
        """
        ?start: sum
        ?sum: product | sum "+" product -> add | sum "-" product
        ?product: atom | product "*" atom
        atom: NUMBER | "-" atom | "(" sum ")"
        %import common.NUMBER
        %import common.WS_INLINE
        %ignore WS_INLINE
        """,
        List.of("1 + 2", "(1-2)*3 ", "1.5e3", "--1", " 1 +\t2"),
        List.of("", "1+", "1 2", "(1", "1 .5.", "1\n"));
  }

  @Test
  void json() {
    check(
        """
        start: value
        ?value: object | array | STRING | SIGNED_NUMBER -> number | "true" | "false" | "null"
        array: "[" [value ("," value)*] "]"
        object: "{" [pair ("," pair)*] "}"
        pair: STRING ":" value
        STRING: ESCAPED_STRING
        %import common (ESCAPED_STRING, SIGNED_NUMBER, WS)
        %ignore WS
        """,
        List.of("[1, \"a\"]", "{\"a\":\n true}", "[]", "{ }", "[null,[2]]", "-1.5e3"),
        List.of("[1,]", "{a:1}", "tru e", "[1 2]"));
  }

  @Test
  void countsRangesCasesAndComments() {
    check(
        """
        start: item~2..3 END?   // a comment
        item: ("a".."c")+ | "X"i
        END: /\\d{2}[xy]?/
        """,
        List.of("aX12", "ab", "abcabc99x", "xx", "xXx"), List.of("a", "aX1", "d", "XXXX"));
  }

  @Test
  void prioritiesNamesThatArePrivateAndChoicesOnLines() {
    check(
        """
        start.2: root "-" root
            | "z"
        root: _w [CNAME]
        _w: "w"~2
        %import common.CNAME
        """,
        List.of("z", "ww-ww", "wwab1-ww_"), List.of("ww", "ww -ww", "w-w"));
  }

  @Test
  void regularExpressionsWithSlashesAndFlags() {
    check(
        "start: /a\\/b/ /.+/s \"!\"",
        List.of("a/bc!", "a/b\n!", "a/b!!"),
        List.of("ab!", "a/b!", "a/b\n"));
  }

  @Test
  void escapesAndCommentsOfBothKinds() {
    check(
        """
        # a comment
        start: "a\\sb" | "\\x41\\u00e4" | "\\n\\"" // another
        """,
        List.of("a\\sb", "Aä", "\n\""),
        List.of("a b", "asb", "x41"));
  }

  @Test
  void longTextsAndGapsTakeNoStack() {
    String text = "ab\\n".repeat(2_000);
    check(
        "start: \"" + text + "\"" + " ".repeat(5_000) + "\"c\"",
        List.of(text.replace("\\n", "\n") + "c"),
        List.of("c"));
  }

  @Test
  void otherGrammarsAreStillGbnf() {
    check("root ::= \"start: \" [a-z]+", List.of("start: a"), List.of("a"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "'a: \"x\"' | the rule `start` is missing",
        "'start: b' | the rule `b`",
        "'start: \"x' | the closing quote is missing",
        "'start: (\"x\"' | `)` is missing",
        "'start: /^x/' | not supported in a grammar",
        "'start: /x/l' | the flags `l` are not supported",
        "'start: \"b\"..\"a\"' | from one character to a later one",
        "'start: \"a\"~3..2' | the lower bound is above",
        "'start: sep{\"a\"}' | `{` was not expected",
        "'%import python.NAME\nstart: NAME' | only terminals of `common`",
        "'%import common.NAMES\nstart: NAMES' | no terminal `NAMES`",
        "'%declare X\nstart: X' | `%declare` is not supported; write the grammar in GBNF",
        "'start: \"a\"\nstart: \"b\"' | `start` is defined twice",
      })
  void whatCannotBeIsSaid(String grammar, String message) {
    ConstraintException error =
        assertThrows(ConstraintException.class, () -> check(grammar, List.of(), List.of()));
    assertTrue(String.valueOf(error.getMessage()).contains(message), error.getMessage());
  }
}
