package dev.sgl.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.check.PrefixCheck;
import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.diagnostic.Report;
import dev.sgl.program.Printer;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// One file a claim: `NAME.sgl` beside the diagnostics that it gets, or the program that it means.
/// `-Dgolden.update=true` writes the expected files anew.
class GoldenTest {
  private static final Path DIAGNOSTICS = Path.of("src/test/resources/diagnostics");
  private static final Path SYNTAX = Path.of("src/test/resources/syntax");
  private static final Path PROGRAMS = Path.of("src/test/resources/programs");

  private static Stream<Path> sources(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".sgl")).sorted().toList().stream();
    }
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  private static void golden(Path source, String ending, String actual) throws IOException {
    Path expected = source.resolveSibling(name(source).replace(".sgl", ending));
    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(expected, actual);
    }
    assertEquals(Files.readString(expected), actual);
  }

  @TestFactory
  Stream<DynamicTest> diagnostics() throws IOException {
    return sources(DIAGNOSTICS)
        .map(
            file ->
                DynamicTest.dynamicTest(
                    name(file),
                    () -> {
                      String source = Files.readString(file);
                      Compiler.Result result = Compiler.compile(name(file), source).runnable();
                      boolean runs = result.diagnostics().stream().allMatch(Diagnostic::isWarning);
                      assertEquals(runs, result.program().isPresent());
                      String shared =
                          result
                              .program()
                              .map(p -> Report.show(PrefixCheck.check(p), result.texts()))
                              .orElse("");
                      golden(file, ".err", result.report() + shared);
                    }));
  }

  /// Mistakes that people make who begin: what they are told, of each and of those behind it.
  @TestFactory
  Stream<DynamicTest> syntax() throws IOException {
    return sources(SYNTAX)
        .map(
            file ->
                DynamicTest.dynamicTest(
                    name(file),
                    () ->
                        golden(
                            file,
                            ".err",
                            Compiler.compile(name(file), Files.readString(file)).report())));
  }

  @TestFactory
  Stream<DynamicTest> programs() throws IOException {
    return sources(PROGRAMS)
        .map(
            file ->
                DynamicTest.dynamicTest(
                    name(file),
                    () -> {
                      String source = Files.readString(file);
                      String printed = printed(name(file), source);
                      golden(file, ".ir", printed);
                      assertEquals(
                          printed, printed(name(file), printed), "what is printed means the same");
                    }));
  }

  private static String printed(String name, String source) {
    Compiler.Result result =
        Compiler.compile(PROGRAMS + "/" + name, source, Sources.below(PROGRAMS));
    assertEquals("", result.report());
    return Printer.print(result.program().orElseThrow());
  }

  @Test
  void everyDiagnosticHasItsCase() throws IOException {
    Set<String> cases =
        sources(DIAGNOSTICS)
            .map(f -> name(f).replace(".sgl", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    assertTrue(cases.containsAll(codes()), "no case for some of " + codes());
    for (String code : codes()) {
      assertTrue(
          Files.readString(DIAGNOSTICS.resolve(code + ".err"))
              .matches("(?s).*(error|warning)\\[" + code + "].*"),
          code);
    }
  }

  @Test
  void everyDiagnosticHasItsHeadingInTheManual() throws IOException {
    String manual = Files.readString(Path.of("../docs/language.md"));
    List<String> missing =
        codes().stream().filter(code -> !manual.contains("\n### `" + code + "`\n")).toList();
    assertEquals(List.of(), missing);
  }

  /// The codes by the factories' names.
  private static Set<String> codes() {
    return Arrays.stream(Diagnostic.class.getDeclaredMethods())
        .filter(
            m ->
                Modifier.isStatic(m.getModifiers())
                    && m.getReturnType() == Diagnostic.class
                    && !m.isSynthetic())
        .map(Method::getName)
        .map(name -> name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void aProgramThatIsNestedWithoutEndIsAnError() {
    for (String deep :
        List.of(
            "(".repeat(20_000) + "1" + ")".repeat(20_000),
            "[".repeat(20_000),
            "not ".repeat(20_000))) {
      String source = "program p() { return " + deep + " }";
      assertEquals("syntax", Compiler.compile("deep", source).diagnostics().getFirst().code());
      assertEquals("syntax", Parsed.of("deep", source).diagnostics().getFirst().code());
    }
  }

  @Test
  void aFileForOthersNeedsNoProgram() {
    Compiler.Result library = Compiler.compile("lib.sgl", "fn one() -> int { return 1 }");
    assertEquals(List.of(), library.diagnostics());
    assertTrue(library.runnable().program().isEmpty());
  }

  @Test
  void theDesignsExamplesParse() throws IOException {
    Path design = Path.of("../../shared/design/language.md");
    Assumptions.assumeTrue(Files.exists(design), "the design is not here");
    List<String> examples = Markdown.blocks(Files.readString(design), "sgl");
    assertFalse(examples.isEmpty());
    for (String example : examples) {
      // an ellipsis stands for what the design leaves out
      Compiler.Result result = Compiler.compile("design", example.replace("…", ""));
      List<Diagnostic> syntax =
          result.diagnostics().stream().filter(d -> d.code().equals("syntax")).toList();
      assertEquals("", Report.show(syntax, result.texts()));
    }
  }
}
