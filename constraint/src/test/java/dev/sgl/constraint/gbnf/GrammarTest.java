package dev.sgl.constraint.gbnf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.match.CompiledConstraint;
import dev.sgl.constraint.match.ConstraintCompiler;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrammarTest {
  private static CompiledConstraint compile(String gbnf) {
    return new ConstraintCompiler().compile(new Constraint.Grammar(gbnf));
  }

  private static void check(String gbnf, List<String> good, List<String> bad) {
    CompiledConstraint constraint = compile(gbnf);
    good.forEach(text -> assertEquals(true, constraint.matches(text), text));
    bad.forEach(text -> assertEquals(false, constraint.matches(text), text));
  }

  @Test
  void expressionsWithLeftRecursion() {
    check(
        """
        # sums of products
        root ::= sum
        sum  ::= sum [+-] product | product
        product ::= product "*" atom | atom
        atom ::= [0-9]+ | "(" sum ")"
        """,
        List.of("1", "1+2*3", "(1-(2+3))*45", "1-2-3"),
        List.of("", "+1", "1+", "(1", "1)", "1**2"));
  }

  @Test
  void rulesThatAreLeftRecursiveTogetherAndMayBeEmpty() {
    check(
        """
        root ::= a "."
        a ::= b "x" | ""
        b ::= maybe a "y" | c
        c ::= a b | "z"
        maybe ::= "m"?
        """,
        List.of(".", "zx.", "yx.", "mzxyx.", "zxzx.", "myx."),
        List.of("", "x.", "zxy.", "mx."));
  }

  @Test
  void ambiguityCostsNoMoreThanAPolynomial() {
    CompiledConstraint constraint = compile("root ::= root root | \"a\" | \"\"");
    assertEquals(true, constraint.matches("a".repeat(300)));
    assertEquals(false, constraint.matches("a".repeat(300) + "b"));
  }

  @Test
  void deepRecursionTakesNoStack() {
    CompiledConstraint constraint = compile("root ::= \"a\" root \"b\"? | \"x\"");
    assertEquals(true, constraint.matches("a".repeat(3_000) + "x" + "b".repeat(3_000)));
    assertEquals(true, constraint.matches("a".repeat(10_000) + "x"));
  }

  @Test
  void repeatsCommentsEscapesAndLines() {
    check(
        """
        root ::= (
            "é\\u65e5\\n" # a comment
          | [^a-c\\]]{2,3}
        ) item{2} tail?
        item ::= "<" root? ">"   # so it is recursive
        tail ::=
            "!" | "?"
        """,
        List.of("é日\n<><>", "xy<><>!", "]".replace("]", "xyz") + "<xy<><>><>?"),
        List.of("ab<><>", "xy<>", "xyzz<><>", "]]<><>"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "root ::= x            | the rule `x`, which `root` uses, is missing",
        "start ::= \"a\"       | the rule `root` is missing",
        "root ::= \"a          | the closing quote is missing",
        "root ::= [a           | `]` is missing",
        "root ::= (\"a\"       | `)` is missing",
        "root ::= *            | `*` has nothing to repeat",
        "root ::= \"a\"{3,2}   | the lower bound is above the upper one",
        "root = \"a\"          | `::=` was expected",
        "root ::= <[1]>        | tokens are not supported",
        "root ::= \"a\" root   | the grammar allows no text",
      })
  void mistakesAreTold(String gbnf, String message) {
    ConstraintException e = assertThrows(ConstraintException.class, () -> compile(gbnf));
    assertEquals(true, String.valueOf(e.getMessage()).contains(message), e.getMessage());
  }
}
