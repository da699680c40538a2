package dev.sgl.compiler;

import dev.sgl.testing.Mutator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Programs of the tests and samples, with random mistakes.
final class Programs {
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

  private Programs() {}

  /// @param repeats how often a piece is repeated at most
  static Mutator mutator(int repeats) throws IOException {
    List<String> programs = new ArrayList<>();
    for (String folder : List.of("src/test/resources/programs", "../samples")) {
      try (Stream<Path> files = Files.list(Path.of(folder))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".sgl")).sorted().toList()) {
          programs.add(Files.readString(file));
        }
      }
    }
    return new Mutator(programs, PIECES, SIGNS, repeats);
  }
}
