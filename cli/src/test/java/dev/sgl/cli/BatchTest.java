package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `sglc batch`: what stands in its output, whatever went wrong before.
class BatchTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// Long runs at the beginning, so that the later lines are done first.
  private static final String PROGRAM =
      "program p(n: int) { user \"Hello!\" assistant gen x (max_tokens: 25 - n, temperature: 0) check n != %d return n * 2 }";

  @TempDir Path folder = Path.of("");
  private Path program = Path.of("");
  private Path input = Path.of("");
  private Path output = Path.of("");

  @BeforeEach
  void write() throws IOException {
    program = folder.resolve("p.sgl");
    input = folder.resolve("in.jsonl");
    output = folder.resolve("out.jsonl");
    failAt(0);
    Files.write(input, IntStream.rangeClosed(1, 20).mapToObj(n -> "{\"n\": " + n + "}").toList());
  }

  private void failAt(int n) throws IOException {
    Files.writeString(program, PROGRAM.formatted(n));
  }

  private Sglc batch(String... more) {
    List<String> all =
        new ArrayList<>(
            List.of("batch", program.toString(), "-i", input.toString(), "-o", output.toString()));
    all.addAll(List.of(more));
    return Sglc.run(all.toArray(String[]::new));
  }

  private List<JsonNode> lines() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(output)) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  private void allIsThere() throws IOException {
    List<JsonNode> lines = lines();
    assertEquals(20, lines.size());
    for (int n = 1; n <= 20; n++) {
      assertEquals(
          JSON.readTree("{\"line\":%d,\"input\":{\"n\":%d},\"result\":%d}".formatted(n, n, 2 * n)),
          lines.get(n - 1));
    }
  }

  @Test
  void theOrderIsThatOfTheInput() throws IOException {
    Sglc run = batch();
    assertEquals(0, run.code(), run.err());
    assertTrue(run.err().startsWith("20 lines in "), run.err());
    allIsThere();
  }

  @Test
  void whatWasBrokenOffGoesOnWhereItStopped() throws IOException {
    batch();
    List<String> whole = Files.readAllLines(output);
    Files.writeString(output, String.join("\n", whole.subList(0, 7)) + "\n{\"line\":8,\"inp");
    Sglc run = batch();
    assertEquals(0, run.code(), run.err());
    assertTrue(run.err().contains("which has 7 lines\n13 lines in "), run.err());
    allIsThere();
    assertTrue(batch().err().startsWith("all 20 lines"));
  }

  @Test
  void linesThatFailAreReportedAndCanBeRunAgain() throws IOException {
    failAt(7);
    Sglc run = batch();
    assertEquals(1, run.code());
    assertTrue(run.err().contains("line 7: ") && run.err().contains("1 of 20 lines failed"));
    assertTrue(lines().get(6).path("error").asText().contains("check"), lines().get(6).toString());
    assertEquals(40, lines().get(19).path("result").asInt());
    assertEquals(1, batch().code(), "what failed stays so without --retry-failed");
    failAt(0);
    Sglc again = batch("--retry-failed");
    assertEquals(0, again.code(), again.err());
    assertTrue(again.err().startsWith("1 lines in "), again.err());
    allIsThere();
  }

  @Test
  void aRetryThatWasBrokenOffGoesOnToo() throws IOException {
    failAt(7);
    batch();
    Path retried = folder.resolve("out.jsonl.retried");
    Files.write(retried, Files.readAllLines(output).subList(0, 5));
    failAt(0);
    Sglc again = batch("--retry-failed");
    assertEquals(0, again.code(), again.err());
    assertTrue(again.err().contains("which has 5 lines\n1 lines in "), again.err());
    allIsThere();
    assertFalse(Files.exists(retried));
  }

  @Test
  void aRetryOfAnotherOutputIsNotGoneOnWith() throws IOException {
    failAt(7);
    batch();
    Path retried = folder.resolve("out.jsonl.retried");
    List<String> old = Files.readAllLines(output).subList(0, 3);
    Files.write(retried, old.stream().map(l -> l.replace("\"result\":", "\"result\":99")).toList());
    failAt(0);
    assertEquals(0, batch("--retry-failed").code());
    allIsThere();
  }

  @Test
  void whatWasBrokenOffInsideOfACharacterGoesOn() throws IOException {
    batch();
    byte[] all = Files.readAllBytes(output);
    byte[] cut = Arrays.copyOf(all, all.length - 10);
    cut[cut.length - 1] = (byte) 0xC3;
    Files.write(output, cut);
    assertEquals(0, batch().code());
    allIsThere();
  }

  @Test
  void linesThatNoEncodingHasAndHugeNumbersAreRepeated() throws IOException {
    Files.writeString(program, "program p(t) { return t }");
    Files.writeString(input, "{\"t\": \"\\ud83d\"}\n{\"t\": 1e400}\n{\"t\": \"é 😀\"}\n");
    assertEquals(0, batch().code());
    assertEquals(0, batch().code(), "it is known to be done");
    assertEquals("\ud83d", lines().getFirst().path("result").asText());
    assertTrue(Files.readString(output).contains("1E+400"), Files.readString(output));
    assertTrue(Files.readString(output).contains("é 😀"));
  }

  @Test
  void linesThatAreNoArgumentsFailAloneAndBlankOnesAreCounted() throws IOException {
    Files.writeString(input, "{\"n\": 1}\n\nnot JSON\n{\"m\": 2}\n[3]\n{\"n\": 4}\n");
    Sglc run = batch("--quiet");
    assertEquals(1, run.code());
    assertEquals(
        List.of(1, 3, 4, 5, 6), lines().stream().map(l -> l.path("line").asInt()).toList());
    assertEquals("not JSON", lines().get(1).path("input").asText());
    assertEquals(2, lines().getFirst().path("result").asInt());
    assertEquals(8, lines().getLast().path("result").asInt());
    assertTrue(run.err().contains("line 4: `p` has no parameter `m`"), run.err());
    assertTrue(run.err().contains("3 of 5 lines failed"), run.err());
  }

  @Test
  void anOutputOfSomethingElseIsLeftAlone() throws IOException {
    Files.writeString(output, "my notes\n");
    batch().failed(2, "line 1 of " + output + " does not belong to this input");
    assertEquals("my notes\n", Files.readString(output));
    assertEquals(0, batch("--overwrite").code());
    allIsThere();
  }

  @Test
  void wrongUse() {
    batch("-p", "0").failed(2, "--parallel must be at least 1");
    Path known = output;
    for (String none : List.of(folder.toString(), folder + "/no/out.jsonl", "/dev/null", "-")) {
      output = Path.of(none);
      batch().failed(2, "--output");
    }
    output = known;
    output = input;
    batch().failed(2, "--output is the input itself");
    input = folder.resolve("nothing");
    batch().failed(2, "there is no file");
  }

  @Test
  void aModelThatIsGoneStopsTheBatchAndLosesNothing() throws IOException {
    Files.write(
        input, IntStream.range(0, 200).mapToObj(n -> "{\"n\": " + (n % 20 + 1) + "}").toList());
    Sglc run = batch("--endpoint", "http://127.0.0.1:1/v1", "-m", "none", "-p", "4");
    run.failed(3, "run the batch again with --retry-failed");
    int written = lines().size();
    assertTrue(written >= 20 && written < 40, written + " lines");
    Sglc again = batch("--retry-failed");
    assertEquals(0, again.code(), again.err());
    assertEquals(200, lines().size());
    assertTrue(lines().stream().allMatch(line -> line.has("result")));
  }
}
