package dev.sgl.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.compiler.Compiler;
import dev.sgl.compiler.Parsed;
import dev.sgl.compiler.Sources;
import dev.sgl.program.Printer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.antlr.v4.runtime.Token;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// What is formatted is laid out as expected, says the same, and stays as it is.
class FormatterTest {
  private static final Path CASES = Path.of("src/test/resources/format");
  private static final List<Path> FOLDERS =
      List.of(
          Path.of("../samples"),
          Path.of("../bench/programs"),
          Path.of("src/test/resources/programs"),
          Path.of("src/test/resources/diagnostics"));

  private static String format(String source) {
    Formatter.Result result = Formatter.format("x.sgl", source);
    return result.text().orElseThrow(() -> new AssertionError(result.diagnostics().toString()));
  }

  /// What is not blank: tokens and comments.
  private static List<String> words(String source) {
    return Parsed.of("x.sgl", source).tokens().stream()
        .filter(t -> t.getType() != dev.sgl.grammar.SglLexer.SPACE && t.getType() != Token.EOF)
        .map(t -> t.getText().stripTrailing())
        .toList();
  }

  @TestFactory
  Stream<DynamicTest> cases() throws IOException {
    try (Stream<Path> files = Files.list(CASES)) {
      return files.filter(f -> f.toString().endsWith(".sgl")).sorted().toList().stream()
          .map(
              file ->
                  DynamicTest.dynamicTest(
                      file.getFileName().toString(),
                      () -> {
                        String formatted = format(Files.readString(file));
                        Path expected = Path.of(file.toString().replaceFirst("\\.sgl$", ".out"));
                        if (Boolean.getBoolean("golden.update")) {
                          Files.writeString(expected, formatted);
                        }
                        assertEquals(Files.readString(expected), formatted);
                        assertEquals(formatted, format(formatted), "a second time");
                        assertEquals(words(Files.readString(file)), words(formatted));
                      }));
    }
  }

  @TestFactory
  Stream<DynamicTest> allProgramsStayTheSame() throws IOException {
    Stream<DynamicTest> tests = Stream.empty();
    for (Path folder : FOLDERS) {
      try (Stream<Path> files = Files.list(folder)) {
        tests =
            Stream.concat(
                tests,
                files.filter(f -> f.toString().endsWith(".sgl")).sorted().toList().stream()
                    .map(f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> same(f))));
      }
    }
    return tests;
  }

  private static void same(Path file) throws IOException {
    String source = Files.readString(file);
    Formatter.Result result = Formatter.format(file.toString(), source);
    if (result.text().isEmpty()) {
      return; // a case of a syntax error
    }
    String formatted = result.text().get();
    assertEquals(formatted, format(formatted), "a second time");
    assertEquals(words(source), words(formatted));
    assertEquals(printed(file, source), printed(file, formatted));
  }

  private static String printed(Path file, String source) {
    return Compiler.compile(file.toString(), source, Sources.below(file.resolveSibling("")))
        .program()
        .map(Printer::print)
        .orElse("");
  }

  @Test
  void whatCannotBeReadIsNotTouched() {
    Formatter.Result result = Formatter.format("x.sgl", "program p( {");
    assertTrue(result.text().isEmpty() && !result.diagnostics().isEmpty());
  }
}
