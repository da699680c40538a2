package dev.sgl.interpreter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Prompt;
import dev.sgl.compiler.Compiler;
import dev.sgl.program.Program;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What all runs of a program say first.
class PrefixTest {
  private static String prefix(String source, Map<String, Object> arguments) {
    Program program = Compiler.compile("p.sgl", source).program().orElseThrow();
    return Prefix.of(program, arguments).prompt().map(PrefixTest::show).orElse("nothing");
  }

  private static String show(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Raw(var parts) -> Prompt.text(parts);
      case Prompt.Chat(var messages, var open, _) ->
          messages.stream()
                  .map(m -> m.role().word() + ": " + m.text())
                  .collect(Collectors.joining(" / "))
              + (open.isEmpty() ? "" : " / …" + Prompt.text(open));
    };
  }

  @Test
  void endsWhereAnArgumentIsSaid() {
    assertEquals(
        "system: You are kind. / user: Rate this: ",
        prefix(
            "program p(x: string) { system \"You are kind.\" user \"Rate this: {x}!\" assistant gen a }",
            Map.of()));
    assertEquals(
        "user: Rate this: y!",
        prefix(
            "program p(x: string) { user \"Rate this: {x}!\" assistant gen a }", Map.of("x", "y")));
  }

  @Test
  void endsWhereTheModelIsAsked() {
    assertEquals(
        "user: Hi / …Well: ",
        prefix("program p() { user \"Hi\" assistant { \"Well: \" gen a \" b\" } }", Map.of()));
    assertEquals("a b", prefix("program p() { \"a\" \" b\" gen x \"c\" }", Map.of()));
  }

  @Test
  void computesWhatIsKnown() {
    String shots =
        """
        fragment shots(examples: { q: string, a: string }[]) {
          for e in examples { user e.q assistant e.a }
        }
        fn shout(x: string) -> string { return x.upper() }
        program p(x: string) {
          let all = [{q: "1", a: "one"}, {q: "2", a: "two"}]
          shots(all)
          if all.len > 1 { user shout("more") } else { user "less" }
          assistant gen y
        }
        """;
    assertEquals(
        "user: 1 / assistant: one / user: 2 / assistant: two / user: MORE",
        prefix(shots, Map.of()));
  }

  @Test
  void passesOverWhatOnlyComputes() {
    String source =
        """
        program p(x: string[]) {
          let n = 0
          for e in x { n = n + 1 }
          let m = 2
          user "a"
          fork i in 1..3 as f { assistant gen g }
          user "b {m}"
          user "c {n}"
        }
        """;
    assertEquals("user: a / user: b 2 / user: c ", prefix(source, Map.of()));
  }

  @Test
  void aConditionThatIsNotKnownEndsItIfItsBlocksSpeak() {
    String source =
        "program p(x: bool) { user \"a\" if x { user \"b\" } else { user \"c\" } user \"d\" }";
    assertEquals("user: a", prefix(source, Map.of()));
    assertEquals("user: a / user: b / user: d", prefix(source, Map.of("x", true)));
  }

  @Test
  void endlessLoopsEnd() {
    assertEquals(
        "user: a", prefix("program p() { user \"a\" while true { let x = 1 } }", Map.of()));
  }

  @Test
  void endlessRecursionEnds() {
    String asks = "fragment f(n: int) { if n > 0 { f(n - 1) } } ";
    assertEquals("user: a", prefix(asks + "program p(n: int) { user \"a\" f(n) }", Map.of()));
    String speaks = "fragment f() { user \"b\" f() } ";
    assertTrue(
        prefix(speaks + "program p() { user \"a\" f() }", Map.of())
            .startsWith("user: a / user: b"));
  }

  @Test
  void whatFailsInARunEndsIt() {
    String source = "fragment f() { \"text\" } program p() { user \"a\" f() user \"b\" }";
    assertEquals("user: a", prefix(source, Map.of()));
  }

  @Test
  void callsOfProgramsAndToolsAreNotMade() {
    String source =
        """
        tool t() -> string
        program q() -> string { user "q" assistant gen x return x }
        program p() { user "a" let x = q() let y = t() user "b" user "{x}" }
        """;
    assertEquals("user: a / user: b / user: ", prefix(source, Map.of()));
  }

  @Test
  void theFirstPromptMayBeInABranch() {
    String source =
        "program p() { user \"a\" fork i in 1..3 as f { assistant { \"{i}: \" gen g } } user \"b\" }";
    Program program = Compiler.compile("p.sgl", source).program().orElseThrow();
    assertEquals(
        "user: a / …1: ", show(Prefix.firstPrompt(program, Map.of()).prompt().orElseThrow()));
    assertEquals("user: a / user: b", prefix(source, Map.of()));
  }

  @Test
  void aLoopThatMayBeLeftEndsIt() {
    assertEquals(
        "user: a",
        prefix(
            "program p(x: bool) { user \"a\" for i in 1..3 { if x { break } user \"b\" } user \"c\" }",
            Map.of()));
  }

  @Test
  void aScratchThatMayReturnEndsIt() {
    assertEquals(
        "user: a",
        prefix(
            "program p(x: bool) { user \"a\" scratch { if x { return } } user \"b\" }", Map.of()));
  }

  @Test
  void anAttemptThatMayFailIsNotShared() {
    String source =
        "program p(x: bool) { user \"a\" retry 2 { user \"b\" check x } else { user \"c\" } user \"d\" }";
    assertEquals("user: a", prefix(source, Map.of()));
    assertEquals("user: a / user: b / user: d", prefix(source, Map.of("x", true)));
    assertEquals("user: a", prefix(source, Map.of("x", false)));
  }

  @Test
  void anAttemptMayFailInACopyThatHasAsked() {
    String copy = " { assistant gen x check false } ";
    for (String start : List.of("scratch", "fork i in [1, 2] as f")) {
      String attempt = "retry 1 { " + start + copy + "user \"b\" } else {} ";
      assertEquals(
          "user: a", prefix("program p() { user \"a\" " + attempt + "user \"c\" }", Map.of()));
    }
  }

  @Test
  void theAbsenceOfAModelIsNoFailureThatARetryHandles() {
    String source =
        """
        program q() -> string { retry 1 { assistant gen x return x } else { return "no" } }
        program p() { user "a" user "{q()}" }
        """;
    assertEquals("user: a / user: ", prefix(source, Map.of()));
  }

  @Test
  void theScoresOfAnAnswerAreNotKnown() {
    assertEquals(
        "user: a / user: ",
        prefix(
            "program p() { user \"a\" scratch { assistant gen x } user \"{meta(x)}\" }", Map.of()));
  }

  @Test
  void aCopyThatAsksNothingIsNotTheFirstPrompt() {
    String source =
        "program p() { user \"a\" fork i in 1..3 as f { user \"b\" } user \"c\" assistant gen g }";
    Program program = Compiler.compile("p.sgl", source).program().orElseThrow();
    assertEquals("user: a", show(Prefix.firstPrompt(program, Map.of()).prompt().orElseThrow()));
    assertEquals("user: a / user: c", prefix(source, Map.of()));
  }
}
