package dev.sgl.interpreter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Generation;
import dev.sgl.backend.Request;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.compiler.Compiler;
import dev.sgl.run.RunException;
import dev.sgl.run.RunLimits;
import dev.sgl.run.RunOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Programs that would take all memory or all time end with an error that names the limit.
@Timeout(60)
class LimitsTest {
  private static final RunLimits FEW = new RunLimits(100_000, 500, 1_000_000);

  private static Object run(String source, RunLimits limits) {
    Compiler.Result result = Compiler.compile("test.sgl", source);
    assertTrue(result.program().isPresent(), result.report());
    RunOptions options = RunOptions.DEFAULT.withLimits(limits);
    return Interpreter.run(result.program().get(), Map.of(), new Silent(), options);
  }

  /// A model that thinks until it is interrupted.
  private static final class Silent extends ScriptedBackend {
    Silent() {
      super(List.of());
    }

    @Override
    public Generation generate(Request request) {
      try {
        Thread.sleep(Duration.ofMinutes(1));
      } catch (InterruptedException e) {
        throw new CancellationException("interrupted");
      }
      return super.generate(request);
    }
  }

  private static String failure(String source, RunLimits limits) {
    return String.valueOf(assertThrows(RunException.class, () -> run(source, limits)).getMessage());
  }

  @Test
  void callsThatAreUnfinishedAreLimited() {
    String source =
        """
        program a(n: int) -> int { let x = a(n + 1) let y = a(n + 2) return x + y }
        program main() { return a(0) }
        """;
    assertTrue(failure(source, FEW).contains("500 calls, branches and messages"));
  }

  @Test
  void branchesThatAreUnfinishedAreLimited() {
    String source =
        """
        program main() {
          fork i in 1..600 as tries { "{i}" gen answer }
          join tries
        }
        """;
    assertTrue(failure(source, FEW).contains("500 calls, branches and messages"));
  }

  @Test
  void manyCallsOneAfterTheOtherAreFine() {
    String source =
        """
        program a(n: int) -> int { return n }
        program main() -> int {
          let sum = 0
          for i in 1..3000 { sum = sum + a(i) }
          return sum
        }
        """;
    assertEquals(3000L * 3001 / 2, run(source, FEW));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "for i in 1..40 { s = s + s } | too long",
        "for i in 1..40 { s = \"{s}{s}\" } | too long",
        "for i in 1..40 { s = s.replace(\"\", s) } | too long",
        "for i in 1..40 { s = join([s, s, s], s) } | too long",
        "for i in 1..40 { s = bullets([s, s]) } | too long",
        "let l = [s] for i in 1..40 { l = l + l } | too long",
        "let l = [s] for i in 1..40 { l = [l, l] } s = text(l) | may have 4,000,000 parts",
        "let l = [s] for i in 1..40 { l = [l, l] } let b = l == [l] | may have 4,000,000 parts",
        "for i in 1..20 { s = s + s } let l = [s, s] for i in 1..10 { l = [l, l] } s = json(l) | too long",
        "let l = [s] for i in 1..600 { l = [l] } let n = len(l) | nested more than 500 deep",
        "let l = [s] for i in 1..600 { l = [l] } return l | nested more than 500 deep",
        "let l = [s] for i in 1..40 { l = [l, l] } return l | may have 4,000,000 parts",
        "for i in 1..24 { s = s + s } let l = split(s, \"\") | too long",
        "for i in 1..24 { s = s + s } let l = split(s, \"a\") | too long",
        "let l = 1..9223372036854775807 | too long",
      })
  void valuesAreLimited(String body, String message) {
    String source = "program main() {\n  let s = \"a\"\n  " + body.replace("} ", "}\n  ") + "\n}";
    String failure = failure(source, RunLimits.DEFAULT);
    assertTrue(failure.contains(message), failure);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "let l = [s] for i in 1..1000 { l = l + [\"{i}\" + big] } | too much text",
        "let l = [s] for i in 1..40 { l = [l, l] } let n = len(l) | computes too much",
        "let l = [] for i in 1..200 { l = l + [1..1000] } | computes too much",
      })
  void whatARunMakesIsLimited(String body, String message) {
    String source =
        "program main() {\n  let s = \"a\"\n  let big = s\n  for i in 1..16 { big = big + big }\n  "
            + body.replace("} ", "}\n  ")
            + "\n}";
    String failure = failure(source, FEW);
    assertTrue(failure.contains(message), failure);
  }

  @Test
  void splittingKeepsEmptyParts() {
    assertEquals(
        List.of("a", "", "b", ""),
        run("program main() { return split(\"a,,b,\", \",\") }", RunLimits.DEFAULT));
  }
}
