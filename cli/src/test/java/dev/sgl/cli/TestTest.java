package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `sglc test`: what it shows of tests that pass and of those that do not.
class TestTest {
  private static final String SOURCE =
      """
      program judge(essay: string) -> int<1..10> {
        user "Rate: {essay}"
        assistant gen score: int<1..10>
        return score
      }

      test "short essays score low" {
        given model ["2"]
        check judge("Hi.") <= 3
      }

      test "long essays score high" {
        given model ["4"]
        let score = judge("Long.")
        check score > 8, "only {score}"
      }
      """;

  @TempDir Path folder = Path.of("");

  private String file(String source) throws IOException {
    Path file = folder.resolve("judge.sgl");
    Files.writeString(file, source);
    return file.toString();
  }

  @Test
  void failuresAreShownWithTheirPlace() throws IOException {
    String file = file(SOURCE);
    Sglc run = Sglc.run("test", file);
    assertEquals(1, run.code(), run.err());
    String out = run.out().replaceAll("\\([0-9]+ ms\\)", "(N ms)");
    assertTrue(out.startsWith(file + "\n  ✓ short essays score low (N ms)\n"), out);
    assertTrue(
        out.contains("  ✗ long essays score high (N ms)\n    error[failed]: only 4.\n"), out);
    assertTrue(out.contains("judge.sgl:15:3"), out);
    assertTrue(out.endsWith("1 of 2 tests failed\n"), out);
  }

  @Test
  void aFilterChooses() throws IOException {
    Sglc run = Sglc.run("test", file(SOURCE), "--filter", "short");
    assertEquals(0, run.code(), run.out());
    assertTrue(run.out().endsWith("1 test passed\n"), run.out());
    assertEquals(2, Sglc.run("test", file(SOURCE), "--filter", "nothing").code());
  }

  @Test
  void resultsAreWrittenAsXml() throws IOException {
    Path xml = folder.resolve("results.xml");
    Sglc.run("test", file(SOURCE), "--junit", xml.toString());
    String text = Files.readString(xml);
    assertTrue(text.contains("tests=\"2\" failures=\"1\""), text);
    assertTrue(text.contains("<failure message=\"error[failed]: only 4.\">"), text);
  }

  @Test
  void withoutGivenTheModelIsAsked() throws IOException {
    String source =
        "program p() { user \"Hello!\" assistant gen x (max_tokens: 3, temperature: 0) return x } test \"says hello\" { check p().contains(\"Hello\"), p() }";
    Sglc run = Sglc.run("test", file(source));
    assertEquals(0, run.code(), run.out() + run.err());
  }

  @Test
  void recordedRepliesAreTakenInThePlaceOfAModel() throws IOException {
    String file =
        file(
            """
            program greet() { user "Hello!" assistant gen x (max_tokens: 3) return x }
            test "greets" { check greet() != "" }
            """);
    assertEquals(0, Sglc.run("test", file, "--record").code());
    Path replies = folder.resolve("judge.replies.json");
    assertTrue(Files.readString(replies).contains("\"greets\""));
    assertEquals(0, Sglc.run("test", file, "--model", "no/such/model").code());
    Sglc.run("test", file, "--live", "--model", "no/such/model").failed(2, "no/such/model");
    Files.writeString(
        Path.of(file), Files.readString(Path.of(file)).replace("Hello!", "Good morning!"));
    Sglc changed = Sglc.run("test", file);
    assertEquals(1, changed.code());
    assertTrue(changed.out().contains("no answer to this was recorded"), changed.out());
    Files.writeString(replies, "{");
    Sglc.run("test", file).failed(2, "holds no replies");
  }

  @Test
  void aReplyThatCannotBeComputedIsAFailureOfItsTest() throws IOException {
    Sglc run =
        Sglc.run(
            "test",
            file(
                "program p() { return 1 } test \"t\" { given model [parse_json(\"{{\")] check true }"));
    assertEquals(1, run.code(), run.err());
    assertTrue(run.out().contains("✗ t"), run.out());
  }

  @Test
  void aToolThatNoFileHasIsRefused() throws IOException {
    Sglc.run("test", file(SOURCE), "--tool", "serch=ls").failed(2, "no tool `serch`");
    Sglc.run("test", file(SOURCE), "--tool", "search").failed(2, "NAME=COMMAND");
  }

