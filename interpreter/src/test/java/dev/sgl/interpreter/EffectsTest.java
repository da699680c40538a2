package dev.sgl.interpreter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.ScriptedBackend;
import dev.sgl.compiler.Compiler;
import dev.sgl.program.Program;
import dev.sgl.program.Span;
import dev.sgl.run.RunException;
import dev.sgl.run.RunOptions;
import dev.sgl.tools.ToolFunction;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Tools that do something: in which order, and what becomes of their errors.
@Timeout(20)
class EffectsTest {
  private final List<String> done = Collections.synchronizedList(new ArrayList<>());

  private static Program compile(String source) {
    Compiler.Result result = Compiler.compile("test.sgl", source);
    assertTrue(result.program().isPresent(), result.report());
    return result.program().get();
  }

  private static Object run(String source, Map<String, ToolFunction> tools, String... replies) {
    return Interpreter.run(
        compile(source),
        Map.of(),
        new ScriptedBackend(List.of(replies)),
        RunOptions.DEFAULT.withTools(tools));
  }

  private static RunException failure(
      String source, Map<String, ToolFunction> tools, String... replies) {
    return assertThrows(RunException.class, () -> run(source, tools, replies));
  }

  /// The first calls take the longest.
  private Object put(Map<String, Object> arguments) throws Exception {
    String text = String.valueOf(arguments.get("text"));
    Thread.sleep(text.equals("create") ? 200 : text.equals("fill") ? 100 : 0);
    if (text.equals("break")) {
      throw new IOException("out of order");
    }
    done.add(text);
    return text;
  }

  @Test
  void statementsHappenInTheirOrder() {
    run(
        """
        tool put(text: string)
        fn inner() { put("fill") }
        program main() { put("create") inner() put("close") }
        """,
        Map.of("put", this::put));
    assertEquals(List.of("create", "fill", "close"), done);
  }

  @Test
  void aBranchBeginsAfterWhatStandsBeforeIt() {
    run(
        """
        tool put(text: string) -> string
        program main() {
          put("create")
          fork i in 1..2 as b { let p = put("branch") }
          join b
          put("close")
        }
        """,
        Map.of("put", this::put));
    assertEquals(List.of("create", "branch", "branch", "close"), done);
  }

  @Test
  void callsOfOneComprehensionRunBesideEachOther() {
    CyclicBarrier together = new CyclicBarrier(3);
    ToolFunction meet =
        arguments -> {
          together.await(10, TimeUnit.SECONDS);
          done.add("met");
          return "" + arguments.get("text");
        };
    run(
        """
        tool put(text: string)
        tool meet(text: string) -> string
        program main() {
          put("create")
          let all = [meet("{i}") for i in 1..3]
          put("close")
          return all
        }
        """,
        Map.of("put", this::put, "meet", meet));
    assertEquals(List.of("create", "met", "met", "met", "close"), done);
  }

  @Test
  void aFunctionOfAComprehensionKeepsItsOrder() {
    run(
        """
        tool put(text: string) -> string
        fn save(x: int) -> string { put("create") return put("close {x}") }
        program main() { let all = [save(i) for i in 1..1] put("end") return all }
        """,
        Map.of("put", this::put));
    assertEquals(List.of("create", "close 1", "end"), done);
  }

  @Test
  void aCallInATextIsMadeOnce() {
    ToolFunction book =
        _ -> {
          done.add("booked");
          return Map.of("id", 7L);
        };
    assertEquals(
        "number 7",
        run(
            "tool book() -> { id: int } program main() { return \"number {book().id}\" }",
            Map.of("book", book)));
    assertEquals(List.of("booked"), done);
  }

  @Test
  void nothingHappensAfterAFailureThatNobodyHandled() {
    run(
        """
        tool put(text: string) -> string
        program main() {
          retry 1 { let a = put("break") let b = put("close") } else { return 1 }
        }
        """,
        Map.of("put", this::put));
    assertEquals(List.of(), done);
  }

