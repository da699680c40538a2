package dev.sgl.interpreter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Backend;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Request;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.backend.Selection;
import dev.sgl.compiler.Compiler;
import dev.sgl.program.Program;
import dev.sgl.program.Role;
import dev.sgl.program.TypeException;
import dev.sgl.program.Values;
import dev.sgl.run.RunException;
import dev.sgl.run.RunListener;
import dev.sgl.run.RunOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What programs do, on models that say what they were told to.
@Timeout(20)
class InterpreterTest {

  private static Program program(String source) {
    Compiler.Result result = Compiler.compile("test.sgl", source);
    assertTrue(result.program().isPresent(), result.report());
    return result.program().orElseThrow();
  }

  private static Object run(String source, Backend backend) {
    return Interpreter.run(program(source), Map.of(), backend, RunOptions.DEFAULT);
  }

  private static Object run(String source, String... replies) {
    return run(source, new ScriptedBackend(List.of(replies)));
  }

  /// A model that answers a prompt's text by a function, each on its caller's thread.
  private static Backend answering(Function<String, String> answer) {
    return new Backend() {
      @Override
      public String model() {
        return "answering";
      }

      @Override
      public Generation generate(Request request) {
        return new ScriptedBackend(List.of(answer.apply(shown(request.prompt()))))
            .generate(request);
      }

      @Override
      public Selection select(Question question) {
        return new ScriptedBackend(List.of(answer.apply(shown(question.prompt()))))
            .select(question);
      }

      @Override
      public void close() {}
    };
  }

