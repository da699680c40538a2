package dev.sgl.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.format.Formatter;
import dev.sgl.grammar.SglLexer;
import dev.sgl.program.Printer;
import dev.sgl.testing.Property;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.antlr.v4.runtime.Token;
import org.junit.jupiter.api.Test;

/// Programs with random mistakes: the compiler never throws, every diagnostic has a place in the
/// text, and what still compiles means the same when it is printed.
class MutationTest {
  private static final int CASES = Integer.getInteger("mutations", 3_000);

  /// Words, numbers and signs, blanks before them included.
  private static final Pattern PIECES = Pattern.compile("\\s*(\\w+|\"|[^\\w\\s])");

  private static final List<String> SIGNS =
      List.of(
          "{",
          "}",
          "(",
          ")",
          "[",
          "]",
          "<",
          ">",
          "\"",
          "\"\"\"",
          "{{",
          ":",
          ",",
          "|",
          "..",
          "->",
          "=",
          "==",
          ".",
          "?",
          "-",
          "_",
          "r\"[a\"",
          "\\",
          "1e99",
          "99999999999999999999",
          "gen",
          "fork",
          "join",
          "retry",
          "scratch",
          "match",
          "return",
          "type",
          "use",
          "tool",
          "test",
          "schema",
          "call",
          "map",
          "first",
          "append",
          "none",
          "é",
          "\"😀 {1}\"",
          "// 😀",
          "\u0000",
          "\n",
          "// x",
          "///");

  private static List<List<String>> programs() throws IOException {
    List<List<String>> programs = new ArrayList<>();
    for (String folder : List.of("src/test/resources/programs", "../samples")) {
      try (Stream<Path> files = Files.list(Path.of(folder))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".sgl")).sorted().toList()) {
          programs.add(
              PIECES
                  .matcher(Files.readString(file))
                  .results()
                  .map(piece -> piece.group())
                  .toList());
        }
      }
    }
    return programs;
  }

  private static String mutated(List<List<String>> programs, SplittableRandom random) {
    List<String> pieces = new ArrayList<>(programs.get(random.nextInt(programs.size())));
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      int at = random.nextInt(pieces.size());
      List<String> other = programs.get(random.nextInt(programs.size()));
      switch (random.nextInt(5)) {
        case 0 -> pieces.remove(at);
        case 1 -> pieces.add(at, pieces.get(random.nextInt(pieces.size())));
        case 2 -> pieces.set(at, " " + SIGNS.get(random.nextInt(SIGNS.size())));
        case 3 -> pieces.add(at, " " + SIGNS.get(random.nextInt(SIGNS.size())));
        default -> {
          int from = random.nextInt(other.size());
          int to = Math.min(other.size(), from + 1 + random.nextInt(12));
          pieces.addAll(at, other.subList(from, to));
        }
      }
    }
    return String.join("", pieces);
  }

  @Test
  void mistakesAreDiagnosedAndNeverThrown() throws IOException {
    List<List<String>> programs = programs();
    Property.forAll(
        CASES,
        (random, _) -> {
          String source = mutated(programs, random);
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
    List<List<String>> programs = programs();
    Property.forAll(
        CASES,
        (random, _) -> {
          String source = mutated(programs, random);
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
