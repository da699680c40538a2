package dev.sgl.compiler;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BracesTest {
  /// They are counted before the parser sees them: its prediction takes seconds for so deep a tree.
  @ParameterizedTest
  @CsvSource({"'- ', sign", "'not ', sign", "(, bracket", "[, bracket"})
  void nestingIsBounded(String repeated, String label) {
    String source = "program main() { log " + repeated.repeat(40_000) + "1 }";
    String report = Compiler.compile("x.sgl", source).report();
    assertTrue(report.contains("The program is nested too deeply."), report);
    assertTrue(report.contains("one " + label + " more than 200"), report);
  }
}
