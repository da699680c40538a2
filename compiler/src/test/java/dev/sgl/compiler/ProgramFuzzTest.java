package dev.sgl.compiler;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.analysis.Analysis;
import dev.sgl.format.Formatter;
import dev.sgl.testing.Fuzz;
import dev.sgl.testing.Mutator;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// Programs with random mistakes, pieces of which are repeated up to thousands of times: compiler,
/// formatter and analysis come to their ends in a time that grows with the length of the program.
class ProgramFuzzTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  /// Characters that a program has at most; longer ones are cut off.
  private static final int MOST_CHARACTERS = 1 << 16;

  private static final int REPEATS = 5000;

  private static void run(Fuzz.Claim<String> claim) throws IOException {
    Mutator programs = Programs.mutator(REPEATS);
    Fuzz.run(
        LIMIT,
        random -> {
          String program = programs.mutate(random);
          return program.substring(0, Math.min(program.length(), MOST_CHARACTERS));
        },
        claim);
  }

  @Test
  void noProgramTakesLong() throws IOException {
    run(
        program -> {
          Compiler.Result result = Compiler.compile("fuzzed.sgl", program);
          assertTrue(result.program().isPresent() || !result.report().isEmpty());
        });
  }

  @Test
  void noProgramTakesLongToFormat() throws IOException {
    run(program -> Formatter.format("fuzzed.sgl", program));
  }

  @Test
  void noProgramTakesLongToAnalyse() throws IOException {
    run(
        program -> {
          Analysis analysis = Analysis.of("fuzzed.sgl", program, Sources.NONE);
          analysis.complete(program.length() / 2);
        });
  }
}
