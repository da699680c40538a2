package dev.sgl.compiler;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What people write who come from other languages gets a message that says how it is written here.
class HabitsTest {
  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      quoteCharacter = '`',
      value = {
        "program main(x: list[int]) { return x } => a list is written",
        "type T = [string] program main() { return 1 } => a list is written",
        "type T = list<string> program main() { return 1 } => a list is written",
        "type P = { name: string, age: int? } program main() { return 1 } => an optional field is written",
        "program main() { user f\"Hi {1}\" } => without an `f`",
        "program main() { x = 5 return x } => let x = …",
        "program main() { let x = 5 x += 1 return x } => x = x + …",
        "program main(x: int) { return x > 3 ? 1 : 2 } => if CONDITION { … } else { … }",
        "program main() { assistant gen b(max_token=5) } => an option is written `name: value`",
        "program main() { assistant gen b(temp: 0.5) } => did you mean `temperature`?",
        "program main() { assistant gen b(colour: 5) } => options are frequency_penalty, ",
        "program main() { user \"Hi\" gen a return a } => assistant gen …",
        "program main() { assistant select b from \"x\", \"y\" } => from [\"x\", \"y\"]",
        "program main() { fork 3 as b { user \"x\" } join b } => fork i in 1..3 as NAME",
        "program main() { fork i in 1..3 as b { gen y } return b.y } => [x.y for x in …]",
        "tool search(query string) -> string => it is written `name: type`",
        "program main(items: string[]) { return items.length } => did you mean `len`?",
        "program main(items: string[]) { return items[0:2] } => list.slice(from, to)",
        "program main(items: string[]) { return \", \".join(items) } => items.join(\", \")",
        "program main() { match 3 { case 1: log \"one\" } } => an arm is written `1 -> …`",
        "program main() { match 3 { 1 -> log 1 default: log 2 } } => the last arm is written",
        "program main() { const y = 3 return 1 } => did you mean `let`?",
        "program main() { /* block */ user \"a\" } => a comment begins with `//`",
        "program main(items: string[]) { items.append(\"x\") } => items = items + [\"x\"]",
        "program main() -> { a: int, b: string } { return { a: \"1\" } } => the field `a` must be `int`",
        "program main() -> { a: int, b: string } { return { a: 1 } } => the field `b` is missing",
        "program main() -> { a: int } { return { a: 1, c: 2 } } => there is no field `c`",
        "program main() { let r = [1].map(x -> x + 1) return r } => there are no lambdas",
        "fragment f() { gen y } program main() { f() return y } => let that `return y`",
        "program main() { for i, x in [1] { log i } } => a loop has one variable",
        "program main() { for (k in [1]) { log k } } => without parentheses",
        "program main() { check main() = 1 } => = help: `==` compares",
        "type V = int<1-5> program main() { return 1 } => a range is written `1..5`",
        "type W = string(80) program main() { return 1 } => bounds are written",
        "program main() { user \"\"\"Hello => it begins here",
        "type T = \"a\" | | \"b\" program main() { return 1 } => one `|` stands between two types",
        "program main(name: str = \"x\"): user \"Hi\" => a block stands in braces",
        "program main(): string { return \"\" } => the type of the result is written `-> TYPE`",
        "program main() { assistant { \"[ANSWER]\" } where len(ANSWER) < 20 } => what a value must be is its type",
        "program main(name: string) { user \"Hi {{ name }}\" } => to say the value, write `{name}`",
        "program main(items: string[]) { user \"{% for i in items %}\" } => stands around texts",
        "program main() { user \"x\" assistant gen a: { \"type\": \"object\", \"properties\": { \"a\": { \"type\": \"string\" } } } } => write the schema into a file: `schema \"file.json\"`",
        "type T = { \"type\": \"object\", \"required\": [\"name\"] } program main() { return 1 } => `schema \"file.json\"`",
        "program main() { return lambda x: x + 1 } => there are no lambdas",
        "program main() { let x = [1] x[0] = 5 return x } => make a new list",
        "program main() { let r = {a: 1} r.b = 2 return r } => make a new record",
        "program main() { if (true) { return 1 } elif (false) { return 2 } } => it is written `else if CONDITION",
        "program main() { try { user \"x\" } catch (e) { log e } } => it is written `retry 1 { … } else { … }`",
        "program main() { let x = await main() return x } => waited for where it is read",
        "async program main() { return 1 } => leave out `async`",
        "program main() { let xs = [1,2] return len(xs) if xs else 0 } => if CONDITION { … } else { … }",
        "program main() { let x = 1 x++ return x } => it is written `x = x + 1`",
        "program main(b: int) { return {\"a\": 1, b} } => a field is written `name: value`",
        "program main() { let {a, b} = {a: 1, b: 2} return a } => binds one variable",
        "program main() { let a, b = 1, 2 return a } => binds one variable",
        "program main() { user \"x\" assistant gen(name=\"x\") return 1 } => it is written `gen NAME: TYPE",
        "program main() { user \"x\" assistant select(\"yes\", \"no\") return 1 } => it is written `select NAME from",
        "program main() { user \"x\" assistant gen x: string(max_length=5) return x } => bounds are written",
        "type T = enum { A, B } program main() { return 1 } => one of several is written `\"a\" | \"b\"`",
        "type T = Literal[\"a\", \"b\"] program main() { return 1 } => one of several is written `\"a\" | \"b\"`",
        "type T = Optional[int] program main() { return 1 } => what may be missing is `TYPE | none`",
        "type T = Union<int, string> program main() { return 1 } => one of several types is written `A | B`",
        "type T = Dict[string, int] program main() { return 1 } => a map is written `map<TYPE>`",
        "type T = { a: int = 3 } program main() { return 1 } => fields have no defaults",
        "type T = { a: int @description(\"x\") } program main() { return 1 } => a field is described by a comment",
        "program main(x: int) { return x === 3 } => it is written `==`, or `!=`",
        "program main(x: int) { return x ** 2 } => no sign for powers",
        "program main(x: string) { return x.strip() } => did you mean `trim`?",
        "program main(x: string) { return \"a\" + 3 } => values stand in a text in braces",
        "program main(xs: int[]) { return sum(x for x in xs) } => a list is made in brackets",
        "program main(xs: int[]) { return xs?.len ?? 0 } => `if x != none { … }`",
        "program main(xs: int[]) { return [...xs, 1] } => lists are added",
        "program main(x: int, xs: int[]) { return x not in xs } => it is written `not (x in list)`",
        "program main() { system: \"You are kind.\" user: \"Hi\" } => a message is written `user \"…\"`",
        "program main() { user \"Hi\" assistant gen x: int[1, 10] return x } => bounds are written",
        "program main() { user \"Hi\" assistant gen x: \"yes\" or \"no\" return x } => one of several types is written `A | B`",
        "program main() { user \"Hi\" assistant gen x: /[0-9]+/ return x } => a regular expression is written `r\"…\"`",
        "program main() { user \"Hi\" assistant gen x (regex: \"[0-9]+\") return x } => `gen x: r\"[0-9]+\"`",
        "program main() { user \"Hi\" assistant gen x (choices: [\"a\", \"b\"]) return x } => or `select x from",
        "program main() { while true: log \"x\" } => a block stands in braces",
        "program main() { for x of [1] { log x } } => for x in list { … }",
        "program main() { let x := 1 return x } => it is written `let x = …`",
        "program main() { return 1, 2 } => `return [a, b]`",
        "test main { check 1 == 1 } => a test has a text for its name",
        "tool search(q: string): string => the type of the result is written",
        "tool search(q: string) -> string { return q } => a tool has no block",
        "program main() { return 1 } test \"t\" { expect main() == 1 } => it is written `check CONDITION`",
        "program main() { return 1 } test \"t\" { check main() raises } => `check VALUE fails`",
        "tool s(q: string) program main() { s(\"x\") } test \"t\" { given s -> \"a\" } => it is written `given tool NAME -> VALUE`",
        "tool s(q: string) program main() { s(\"x\") } test \"t\" { given tool s(\"x\") -> \"a\" } => names for the arguments",
      })
  void isAnswered(String source, String expected) {
    String report = Compiler.compile("t.sgl", source).report();
    assertTrue(report.contains(expected), report);
  }

  @Test
  void anArrowIsNoLambda() {
    String source = "program main(xs: int[]) { return xs.map((x) => x + 1) }";
    String report = Compiler.compile("t.sgl", source).report();
    assertTrue(report.contains("there are no lambdas"), report);
  }

  @Test
  void aCommentThatHidesABraceIsNamed() {
    String report =
        Compiler.compile("t.sgl", "program main(x: int) {\n  return [x // 2 ] }\n").report();
    assertTrue(report.contains("the one of line 2 stands in a comment"), report);
  }
}
