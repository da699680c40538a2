package dev.sgl.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.format.Formatter;
import dev.sgl.grammar.SglLexer;
import dev.sgl.program.Printer;
import dev.sgl.testing.Mutator;
import dev.sgl.testing.Property;
import java.io.IOException;
import java.util.List;
import org.antlr.v4.runtime.Token;
import org.junit.jupiter.api.Test;

/// Programs with random mistakes: the compiler never throws, every diagnostic has a place in the
/// text, and what still compiles means the same when it is printed.
class MutationTest {
  private static final int CASES = Integer.getInteger("mutations", 3_000);

  private static final int REPEATS = 3; // of a piece

  @Test
  void mistakesAreDiagnosedAndNeverThrown() throws IOException {
    Mutator programs = Programs.mutator(REPEATS);
    Property.forAll(
        CASES,
        (random, _) -> {
          String source = programs.mutate(random);
          Compiler.Result result = Compiler.compile("mutated.sgl", source);
          int lines = source.split("\n", -1).length;
          for (Diagnostic diagnostic : result.diagnostics()) {
            boolean inside =
                diagnostic.span().start() <= source.length() && diagnostic.span().line() <= lines;
            assertEquals(true, inside, diagnostic + " of\n" + source);
          }
          result.report();
          result
              .program()
              .ifPresent(
                  program -> {
                    String printed = Printer.print(program);
                    Compiler.Result again = Compiler.compile("printed.sgl", printed);
                    assertEquals(
                        printed,
                        again.program().map(Printer::print).orElse(again.report()),
                        source);
                  });
        });
  }

  @Test
  void whatIsFormattedSaysTheSameAndStaysAsItIs() throws IOException {
    Mutator programs = Programs.mutator(REPEATS);
    Property.forAll(
        CASES,
        (random, _) -> {
          String source = programs.mutate(random);
          if (random.nextInt(2) == 0) { // lines broken elsewhere
            source = source.replaceAll("(?<=[,{\\[(|=])(?= )", random.nextInt(2) == 0 ? "\n" : "");
          }
          String changed = source;
          Formatter.format("mutated.sgl", changed)
              .text()
              .ifPresent(
                  text -> {
                    assertEquals(words(changed), words(text), changed);
                    assertEquals(
                        text, Formatter.format("again.sgl", text).text().orElse(""), changed);
                  });
        });
  }

  /// What is not blank: tokens and comments.
  private static List<String> words(String source) {
    return Parsed.of("x.sgl", source).tokens().stream()
        .filter(t -> t.getType() != SglLexer.SPACE && t.getType() != Token.EOF)
        .map(t -> t.getText().stripTrailing())
        .toList();
  }
}