  @Test
  void nothingHappensAfterAFailure() {
    RunException error =
        failure(
            "tool put(text: string) program main() { put(\"create\") put(\"break\") put(\"close\") }",
            Map.of("put", this::put));
    assertEquals("the tool `put` failed: out of order", error.getMessage());
    assertEquals(List.of("create"), done);
  }

  @Test
  void anErrorIsHandledWhereItsValueIsRead() {
    String source =
        """
        tool put(text: string) -> string
        program other() -> string { fail "no" }
        program main() {
          let a = put("break")
          let o = other()
          retry 2 { let b = a.len } else { let b = -1 }
          retry 1 { let c = o.len } else { let c = -2 }
          put("close")
          return [b, c]
        }
        """;
    assertEquals(List.of(-1L, -2L), run(source, Map.of("put", this::put)));
    assertEquals(List.of("close"), done);
    RunException unread =
        failure(
            "tool put(text: string) -> string program main() { let a = put(\"break\") retry 1 { let b = 1 } return b }",
            Map.of("put", this::put));
    assertEquals("the tool `put` failed: out of order", unread.getMessage());
  }

  @Test
  void toolsThatNothingDoesAreRefusedBeforeTheRun() {
    String source =
        """
        tool put(text: string) -> string
        tool find(text: string) -> string
        tool never() -> string
        fn inner(x) { return find(x) }
        program main() {
          put("create")
          retry 3 { let hits = inner("tea") } else { let hits = "nothing found" }
          return hits
        }
        """;
    RunException error = failure(source, Map.of("put", this::put));
    assertTrue(
        String.valueOf(error.getMessage()).startsWith("nothing is bound to the tool `find`: "),
        error.getMessage());
    assertTrue(
        String.valueOf(failure(source, Map.of()).getMessage())
            .startsWith("nothing is bound to the tools `put`, `find`: "));
    assertEquals(List.of(), done);
    String byModel =
        "tool find(text: string) program main() { retry 3 { run({name: \"find\", arguments: {text: \"x\"}}) } else { return 1 } }";
    assertTrue(
        String.valueOf(failure(byModel, Map.of()).getMessage()).startsWith("nothing is bound"));
  }

  @Test
  void theFirstBranchesThatSucceedAreEnough() {
    ToolFunction flaky =
        arguments -> {
          long i = Long.parseLong("" + arguments.get("i"));
          Thread.sleep(i * 20);
          if (i == 1) {
            throw new IOException("exit status 3");
          }
          return i == 4 ? -4L : i;
        };
    String source =
        """
        tool flaky(i: int) -> int
        program main() {
          fork i in 1..5 as bs { let v = flaky(i) check v > 0, "bad {i}" }
          join bs first %d
          return [b.v for b in bs]
        }
        """;
    assertEquals(List.of(2L, 3L), run(source.formatted(2), Map.of("flaky", flaky)));
    assertEquals(List.of(2L, 3L, 5L), run(source.formatted(3), Map.of("flaky", flaky)));
    assertEquals(
        "the tool `flaky` failed: exit status 3",
        failure(source.formatted(4), Map.of("flaky", flaky)).getMessage());
  }

  @Test
  void theExpressionThatFailedIsMarked() {
    Span division =
        failure("program main(n: float = 0) {\n  return [1.0 / n, 5 % n]\n}", Map.of()).span();
    assertEquals(2, division.line());
    assertEquals(11, division.column());
    Span choices =
        failure("program main() {\n  assistant { select e from [\"\", \"a\"] }\n}", Map.of())
            .span();
    assertEquals(29, choices.column());
  }

  @Test
  void aFieldThatIsNotThereIsNotShown() {
    RunException error =
        failure("program main(r: json = {user: \"ada\"}) { return \"hello {r.usr}\" }", Map.of());
    assertEquals("there is no field `usr`, only `user`", error.getMessage());
    assertEquals(
        "hello ada none",
        run(
            "program main(r: json = {user: \"ada\", x: none}) { return \"hello {r.user} {r.x}\" }",
            Map.of()));
  }
}
