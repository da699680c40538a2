package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.testing.Fuzz;
import dev.sgl.testing.Json;
import dev.sgl.testing.JsonMutator;
import dev.sgl.testing.Mutator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Recordings of tests with random mistakes: the tests pass, fail, or the file is refused.
class RecordingFuzzTest {
  /// An answer that was cancelled waits 10 seconds to be cancelled again.
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private static final String SOURCE =
      """
      program p(essay: string) -> int {
        user "Rate: {essay}"
        assistant gen score: int<1..10> (max_tokens: 4)
        assistant select word from ["good", "bad"]
        fork as both {
          branch short { assistant gen x (max_tokens: 2) }
          branch long { assistant gen x (max_tokens: 9) }
        }
        join both first 1
        return score
      }
      test "rates" { check p("Hi.") > 0 }
      """;

  @TempDir Path folder = Path.of("");

  private record Recorded(byte[] replies) {
    @Override
    public String toString() {
      return new String(replies, StandardCharsets.UTF_8);
    }
  }

  private static Recorded recorded(JsonMutator json, SplittableRandom random) {
    return new Recorded(Mutator.bytes(json.mutate(random), random));
  }

  @Test
  void eachIsReplayedOrRefused() throws IOException {
    Path source = Files.writeString(folder.resolve("p.sgl"), SOURCE);
    Sglc record = Sglc.run("test", source.toString(), "--record");
    Path replies = folder.resolve("p.replies.json");
    assertTrue(Files.exists(replies), record.out() + record.err());
    JsonNode plain = Json.read(replies);
    Fuzz.run(
        LIMIT,
        random -> recorded(new JsonMutator(List.of(plain)), random),
        recorded -> {
          Files.write(replies, recorded.replies());
          Sglc run = Sglc.run("test", source.toString());
          String said = run.out() + run.err();
          assertTrue(run.code() <= 2, said);
          assertFalse(said.contains("could not be run") || said.contains("mistake of"), said);
        });
  }
}
