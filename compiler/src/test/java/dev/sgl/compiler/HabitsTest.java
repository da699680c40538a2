package dev.sgl.compiler;

import static org.junit.jupiter.api.Assertions.assertTrue;

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
      })
  void isAnswered(String source, String expected) {
    String report = Compiler.compile("t.sgl", source).report();
    assertTrue(report.contains(expected), report);
  }
}
