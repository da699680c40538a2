package dev.sgl.cli.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.cli.options.UsageException;
import dev.sgl.compiler.Compiler;
import dev.sgl.program.Program;
import dev.sgl.run.RunOptions;
import dev.sgl.testing.Fuzz;
import dev.sgl.testing.Json;
import dev.sgl.testing.JsonMutator;
import dev.sgl.testing.Mutator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Inputs and outputs of batches with random mistakes: each line is answered or says why not, and
/// an output that does not belong to its input is refused.
class BatchFuzzTest {
  private static final int CHANGED = 10_000; // the length of an answer that is changed, at most
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private static final Program PROGRAM =
      Compiler.compile(
              "p.sgl",
              """
              program p(n: int, who: { name: string, tags: string[], age?: float<0..200> }) -> string {
                check n >= 0
                return "{who.name} {n + 1} {who.tags.len}"
              }
              """)
          .program()
          .orElseThrow();

  private static final JsonNode INPUT =
      Json.parse("{\"n\":1,\"who\":{\"name\":\"A\",\"tags\":[\"a\",\"b\"],\"age\":2.5}}");

  @TempDir Path folder = Path.of("");

  /// An input, and the seed of the mistakes in the output that it gets.
  private record Batch(byte[] input, long seed) {
    @Override
    public String toString() {
      return new String(input, StandardCharsets.UTF_8) + "seed of the output: " + seed;
    }
  }

  private static Batch batch(JsonMutator json, SplittableRandom random) {
    StringBuilder lines = new StringBuilder();
    for (int count = random.nextInt(6); count >= 0; count--) {
      String line = random.nextInt(2) == 0 ? INPUT.toString() : json.mutate(INPUT, random);
      lines.append(line).append(random.nextInt(20) == 0 ? "\r" : "\n");
    }
    return new Batch(Mutator.bytes(lines.toString(), random), random.nextLong());
  }

  @Test
  void eachLineIsAnsweredAndEachOutputContinuedOrRefused() {
    JsonMutator json = new JsonMutator(List.of(INPUT));
    Fuzz.run(LIMIT, random -> batch(json, random), this::check);
  }

  private void check(Batch batch) throws IOException, InterruptedException {
    Path input = Files.write(folder.resolve("in.jsonl"), batch.input());
    Path output = folder.resolve("out.jsonl");
    Files.deleteIfExists(output);
    try {
      List<BatchLine> lines = BatchLine.read(input);
      run(lines, output);
      List<String> answers = Files.readAllLines(output);
      assertEquals(lines.size(), answers.size());
      for (String answer : answers) {
        assertTrue(Json.parse(answer).has("result") || Json.parse(answer).has("error"), answer);
        assertFalse(answer.contains("a mistake of sglc"), answer);
      }
      Files.copy(output, folder.resolve("old.jsonl"), StandardCopyOption.REPLACE_EXISTING);
      Files.write(output, changed(answers, new SplittableRandom(batch.seed())));
      BatchFile.goesOn(folder.resolve("old.jsonl"), output);
      run(lines, output);
      assertEquals(lines.size(), Files.readAllLines(output).size());
    } catch (UsageException e) {
      assertFalse(String.valueOf(e.getMessage()).isBlank());
    }
  }

  private static byte[] changed(List<String> answers, SplittableRandom random) {
    List<JsonNode> some =
        answers.stream().filter(answer -> answer.length() <= CHANGED).map(Json::parse).toList();
    StringBuilder changed = new StringBuilder();
    for (String answer : answers) {
      boolean isChanged = answer.length() <= CHANGED && random.nextInt(answers.size()) == 0;
      changed
          .append(isChanged ? new JsonMutator(some).mutate(Json.parse(answer), random) : answer)
          .append('\n');
    }
    return Mutator.bytes(changed.toString(), random);
  }

  private static void run(List<BatchLine> lines, Path output)
      throws IOException, InterruptedException {
    int done = BatchFile.existing(output, lines).count();
    try (BatchFile out = BatchFile.open(output, done)) {
      new BatchRun(PROGRAM, new ScriptedBackend(List.of()), 4, RunOptions.DEFAULT)
          .run(lines, out, Collections.emptyIterator(), () -> {});
    }
  }
}
