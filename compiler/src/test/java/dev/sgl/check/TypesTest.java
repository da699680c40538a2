package dev.sgl.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sgl.compiler.Compiler;
import dev.sgl.diagnostic.Diagnostic;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Programs in which every value fits where it stands, and programs in which one may not.
class TypesTest {
  private static final String TYPES =
      """
      type A = { kind: "a", x: int }
      type B = { kind: "b", y: int }
      type O = { x?: int, s: string }
      fn small(n: int<1..3>) -> int { return n }
      fn one(a: A) -> int { return a.x }
      """;

  private static List<String> codes(String source) {
    return Compiler.compile("t.sgl", TYPES + source).diagnostics().stream()
        .map(Diagnostic::code)
        .distinct()
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "program p(v: A | B) -> int { match v { A -> return v.x } return 0 }",
        "program p(v: A | B) -> int { match v { A -> return v.x B -> return v.y } }",
        "program p(v: A | B) -> int { match v { A -> return one(v) _ -> return 0 } }",
        "program p(v: bool) -> int { match v { true -> return 1 false -> return 0 } }",
        "program p(v: int, s: string) -> string { match v { int<1..3> -> return \"small\" } return s }",
        "program p(s: string) -> string { match s { r\"[a-z]+\" -> return \"lower\" } return \"other\" }",
        "program p() { let n = 3 return small(n) }",
        "program p() { return [small(i) for i in 1..3] }",
        "program p(n: int) { match n { int<1..3> -> return small(n) } }",
        "program p(o: O) -> int { if o.x != none { return o.x } return 0 }",
        "program p(o: O) -> int { if o.x == none { return 0 } return o.x + 1 }",
        "program p(o: O) -> int { check o.x != none return o.x }",
        "program p(o: O) -> bool { return o.x != none and o.x > 1 }",
        "program p(o: O) -> bool { return o.x == none or o.x > 1 }",
        "program p(all: O[]) -> int[] { return [o.x + 1 for o in all if o.x != none] }",
        "program p(o: O) -> int { match o.x { int -> return o.x _ -> return 0 } }",
        "program p(o: O) -> int { let x = o.x while x == none { x = 1 } return 0 }",
        "program p(xs: int[]) { let best = none for x in xs { if best == none or x > best { best = x } } return best }",
        "program p(xs: int[]) { let s = {best: none} for x in xs { if s.best == none or x > s.best { s = {best: x} } } return s }",
        "program p() { let s = {mode: \"a\"} while true { match s.mode { \"a\" -> s = {mode: \"b\"} \"b\" -> break } } }",
        "program p() { let all = [] for i in 1..3 { all = all + [{n: i}] } return all[0].n + 1 }",
        "program p(c: bool) { let x = \"a\" if c { let x = 1 x = 2 log x } return x + \"b\" }",
        "program p(x: string | none) -> string { if x == none { x = \"d\" } return x }",
        "program p(x: string | none) -> string { x = \"d\" return x }",
        "program p(o: O) -> int { retry 3 { check o.x != none } return o.x }",
        "program p() { retry 2 { let n = 3 } return small(n) }",
        "program p(s: \"a\" | \"b\" | none) -> \"a\" | \"b\" { match s { string -> return s _ -> return \"a\" } }",
        "program p(j: json) -> int { return j.a + 1 }",
        "program p() -> string[] { let all = [] for w in [\"a\"] { all = all + [w] } return all }",
        "program p() -> \"a\" | \"b\" { select x from [\"a\", \"b\"] return x }",
        "program p() -> float<-1..1> { return -0.5 }",
        "program p(s: string<..5>) -> string { return s }",
        "program p() -> { a: int, b?: int } { return {a: 1} }",
        "program p() -> int[3] { let xs = [1, 2, 3] return xs }",
        "program p() { let state = \"start\" while true { match state { \"start\" -> state = \"end\" \"end\" -> break } } }",
      })
  void fits(String source) {
    assertEquals(List.of(), codes(source));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "program p(v: A | B) -> int { return one(v) }",
        "program p(v: A | B) -> A { return v }",
        "program p(v: int | string) -> int { return v }",
        "program p(v: int | string) -> int { let x: int = v return x }",
        "program p(v: int | string) { return v + 1 }",
        "program p(v: \"a\" | \"b\") -> \"b\" | \"c\" { return v }",
        "program p(n: int<1..5>) { return small(n) }",
        "program p() { return small(4) }",
        "program p(x: int | none, c: bool) -> int { if c { let x = 1 x = 2 log x } else { let x = 1 x = 2 log x } return x }",
        "program p(n: int) { return small(n + 1) }",
        "program p(s: string) -> string<..2> { return s }",
        "program p() -> string<..2> { let s = \"hello\" return s }",
        "program p(s: string) { return s + 1 }",
        "program p(s: string) { return s + none }",
        "program p(xs: int[]) { return xs + 1 }",
        "program p(o: O) { return o.x + 1 }",
        "program p(o: O) -> int { if o.s != none { return o.x } return 0 }",
        "program p(o: O) -> int { if o.x != none { return 0 } return o.x }",
        "program p() -> { a: int } { return {a: 1, b: 2} }",
        "program p() -> { a: int } { return {b: 2} }",
        "program p(xs: int[]) -> int[3] { return xs }",
        "program p(s: string) -> r\"[a-z]+\" { return s }",
      })
  void mayNotFit(String source) {
    assertEquals(List.of("wrong-type"), codes(source));
  }

  @Test
  void aTypeThatIsAMistakeIsSaidOnce() {
    assertEquals(List.of("bad-pattern"), codes("program p(s: r\"[a\" = \"b\") { return s }"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "program p(v: A | B) -> int { match v { A -> return v.x } }",
        "program p(v: int | string | bool) -> int { match v { int -> return 1 } }",
        "program p(v: int) -> int { match v { int<1..3> -> return 1 } }",
      })
  void isNotCovered(String source) {
    assertEquals(List.of("missing-return"), codes(source));
  }
}
