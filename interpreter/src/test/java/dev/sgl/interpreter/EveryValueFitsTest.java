package dev.sgl.interpreter;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.ScriptedBackend;
import dev.sgl.compiler.Compiler;
import dev.sgl.run.RunException;
import dev.sgl.run.RunOptions;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The referee of the checker: a program that it lets pass never fails with a type error.
/// `-Dprograms=N` looks at more programs, `-Dprogram=SEED` at one.
class EveryValueFitsTest {
  private static final int PROGRAMS = Integer.getInteger("programs", 1_000);

  /// Most programs are mistaken; of so many at least one must pass, or the test looks at nothing.
  private static final int ONE_OF = 30;

  /// Failures that no types can rule out.
  private static final Pattern FREE =
      Pattern.compile("a check failed.*|there is no item .*|.*too large.*", Pattern.DOTALL);

  @Test
  void whatTheCheckerLetsPassNeverFailsForItsTypes() {
    Integer only = Integer.getInteger("program");
    int ran = 0;
    for (int seed = only == null ? 0 : only; seed <= (only == null ? PROGRAMS : only); seed++) {
      ran += runs(seed) ? 1 : 0;
    }
    int passed = ran;
    assertTrue(
        only != null || passed > PROGRAMS / ONE_OF, () -> "only " + passed + " programs pass");
  }

  /// Whether the program of a seed passes the checker, and so runs.
  private static boolean runs(int seed) {
    RandomPrograms.Case program = RandomPrograms.next(new SplittableRandom(seed));
    Compiler.Result compiled = Compiler.compile("random.sgl", program.source());
    if (compiled.program().isEmpty()) {
      return false;
    }
    try {
      Interpreter.run(
          compiled.program().get(),
          program.arguments(),
          new ScriptedBackend(program.replies()),
          RunOptions.DEFAULT);
    } catch (RunException e) {
      String message = String.valueOf(e.getMessage());
      assertTrue(
          FREE.matcher(message).matches(),
          () ->
              "-Dprogram="
                  + seed
                  + ": "
                  + e
                  + "\n"
                  + program.arguments()
                  + "\n"
                  + program.source());
    }
    return true;
  }
}
