package dev.sgl.interpreter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Ahead;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.backend.UnavailableException;
import dev.sgl.compiler.Compiler;
import dev.sgl.program.Program;
import dev.sgl.program.Type;
import dev.sgl.program.Values;
import dev.sgl.run.Pictures;
import dev.sgl.run.RunException;
import dev.sgl.run.RunListener;
import dev.sgl.run.RunOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Steps that change the conversation, and those that the host has a part in: what the model is
/// shown, and what comes out.
class StepsTest {
  @TempDir Path folder = Path.of("");

  private static Program compile(String source) {
    Compiler.Result result = Compiler.compile("test.sgl", source);
    assertTrue(result.program().isPresent(), result.report());
    return result.program().get();
  }

  private static Object run(String source, ScriptedBackend model) {
    return run(source, model, RunOptions.DEFAULT);
  }

  private static Object run(String source, ScriptedBackend model, RunOptions options) {
    return Interpreter.run(compile(source), Map.of(), model, options);
  }

  private static ScriptedBackend says(String... replies) {
    return new ScriptedBackend(List.of(replies));
  }

  /// The prompt as one line: messages in brackets, what is open at the end.
  private static String shown(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Raw(var parts) -> Prompt.text(parts);
      case Prompt.Chat(var messages, var open, _) -> {
        StringBuilder out = new StringBuilder();
        messages.forEach(
            m -> out.append('[').append(m.role().word()).append(' ').append(m.text()).append(']'));
        yield out + Prompt.text(open);
      }
    };
  }

  private static List<String> prompts(ScriptedBackend model) {
    return model.prompts().stream().map(StepsTest::shown).toList();
  }

  // --- what is ahead

  @Test
  void aBackendIsToldWhatFollowsInTheMessage() {
    List<Request> asked = new ArrayList<>();
    ScriptedBackend model =
        new ScriptedBackend(List.of("Ann", "31", "tall", "x")) {
          @Override
          public Generation generate(Request request) {
            asked.add(request);
            return super.generate(request);
          }
        };
    run(
        """
        program p(unit: string = "years") {
          user "Who?"
          assistant {
            "Name: " gen name
            " Age: " gen age: int<0..150> (max_tokens: 4)
            " {unit}, {name} is " gen how (temperature: 0.5)
            " and " gen more
          }
          return more
        }
        """,
        model);
    assertEquals(
        List.of(
            new Ahead.Written(" Age: "),
            new Ahead.Generated(new Type.Int(0, 150), OptionalInt.of(4))),
        asked.get(0).ahead(),
        "up to what needs the name");
    assertEquals(List.of(), asked.get(1).ahead());
    assertEquals(
        List.of(new Ahead.Written(" and "), new Ahead.Generated(Type.TEXT, OptionalInt.empty())),
        asked.get(2).ahead());
    assertEquals(List.of(), asked.get(3).ahead());
  }

  // --- scratch

  @Test
  void whatIsSaidInAScratchIsForgottenAndWhatItBindsIsNot() {
    ScriptedBackend model = says("short", "after");
    Object result =
        run(
            "program p() { user \"Q\" scratch { user \"Sum up\" assistant gen brief } assistant gen x return [brief, x] }",
            model);
    assertEquals(List.of("short", "after"), result);
    assertEquals(List.of("[user Q][user Sum up]", "[user Q]"), prompts(model));
  }

  // --- retry

  @Test
  void aRetryBeginsWhereTheBlockBegan() {
    ScriptedBackend model = says("1", "9", "end");
    Object result =
        run(
            "program p() { user \"A number\" retry 3 { assistant { \"It is \" gen n: int } check n > 3, \"{n} is small\" } user \"And?\" assistant gen x return [n, x] }",
            model);
    assertEquals(List.of(9L, "end"), result);
    assertEquals(
        List.of(
            "[user A number]It is ",
            "[user A number]It is ",
            "[user A number][assistant It is 9][user And?]"),
        prompts(model));
  }

  @Test
  void attemptsAreToldAndTheLastErrorIsRaised() {
    List<String> told = new ArrayList<>();
    RunListener listener =
        new RunListener() {
          @Override
          public void retried(String branch, int attempt, String why) {
            told.add(branch + " " + attempt + " " + why);
          }
        };
    RunException error =
        assertThrows(
            RunException.class,
            () ->
                run(
                    "program p() { retry 2 { gen n: int check n > 3, \"{n} is small\" } return n }",
                    says("1", "2"),
                    RunOptions.DEFAULT.withListener(listener)));
    assertEquals("2 is small", error.getMessage());
    assertEquals(List.of("p 1 1 is small", "p 2 2 is small"), told);
  }

  @Test
  void whatCannotBeReadIsRetriedAndThenElseRuns() {
    ScriptedBackend model = says("x", "y", "z");
    Object result =
        run(
            "program p() { \"Q\" retry 2 { \":\" gen n: int } else { \"!\" gen n } return n }",
            model);
    assertEquals("z", result);
    assertEquals(List.of("Q:", "Q:", "Q!"), prompts(model));
  }

  /// A wrong name of a model must not become an answer of `else`.
  @Test
  void aModelThatCannotBeAskedEndsTheProgramEvenInARetry() {
    ScriptedBackend model =
        new ScriptedBackend(List.of()) {
          @Override
          public Generation generate(Request request) {
            throw new UnavailableException("there is no model nope");
          }
        };
    RunException error =
        assertThrows(
            RunException.class,
            () -> run("program p() { retry 3 { gen x } else { return 1 } return 2 }", model));
    assertEquals("there is no model nope", error.getMessage());
  }

  @Test
  void failEndsTheRoutineEvenInARetry() {
    RunException error =
        assertThrows(
            RunException.class,
            () -> run("program p() { retry 5 { gen x fail \"no: {x}\" } }", says("a", "b")));
    assertEquals("no: a", error.getMessage());
  }

  @Test
  void whatACalledProgramFailsWithIsRetried() {
    Object result =
        run(
            "program q() { gen n: int if n < 5 { fail \"small\" } return n } program main() { retry 3 { let n = q() + 0 } return n }",
            says("1", "2", "7"));
    assertEquals(7L, result);
  }

  @Test
  void returnAndForksWorkInsideOfARetry() {
    Object result =
        run(
            "program p() { retry 2 { fork i in 1..2 as f { \"{i}\" gen x } join f return [b.x for b in f] } }",
            says("a", "a"));
    assertEquals(List.of("a", "a"), result);
  }

  // --- with, think

  @Test
  void thoughtsAreShownWhileTheMessageIsWrittenAndNotLater() {
    ScriptedBackend model = says("hm", "42", "bye");
    Object result =
        run(
            "program p() { user \"Q\" assistant { think why (max_tokens: 9) gen n: int } user \"So?\" assistant gen x return [why, n, x] }",
            model);
    assertEquals(List.of("hm", 42L, "bye"), result);
    assertEquals(
        List.of(
            "[user Q]<think>\n",
            "[user Q]<think>\nhm\n</think>\n\n",
            "[user Q][assistant 42][user So?]"),
        prompts(model));
  }

  @Test
  void optionsOfAWithAreThoseOfTheInnermostBlock() {
    List<String> asked = new ArrayList<>();
    ScriptedBackend model =
        new ScriptedBackend(List.of("a", "b", "c", "d")) {
          @Override
          public dev.sgl.backend.Generation generate(dev.sgl.backend.Request request) {
            asked.add(
                request.sampling().choice().temperature().orElse(-1)
                    + " "
                    + request.sampling().length().maxTokens().orElse(-1));
            return super.generate(request);
          }
        };
    run(
        "program p() { with (temperature: 0.5, max_tokens: 7) { gen a with (temperature: 1) { gen b (max_tokens: 3) } gen c } gen d return 1 }",
        model);
    assertEquals(List.of("0.5 7", "1.0 3", "0.5 7", "-1.0 -1"), asked);
  }

  // --- join … append

  @Test
  void branchesCanBeAddedToTheConversationInTheirOrder() {
    ScriptedBackend model = says("s", "s", "end");
    run(
        "program p() { user \"Docs\" fork d in [\"a\", \"b\"] as f { user \"{d}?\" assistant gen x } join f append user \"All?\" assistant gen y return y }",
        model);
    assertEquals(
        "[user Docs][user a?][assistant s][user b?][assistant s][user All?]",
        prompts(model).getLast());
  }

  @Test
  void branchesInsideOfAMessageAreAddedToIt() {
    ScriptedBackend model = says("s", "s", "end");
    run(
        "program p() { user \"Q\" assistant { \"Tips:\" fork i in 1..2 as f { \" {i}. \" gen x } join f append \" So: \" gen y } return 1 }",
        model);
    assertEquals("[user Q]Tips: 1. s 2. s So: ", prompts(model).getLast());
  }

  // --- tools

  private static final String TOOLS =
      "tool search(query: string, most: int = 2) -> string[] tool finish(answer: string) ";

  private static RunOptions searching(List<Map<String, Object>> calls) {
    return RunOptions.DEFAULT.withTools(
        Map.of(
            "search",
            arguments -> {
              calls.add(arguments);
              if ("broken".equals(arguments.get("query"))) {
                throw new IllegalStateException("no network");
              }
              return List.of("found " + arguments.get("query"));
            }));
  }

  @Test
  void toolsAreCalledWithTheirDefaults() {
    List<Map<String, Object>> calls = new ArrayList<>();
    Object result =
        run(
            TOOLS + "program p() { return search(\"tea\") + search(most: 5, query: \"rain\") }",
            says(),
            searching(calls));
    assertEquals(List.of("found tea", "found rain"), result);
    assertTrue(calls.contains(Map.of("query", "tea", "most", 2L)), calls.toString());
    assertTrue(calls.contains(Map.of("query", "rain", "most", 5L)));
  }

  @Test
  void anActionIsMatchedAndRun() {
    String agent =
        TOOLS
            + "program p() { for i in 1..3 { assistant gen action: call<search | finish> match action { finish(answer) -> return answer _ -> user \"{run(action)}\" } } fail \"lost\" }";
    ScriptedBackend model =
        says(
            "{\"name\":\"search\",\"arguments\":{\"query\":\"tea\"}}",
            "{\"name\":\"finish\",\"arguments\":{\"answer\":\"done\"}}");
    assertEquals("done", run(agent, model, searching(new ArrayList<>())));
    assertTrue(prompts(model).getLast().contains("[user [\"found tea\"]]"));
  }

  @Test
  void aToolThatFailsIsAnErrorWithItsNameThatARetryCatches() {
    RunException error =
        assertThrows(
            RunException.class,
            () ->
                run(
                    TOOLS + "program p() { return search(\"broken\") }",
                    says(),
                    searching(new ArrayList<>())));
    assertEquals("the tool `search` failed: no network", error.getMessage());
    Object result =
        run(
            TOOLS
                + "program p() { retry 3 { gen q let found = search(q) } else { let found = [] } return found }",
            says("broken", "broken", "tea"),
            searching(new ArrayList<>()));
    assertEquals(List.of("found tea"), result);
  }

  @Test
  void aToolThatNothingIsBoundToSaysHowToBindIt() {
    RunException error =
        assertThrows(
            RunException.class, () -> run(TOOLS + "program p() { return search(\"x\") }", says()));
    assertTrue(String.valueOf(error.getMessage()).contains("--tool search="), error.getMessage());
  }

  // --- match

  @Test
  void armsAreTriedInOrderByValueAndType() {
    String source =
        "program p() { let out = [] for x in [7, 3, \"abc\", \"12\", true, none, [1]] { match x { 7 -> out = out + [\"seven\"] int -> out = out + [\"int\"] r\"[0-9]+\" -> out = out + [\"digits\"] string -> out = out + [\"text\"] bool | none -> out = out + [\"odd\"] _ -> out = out + [\"other\"] } } return out }";
    assertEquals(
        List.of("seven", "int", "text", "digits", "odd", "odd", "other"), run(source, says()));
  }

  // --- pictures

  @Test
  void picturesBelowTheFolderAreShownAndNoOthers() throws Exception {
    byte[] png = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 0};
    Path inside = Files.createDirectory(folder.resolve("in"));
    Files.write(inside.resolve("a.png"), png);
    Files.write(folder.resolve("secret.png"), png);
    Files.createSymbolicLink(inside.resolve("link.png"), folder.resolve("secret.png"));
    Files.writeString(inside.resolve("text.png"), "no picture");
    RunOptions options = RunOptions.DEFAULT.withPictures(new Pictures(List.of(inside), Set.of()));
    ScriptedBackend model = says("a cat");
    assertEquals(
        "a cat",
        run("program p() { user { image \"a.png\" } assistant gen x return x }", model, options));
    Prompt.Chat chat = (Prompt.Chat) model.prompts().getFirst();
    assertEquals(
        "data:image/png;base64," + Base64.getEncoder().encodeToString(png),
        ((Prompt.Part.Image) chat.messages().getFirst().parts().getFirst()).url());
    for (String path :
        List.of("../secret.png", "link.png", "text.png", "none.png", "https://example.com/a.png")) {
      RunException error =
          assertThrows(
              RunException.class,
              () -> run("program p() { user image \"" + path + "\" }", says(), options));
      assertTrue(String.valueOf(error.getMessage()).length() > 10, error.getMessage());
    }
  }

  // --- values

  @Test
  void recursiveValuesAreReadAndChecked() {
    String tree = "type Tree = { n: int, kids: Tree[] } ";
    Object value =
        run(
            tree
                + "fn sum_of(t: Tree) -> int { return t.n + sum([sum_of(k) for k in t.kids]) } program p() { gen t: Tree return sum_of(t) }",
            says("{\"n\":1,\"kids\":[{\"n\":2,\"kids\":[{\"n\":3,\"kids\":[]}]}]}"));
    assertEquals(6L, value);
    assertThrows(
        RunException.class,
        () -> run(tree + "program p() { gen t: Tree return t }", says("{\"n\":1,\"kids\":[{}]}")));
  }

  @Test
  void mapsSchemasAndBoundedNumbersAreChecked() {
    assertEquals(
        Map.of("a", 1L), run("program p() { gen m: map<int> return m }", says("{\"a\":1}")));
    assertThrows(
        RunException.class,
        () -> run("program p() { gen m: map<int> return m }", says("{\"a\":true}")));
    assertThrows(
        RunException.class, () -> run("program p() { gen x: float<0..1> return x }", says("1.5")));
    String schema = "schema \"{{\\\"type\\\": \\\"object\\\", \\\"required\\\": [\\\"a\\\"]}}\"";
    assertEquals(
        Map.of("b", 2L, "a", Values.NONE),
        run("program p() { gen x: " + schema + " return x }", says("{\"b\":2,\"a\":null}")));
    assertThrows(
        RunException.class,
        () -> run("program p() { gen x: " + schema + " return x }", says("{\"b\":2}")));
  }

  /// Says `1` to everything, at the cost of 10 tokens, and remembers how it was asked.
  private static final class Asked extends ScriptedBackend {
    private final List<Sampling> samplings = new ArrayList<>();

    Asked() {
      super(List.of("1", "1", "1"));
    }

    @Override
    public Generation generate(Request request) {
      samplings.add(request.sampling());
      Generation said = super.generate(request);
      return new Generation() {
        @Override
        public Optional<String> next() {
          return said.next();
        }

        @Override
        public Reply reply() {
          Reply reply = said.reply();
          return new Reply(
              reply.text(),
              List.of(),
              0,
              reply.finish(),
              reply.stop(),
              new Reply.Usage(0, 0, 10, 0),
              reply.timing(),
              List.of());
        }

        @Override
        public void close() {
          said.close();
        }
      };
    }
  }

  @Test
  void aStopAroundIsForWhatHasNoEndOfItsOwn() {
    Asked model = new Asked();
    run("program p() { with (stop: \"x\") { gen a gen b: int gen c: string<..4> } }", model);
    assertEquals(
        List.of(List.of("x"), List.of(), List.of("x")),
        model.samplings.stream().map(s -> s.stops().texts()).toList());
  }

  @Test
  void anInnerBudgetIsPartOfTheOuterOne() {
    Asked model = new Asked();
    run(
        "program p() { with (budget: 30 tokens) { with (budget: 25 tokens) { gen a let x = a + \"\" gen b let y = b + \"\" } gen c } return c }",
        model);
    assertEquals(
        List.of(25, 15, 10),
        model.samplings.stream().map(s -> s.length().budget().orElse(-1)).toList());
  }
}
