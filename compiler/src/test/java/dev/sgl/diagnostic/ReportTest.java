package dev.sgl.diagnostic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.compiler.Compiler;
import org.junit.jupiter.api.Test;

/// How diagnostics are shown where there is much to show.
class ReportTest {
  private static String report(String source) {
    return Compiler.compile("x.sgl", source).report();
  }

  @Test
  void aLongLineIsCutAroundThePlace() {
    String items = "1 , ".repeat(1000);
    assertEquals(
        """
        error[unknown-name]: `ü` is not defined.
         --> x.sgl:1:4033
          |
        1 | …%s"🙂" , ü , %s…
          |  %s^ not defined here
        """
            .formatted(", " + "1 , ".repeat(12) + "1 , ", "1 , ".repeat(24), " ".repeat(60)),
        report("program main() { let x = [" + items + "\"🙂\" , ü , " + items + "1] }"));
  }

  @Test
  void notMoreAreShownThanAnyoneReads() {
    String report = report("program main() {\n" + "  a\n".repeat(250) + "}\n");
    assertEquals(100, report.split("-->").length - 1);
    assertTrue(report.endsWith("\n… and 150 more\n"), report.substring(report.length() - 200));
  }
}