  private static String shown(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Raw(var parts) -> Prompt.text(parts);
      case Prompt.Chat(var messages, var open, _) -> {
        StringBuilder text = new StringBuilder();
        messages.forEach(
            m -> text.append(m.role().word()).append(": ").append(m.text()).append('\n'));
        yield text + "> " + Prompt.text(open);
      }
    };
  }

  @Test
  void aProgramWithoutRolesIsRawCompletion() {
    ScriptedBackend model = new ScriptedBackend(List.of(" Paris"));
    assertEquals(
        " Paris", run("program p() { \"The capital of France is\" gen city return city }", model));
    assertEquals("The capital of France is", shown(model.prompts().getFirst()));
  }

  @Test
  void messagesCarryWhatWasSaidAndGenerated() {
    ScriptedBackend model = new ScriptedBackend(List.of("one", "two"));
    String source =
        """
        program p(x: string = "tea") {
          system "Be brief."
          user "About {x}?"
          assistant { "First: " gen a ", then " gen b "." }
          user "Thanks."
          return [a, b]
        }
        """;
    assertEquals(List.of("one", "two"), run(source, model));
    assertEquals("system: Be brief.\nuser: About tea?\n> First: ", shown(model.prompts().get(0)));
    assertEquals(
        "system: Be brief.\nuser: About tea?\n> First: one, then ", shown(model.prompts().get(1)));
  }

  @Test
  void typedValuesAreWhatTheyAre() {
    String source =
        """
        program p() {
          gen n: int<0..9> gen yes: bool gen word: "a" | "b"
          gen person: { name: string, age?: int, tags: string[] }
          check person.age != none
          return {sum: n + 1, no: not yes, word: word, older: person.age + 1, tags: person.tags.len}
        }
        """;
    Object value = run(source, "4", "true", "b", "{\"name\":\"Ada\",\"age\":36,\"tags\":[\"x\"]}");
    assertEquals(
        "{\"sum\":5,\"no\":false,\"word\":\"b\",\"older\":37,\"tags\":1}", Values.json(value));
  }

  @Test
  void aValueThatIsNotOfItsTypeIsAnError() {
    RunException error =
        assertThrows(
            RunException.class, () -> run("program p() { gen n: int<0..9> return n }", "12"));
    assertEquals("12 is not int<0..9>", error.getMessage());
    assertEquals(1, error.span().line());
  }

  @Test
  void branchesRunAtTheSameTimeFromOneConversation() throws InterruptedException {
    CountDownLatch all = new CountDownLatch(3);
    Set<String> prompts = ConcurrentHashMap.newKeySet();
    Backend model =
        answering(
            prompt -> {
              prompts.add(prompt);
              all.countDown();
              try {
                assertTrue(all.await(10, TimeUnit.SECONDS), "the branches do not run together");
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return "tip " + prompt.charAt(prompt.length() - 2);
            });
    String source =
        """
        program p() {
          user "Tips?"
          fork i in 1..3 as tips { assistant { "Tip {i}:" gen tip } }
          join tips
          return [t.tip for t in tips]
        }
        """;
    assertEquals(List.of("tip 1", "tip 2", "tip 3"), run(source, model));
    assertEquals(
        Set.of("user: Tips?\n> Tip 1:", "user: Tips?\n> Tip 2:", "user: Tips?\n> Tip 3:"), prompts);
  }

  @Test
  void whatABranchSaysStaysInTheBranch() {
    List<String> prompts = new ArrayList<>();
    Backend model =
        answering(
            prompt -> {
              synchronized (prompts) {
                prompts.add(prompt);
              }
              return "x";
            });
    String source =
        """
        program p() {
          user "Q"
          fork as both { branch a { assistant gen u } branch b { user "more" assistant gen v } }
          join both
          assistant gen w
          return both.a.u + both.b.v + w
        }
        """;
    assertEquals("xxx", run(source, model));
    assertTrue(
        prompts.containsAll(List.of("user: Q\n> ", "user: Q\nuser: more\n> ")), prompts.toString());
    assertEquals("user: Q\n> ", prompts.getLast());
  }

  @Test
  void anErrorInABranchNamesItAndCancelsItsSiblings() {
    CountDownLatch cancelled = new CountDownLatch(1);
    Backend model =
        answering(
            prompt -> {
              if (prompt.endsWith("2")) {
                throw new BackendException("no more");
              }
              try {
                Thread.sleep(60_000);
              } catch (InterruptedException e) {
                cancelled.countDown();
                throw new CancellationException();
              }
              return "late";
            });
    String source = "program p() { fork i in 1..2 as b { \"{i}\" gen x } join b return b[0].x }";
    RunException error = assertThrows(RunException.class, () -> run(source, model));
    assertEquals("no more", error.getMessage());
    assertEquals("p/b[1]", error.branch());
    assertTrue(error.variables().contains("i = 2"), error.variables().toString());
    assertInstanceOf(BackendException.class, error.getCause());
    assertEquals(0, cancelled.getCount());
  }

  @Test
  void theErrorIsTheCauseWhicheverValueIsRead() {
    Backend model =
        answering(
            prompt -> {
              if (prompt.endsWith("1")) {
                throw new BackendException("no more");
              }
              try {
                Thread.sleep(60_000);
              } catch (InterruptedException e) {
                throw new CancellationException();
              }
              return "late";
            });
    String fork = "program p() { fork i in 1..2 as b { \"{i}\" gen x } return b[1].x }";
    String calls =
        "program q(i: int) { \"{i}\" gen x return x } program p() { let all = [q(i) for i in 1..2] return all[1] }";
    String inside =
        "program p() { fork j in [0] as a { fork i in 1..2 as b { \"{i}\" gen x } let y = b[1].x } return a[0].y }";
    for (String source : List.of(fork, calls, inside)) {
      assertEquals(
          "no more", assertThrows(RunException.class, () -> run(source, model)).getMessage());
    }
  }

  @Test
  void whatComesAfterAFailureFailsWithIt() {
    for (String end :
        List.of("return b", "fork i in 1..2 as f { gen c } return f[0].c", "\"{b}\" return 1")) {
      String source = "program p() { gen a: int<0..9> \" then \" gen b " + end + " }";
      RunException error = assertThrows(RunException.class, () -> run(source, "x", "y", "z"));
      assertEquals("x is not int<0..9>", error.getMessage());
    }
  }

  @Test
  void aFailedGenerationOfTheParentCancelsItsForksAtOnce() {
    Backend model =
        answering(
            prompt -> {
              if (prompt.equals("Q")) {
                throw new BackendException("no more");
              }
              try {
                Thread.sleep(60_000);
              } catch (InterruptedException e) {
                throw new CancellationException();
              }
              return "late";
            });
    String source =
        "program p() { fork i in 1..2 as b { \"{i}\" gen x } \"Q\" gen y join b return y }";
    assertEquals(
        "no more", assertThrows(RunException.class, () -> run(source, model)).getMessage());
    String known = "program p() { fork as f { branch a { gen x } } let y = [1][5] return y }";
    RunException error = assertThrows(RunException.class, () -> run(known, model));
    assertEquals("there is no item 5 in a list of 1", error.getMessage());
    assertEquals(
        List.of("f = {\"a\":…}"), error.variables(), "what is not known is not waited for");
  }

  @Test
  void anAbsentFieldIsNoneWhateverItsName() {
    String source =
        "program p(r: {name: string, len?: int, last?: string} = {name: \"Ada\"}) { return [r.len == none, r.last == none, r.name.len] }";
    assertEquals(List.of(true, true, 3L), run(source));
  }

  @Test
  void wrongDefaultsAndEndlessRangesAreErrorsWithAPlace() {
    for (String source :
        List.of(
            "program p(n: int<1..5> = parse_json(\"7\")) { return n }",
            "program p(n: string<..3> = parse_json(\"\\\"abcdef\\\"\")) { return n }",
            "program q(n: int<1..3>) { return n } program p() { let x = q(parse_json(\"8\")) return 1 }",
            "program p() { for i in -1..9223372036854775807 { log i } }",
            "program p() { let n: int<1..3> = parse_json(\"10\") return n }")) {
      RunException error = assertThrows(RunException.class, () -> run(source), source);
      assertTrue(error.span().line() == 1, source);
    }
  }

  @Test
  void callsOfProgramsRunTogetherAndAreReadWhenNeeded() {
    CountDownLatch all = new CountDownLatch(4);
    Backend model =
        answering(
            prompt -> {
              all.countDown();
              try {
                assertTrue(all.await(10, TimeUnit.SECONDS), "the calls do not run together");
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return prompt.substring(prompt.length() - 1);
            });
    String source =
        """
        program score(x: int) -> int { "{x}" gen n: int return n }
        program main() {
          let scores = [score(i) for i in 1..4]
          return scores.sum() * 10 + scores[2]
        }
        """;
    assertEquals(103L, run(source, model));
  }

  @Test
  void aProgramHasAConversationOfItsOwnAndAFragmentSpeaksInItsCallers() {
    ScriptedBackend model = new ScriptedBackend(List.of("a", "b"));
    String source =
        """
        fragment shots(n: int) { for i in 1..n { user "{i}?" assistant "{i}!" } }
        fn twice(x: string) -> string { return x + x }
        program ask(q: string) -> string { user q assistant gen a return a }
        program main() {
          shots(2)
          user "3?"
          assistant gen b
          return twice(b) + ask("alone")
        }
        """;
    String result = (String) run(source, model);
    assertTrue(result.equals("aab") || result.equals("bba"), result);
    assertTrue(
        model.prompts().stream()
            .map(InterpreterTest::shown)
            .toList()
            .containsAll(
                List.of(
                    "user: 1?\nassistant: 1!\nuser: 2?\nassistant: 2!\nuser: 3?\n> ",
                    "user: alone\n> ")));
  }

  @Test
  void controlFlowGoesOverGeneratedValues() {
    String source =
        """
        program p() {
          let said = []
          let i = 0
          while i < 10 {
            i = i + 1
            gen word: "go" | "skip" | "stop" | "done"
            if word == "skip" { continue }
            if word == "stop" { break }
            match word { "go" -> said = said + [i]  _ -> return {done: said} }
          }
          return said
        }
        """;
    assertEquals(List.of(1L, 3L), run(source, "go", "skip", "go", "stop"));
    assertEquals(Map.of("done", List.of(1L)), run(source, "go", "done"));
  }

  @Test
  void selectSaysTheChoiceAndMetaKnowsHow() {
    String source =
        """
        program p() { user "Mood?" assistant { "It is " select mood from ["good", "bad"] "." }
          user "Why?" assistant gen why return [mood, why, meta(mood).method, meta(why).finish] }
        """;
    ScriptedBackend model = new ScriptedBackend(List.of("bad", "because"));
    assertEquals(List.of("bad", "because", "scripted", "end"), run(source, model));
    assertEquals(
        "user: Mood?\nassistant: It is bad.\nuser: Why?\n> ", shown(model.prompts().getLast()));
  }

  @Test
  void selectKeepsTheChoicesOwnValue() {
    assertEquals(5L, run("program p() { select n from [2, 3] return n + 2 }", "3"));
    assertThrows(
        RunException.class, () -> run("program p(l: any[] = []) { select n from l return n }"));
  }

  @Test
  void severalGenerationsAreAListAndTheFirstIsKept() {
    List<String> said = new ArrayList<>();
    Backend model =
        answering(
            prompt -> {
              synchronized (said) {
                said.add(prompt);
                return "v" + said.size();
              }
            });
    Object value = run("program p() { \"Q \" gen x (n: 3) \" then \" gen y return x }", model);
    assertEquals(3, ((List<?>) value).size());
    assertEquals("Q " + ((List<?>) value).getFirst() + " then ", said.getLast());
  }

  @Test
  void errorsNameTheStatementAndWhatIsKnown() {
    RunException error =
        assertThrows(
            RunException.class,
            () -> run("program p(x: int = 3) {\n  let y = x + 1\n  return [1, 2][y]\n}"));
    assertEquals("there is no item 4 in a list of 2", error.getMessage());
    assertEquals(3, error.span().line());
    assertEquals(List.of("x = 3", "y = 4"), error.variables());
  }

  @Test
  void failAndCheckEndTheProgram() {
    assertEquals(
        "no luck 2",
        assertThrows(RunException.class, () -> run("program p() { fail \"no luck {1 + 1}\" }"))
            .getMessage());
    assertEquals(
        "too few",
        assertThrows(RunException.class, () -> run("program p() { check 1 > 2, \"too few\" }"))
            .getMessage());
  }

  @Test
  void aRecursionWithoutEndIsAnError() {
    RunException error =
        assertThrows(
            RunException.class,
            () -> run("fn f(x: int) { return f(x + 1) } program p() { return f(0) }"));
    assertTrue(String.valueOf(error.getMessage()).contains("deep"), error.getMessage());
  }

  @Test
  void aReturnedValueIsOfItsType() {
    RunException error =
        assertThrows(
            RunException.class, () -> run("program p(x: any = \"a\") -> int { return x }"));
    assertEquals("the value that `p` returns: \"a\" is not int", error.getMessage());
  }

  @Test
  void aRoutineThatMustReturnAndDoesNotIsAnError() {
    RunException error =
        assertThrows(
            RunException.class, () -> run("program p(x: any = none) -> string { return x }"));
    assertEquals(
        "the value that `p` returns: there is none, but it must be `string`", error.getMessage());
  }

  @Test
  void aListenerHearsTheConversationInOrder() {
    StringBuilder heard = new StringBuilder();
    RunListener listener =
        new RunListener() {
          @Override
          public void message(String branch, Role role) {
            heard.append('[').append(role.word()).append(']');
          }

          @Override
          public void written(String branch, String text) {
            heard.append(text);
          }

          @Override
          public void generated(String branch, String name, String text) {
            heard.append('<').append(name).append('=').append(text).append('>');
          }
        };
    Program program =
        program("program p() { user \"Q\" assistant { \"A: \" gen x \"!\" } user \"Bye {x}\" }");
    Interpreter.run(
        program,
        Map.of(),
        new ScriptedBackend(List.of("1")),
        RunOptions.DEFAULT.withListener(listener).withSeed(OptionalLong.empty()));
    assertEquals("[user]Q[assistant]A: <x=1>![user]Bye 1", heard.toString());
  }

  @Test
  void argumentsAreReadByTheirTypes() {
    var entry =
        program(
                "program p(a: string, n: int<1..5> = 2, l: string[] = [], f: float = 1, any = 0) { return a }")
            .entry()
            .orElseThrow();
    Map<String, Object> read =
        Arguments.read(entry, List.of("a=12", "n=3", "l=[\"x\"]", "f=0.5", "any=hello=you"));
    assertEquals(
        "{\"a\":\"12\",\"n\":3,\"l\":[\"x\"],\"f\":0.5,\"any\":\"hello=you\"}", Values.json(read));
    for (List<String> wrong :
        List.of(
            List.<String>of(),
            List.of("a=1", "n=9"),
            List.of("a=1", "b=1"),
            List.of("a"),
            List.of("a=1", "a=2"),
            List.of("a=1", "n=x"))) {
      assertThrows(TypeException.class, () -> Arguments.read(entry, wrong), wrong.toString());
    }
  }

  @Test
  void aSeededRunGivesEachGenerationASeedOfItsOwnThatDoesNotDependOnTime() {
    Set<Long> seeds = ConcurrentHashMap.newKeySet();
    Backend model =
        new Backend() {
          @Override
          public String model() {
            return "seeds";
          }

          @Override
          public Generation generate(Request request) {
            request.sampling().choice().seed().ifPresent(seeds::add);
            return new ScriptedBackend(List.of("x")).generate(request);
          }

          @Override
          public Selection select(Question question) {
            throw new UnsupportedOperationException();
          }

          @Override
          public void close() {}
        };
    Program program =
        program(
            "program q() { gen a return a } fragment f() { let x = q() }"
                + " program p() { for j in 1..2 { f() fork i in 1..2 as b { gen x gen y } join b } gen z (n: 2) return z }");
    RunOptions seeded = RunOptions.DEFAULT.withSeed(OptionalLong.of(7));
    Interpreter.run(program, Map.of(), model, seeded);
    assertEquals(12, seeds.size());
    Set<Long> first = Set.copyOf(seeds);
    Interpreter.run(program, Map.of(), model, seeded);
    assertEquals(first, seeds);
  }
}
