package dev.sgl.interpreter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Backend;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Pin;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Request;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.backend.Selection;
import dev.sgl.compiler.Compiler;
import dev.sgl.run.RunException;
import dev.sgl.run.RunOptions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// What a fork asks of its backend, and what is left of a fork of which only some branches count.
class ForkTest {
  /// Answers a prompt with its last character; a prompt that ends in `z` waits until it is
  /// cancelled.
  private static class Counting implements Backend {
    private final AtomicInteger cancelled = new AtomicInteger();
    private final List<String> pins = Collections.synchronizedList(new ArrayList<>());

    @Override
    public String model() {
      return "counting";
    }

    @Override
    public Generation generate(Request request) {
      String text = ((Prompt.Raw) request.prompt()).parts().getLast().text();
      if (text.endsWith("z")) {
        try {
          Thread.sleep(60_000);
        } catch (InterruptedException e) {
          cancelled.incrementAndGet();
          throw new CancellationException();
        }
      }
      pins.add("generate " + text);
      return new ScriptedBackend(List.of(text)).generate(request);
    }

    @Override
    public Selection select(Question question) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Pin pin(Prompt prompt, Scheduling scheduling) {
      String text = Prompt.text(((Prompt.Raw) prompt).parts());
      pins.add("pin " + text);
      return () -> pins.add("unpin " + text);
    }

    @Override
    public void close() {}
  }

  private static Object run(String source, Backend backend) {
    return Interpreter.run(
        Compiler.compile("test.sgl", source).program().orElseThrow(),
        Map.of(),
        backend,
        RunOptions.DEFAULT);
  }

  @Test
  void joinFirstGoesOnWithThoseThatAreDoneAndCancelsTheRest() {
    Counting model = new Counting();
    String source =
        "program p() { fork t in [\"z\", \"a\", \"z\", \"b\"] as f { \"{t}\" gen x } join f first 2 return [b.x for b in f] }";
    assertEquals(List.of("a", "b"), run(source, model));
    assertEquals(2, model.cancelled.get());
  }

  @Test
  void joinFirstLeavesNothingOfACancelledNamedBranch() {
    Counting model = new Counting();
    String source =
        "program p() { fork as f { branch a { \"z\" gen x } branch b { \"b\" gen x } } join f first 1 return [f.a == none, f.b.x] }";
    assertEquals(List.of(true, "b"), run(source, model));
  }

  @Test
  void whatACancelledBranchWouldHaveSaidCannotBeReadUnderAnotherName() {
    String source =
        "program p() { fork as f { branch a { \"z\" gen x } branch b { \"b\" gen x } } let all = f join f first 1 return all.a.x }";
    RunException error = assertThrows(RunException.class, () -> run(source, new Counting()));
    assertEquals("the branch was cancelled: `join … first 1` had enough", error.getMessage());
  }

  @Test
  void moreBranchesThanThereAreCannotBeWaitedFor() {
    String source = "program p() { fork i in 1..2 as f { \"a\" gen x } join f first 3 return 1 }";
    RunException error = assertThrows(RunException.class, () -> run(source, new Counting()));
    assertEquals("`join … first 3` of a fork that has 2 branches", error.getMessage());
  }

  @Test
  void whatTheBranchesShareIsPinnedUntilTheJoin() {
    Counting model = new Counting();
    run(
        "program p() { \"Once\" fork i in 1..2 as f { \"a\" gen x } join f \"b\" gen y return y }",
        model);
    assertEquals("pin Once", model.pins.getFirst());
    assertEquals(
        List.of("unpin Once", "generate b"), model.pins.subList(3, 5), model.pins.toString());
  }

  @Test
  void aForkThatFailsIsUnpinned() {
    Counting model = new Counting();
    assertThrows(
        RunException.class,
        () -> run("program p() { \"Once\" fork i in 1..2 as f { fail \"no\" } }", model));
    assertTrue(model.pins.contains("unpin Once"), model.pins.toString());
  }

  /// What the model saw when it was asked last, message by message.
  private static String lastPrompt(String source, String... replies) {
    ScriptedBackend model = new ScriptedBackend(List.of(replies));
    Interpreter.run(
        Compiler.compile("test.sgl", source).program().orElseThrow(),
        Map.of(),
        model,
        RunOptions.DEFAULT.withSequential(true));
    assertEquals(0, model.left());
    Prompt.Chat last = (Prompt.Chat) model.prompts().getLast();
    return String.join(" / ", last.messages().stream().map(m -> Prompt.text(m.parts())).toList());
  }

  @Test
  void joinAppendSpeaksWhereItStands() {
    String fork = "user \"q\" fork i in 1..2 as f { user \"b{i}\" assistant gen x } ";
    assertEquals(
        "q / b1 / 1 / b2 / 2 / end",
        lastPrompt(
            "program p() { " + fork + "join f append user \"end\" assistant gen y }",
            "1",
            "2",
            "y"));
    assertEquals(
        "q / end",
        lastPrompt(
            "program p() { " + fork + "scratch { join f append } user \"end\" assistant gen y }",
            "1",
            "2",
            "y"));
    assertEquals(
        "q / b1 / 1 / b2 / 2 / in",
        lastPrompt(
            "program p() { " + fork + "scratch { join f append user \"in\" assistant gen y } }",
            "1",
            "2",
            "y"));
    assertEquals(
        "q / b1 / 1 / b2 / 2 / in / good / end",
        lastPrompt(
            "program p() { "
                + fork
                + "retry 2 { join f append user \"in\" assistant gen y check y == \"good\" } user \"end\" assistant gen z }",
            "1",
            "2",
            "bad",
            "good",
            "z"));
  }

  /// Replies of a list go to the statements in the order of the program, whoever runs beside them.
  @Test
  void oneAfterTheOtherIsTheOrderOfTheProgram() {
    String source =
        """
        program q(n: int) -> string { user "{n}" assistant gen x return "{n}{x}" }
        program p() -> string[] {
          user "q"
          fork i in 1..3 as f { assistant gen x }
          let called = [q(i) for i in 1..3]
          assistant gen last
          return [b.x for b in f] + called + [last]
        }
        """;
    for (int round = 0; round < 50; round++) {
      assertEquals(
          List.of("a", "b", "c", "1d", "2e", "3f", "g"),
          Interpreter.run(
              Compiler.compile("test.sgl", source).program().orElseThrow(),
              Map.of(),
              new ScriptedBackend(List.of("a", "b", "c", "d", "e", "f", "g")),
              RunOptions.DEFAULT.withSequential(true)));
    }
  }

  /// A call waits for its arguments itself, and not whoever calls.
  @Test
  void callsOfCallsRunAtTheSameTime() {
    CountDownLatch all = new CountDownLatch(3);
    Backend model =
        new Counting() {
          @Override
          public Generation generate(Request request) {
            all.countDown();
            try {
              assertTrue(all.await(20, TimeUnit.SECONDS), "they wait for each other");
            } catch (InterruptedException e) {
              throw new CancellationException();
            }
            return super.generate(request);
          }
        };
    String source =
        """
        program one(n: int) -> string { "{n}" gen x return x }
        program two(s: string) -> string { return "<{s}>" }
        program p() -> string[] { return [two(one(i)) for i in 1..3] }
        """;
    assertEquals(List.of("<1>", "<2>", "<3>"), run(source, model));
  }
}