  private static final String AGENT =
      """
      tool search(query: string) -> string
      tool finish(answer: string)

      program agent(question: string, steps: int = 3) -> string {
        user question
        for i in 1..steps {
          assistant gen action: call<search | finish>
          match action {
            finish(answer) -> return answer
            _              -> user "Observation {i}: {run(action)}"
          }
        }
        fail "no answer in {steps} steps"
      }

      program careful(query: string) -> string {
        retry 2 { let found = search(query) } else { let found = "nothing" }
        return found
      }

      """;

  /// Runs one test of the agent, and returns its failure; nothing if it passes.
  private String agent(String body) throws IOException {
    Sglc run = Sglc.run("test", file(AGENT + "test \"t\" {\n" + body + "\n}\n"));
    assertEquals("", run.err());
    assertEquals(run.out().contains("✗ t") ? 1 : 0, run.code(), run.out());
    return run.out().contains("✗ t") ? run.out() : "";
  }

  private static final String SEARCHES =
      "given model [{name: \"search\", arguments: {query: \"x\"}}, {name: \"finish\", arguments: {answer: \"42\"}}]\n";

  @Test
  void aTestGivesTools() throws IOException {
    assertEquals("", agent(SEARCHES + "given tool search -> \"hit\" check agent(\"q\") == \"42\""));
    String one = "given model [] given tool search";
    assertEquals("", agent(one + "(q) -> \"about {q}\" check careful(\"tea\") == \"about tea\""));
    assertEquals("", agent(one + " [fail \"down\", \"b\"] check careful(\"tea\") == \"b\""));
    assertEquals("", agent(one + " -> fail \"down\" check careful(\"tea\") == \"nothing\""));
    assertEquals(
        "", agent(one + "(q) { check q == \"tea\" return q } check careful(\"tea\") == \"tea\""));
    assertEquals("", agent("given model [] given tool search [] check agent(\"q\", 0) fails"));
  }

  @Test
  void whatGoesWrongInAGivenToolCannotBeHidden() throws IOException {
    String one = "given model [] given tool search";
    String wrong =
        agent(one + "(q) { check q == \"x\" return q } check careful(\"tea\") == \"nothing\"");
    assertTrue(wrong.contains("a check failed: \"tea\" == \"x\""), wrong);
    String more = agent(one + " [\"a\"] check [careful(\"b\"), careful(\"c\")].len == 2");
    assertTrue(more.contains("gives `search` 1 answer, but it was called once more"), more);
    assertTrue(more.contains("{\"query\":\"c\"}"), more);
    String fewer = agent(one + " [\"a\", \"b\"] check careful(\"b\") == \"a\"");
    assertTrue(fewer.contains("gives `search` 2 answers, but it was called once."), fewer);
    String none = agent("given model [] check careful(\"b\") == \"nothing\"");
    assertTrue(none.contains("write `given tool search -> …` in it"), none);
    String run = agent(SEARCHES + "check agent(\"q\") fails");
    assertTrue(
        run.contains("the test does not give the tool `search`, which the program calls"), run);
  }

  @Test
  void aTestExpectsAFailure() throws IOException {
    assertEquals("", agent("given model [] check agent(\"q\", 0) fails"));
    assertEquals("", agent("given model [] check agent(\"q\", 0) fails \"in {0} steps\""));
    assertEquals("", agent("given model [] for n in 0..1 { check [1][n + 1] fails \"no item\" }"));
    String other = agent("given model [] check agent(\"q\", 0) fails \"no tea\"");
    assertTrue(
        other.contains("another failure: \"no answer in 0 steps\" does not contain \"no tea\""),
        other);
    String value = agent("given model [] given tool search -> \"a\" check careful(\"q\") fails");
    assertTrue(value.contains("a failure was expected, but the value is \"a\"."), value);
    String silent = agent("given model [] check agent(\"q\", 1) fails");
    assertTrue(silent.contains("no reply left"), silent);
  }

  @Test
  void aReplyOfAnotherTypeSaysWhatIsWrong() throws IOException {
    String call =
        agent("given model [{name: \"nothing\", arguments: {}}] check agent(\"q\") == \"42\"");
    assertTrue(call.contains("there is no tool `nothing` here, only `search`, `finish`"), call);
  }
}
