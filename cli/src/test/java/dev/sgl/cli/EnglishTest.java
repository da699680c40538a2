package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Phrases of the documentation that a reader stumbles over are counted module by module, and the
/// counts in `english.tsv` may only fall. `-Dgolden.update=true` writes the counts anew, unless one
/// has risen.
class EnglishTest {
  private static final Path HOME = Path.of(System.getProperty("sgl.home", ".."));
  private static final Path CEILINGS = Path.of("src/test/resources/english.tsv");
  private static final String MANUAL = "manual";
  private static final List<String> MODULES =
      List.of(
          "constraint",
          "dsl",
          "compiler",
          "interpreter",
          "backend-local",
          "backend-remote",
          "server",
          "cli",
          "bench");

  /// Each hides the noun, uses a word that is not English in its place, or lets code speak.
  private static final Pattern PHRASES =
      Pattern.compile(
          """
          (?ix)\\b(
            what\\ (there|is|was|it|they|comes|came|nobody|others|must|has|goes)
            |so\\ many|anew|in\\ vain|goes\\ on|asked\\ for|stands\\ (in|for|before|behind|once)
            |hears|nobody\\ (asked|needs|knows|looks)|wherever|whoever
          )\\b""");

  @Test
  void stumblingBlocksOnlyBecomeFewer() throws IOException {
    Map<String, Integer> ceilings = ceilings();
    Map<String, Integer> counts = new TreeMap<>();
    counts.put(MANUAL, count(manual()));
    for (String module : MODULES) {
      counts.put(module, count(documentation(module)));
    }
    List<String> risen = new ArrayList<>();
    counts.forEach(
        (module, count) -> {
          if (count > ceilings.getOrDefault(module, 0)) {
            risen.add("%s: %d, not %d".formatted(module, count, ceilings.get(module)));
          }
        });
    if (Boolean.getBoolean("golden.update") && (risen.isEmpty() || ceilings.isEmpty())) {
      Files.writeString(
          CEILINGS,
          counts.entrySet().stream()
              .map(e -> e.getKey() + "\t" + e.getValue() + "\n")
              .collect(Collectors.joining()));
      return;
    }
    assertEquals(List.of(), risen, "say these sentences in plain English");
    assertEquals(ceilings, counts, "fewer than before: write them with -Dgolden.update=true");
  }

  private static Map<String, Integer> ceilings() throws IOException {
    Map<String, Integer> ceilings = new TreeMap<>();
    if (Files.exists(CEILINGS)) {
      for (String line : Files.readAllLines(CEILINGS)) {
        String[] cells = line.split("\t");
        ceilings.put(cells[0], Integer.parseInt(cells[1]));
      }
    }
    return ceilings;
  }

  private static int count(String text) {
    Matcher matcher = PHRASES.matcher(text);
    int count = 0;
    while (matcher.find()) {
      count++;
    }
    return count;
  }

  /// The `///` comments of a module, without the breaks of their lines.
  private static String documentation(String module) throws IOException {
    StringBuilder text = new StringBuilder();
    try (Stream<Path> files = Files.walk(HOME.resolve(module).resolve("src/main"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
        for (String line : Files.readAllLines(file)) {
          String comment = line.strip();
          text.append(comment.startsWith("///") ? comment.substring(3) : "\n");
        }
      }
    }
    return text.toString();
  }

  private static String manual() throws IOException {
    StringBuilder text = new StringBuilder();
    for (String name : List.of("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")) {
      text.append(Files.readString(HOME.resolve(name)));
    }
    try (Stream<Path> files = Files.list(HOME.resolve("docs"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".md")).sorted().toList()) {
        text.append(Files.readString(file));
      }
    }
    return text.toString().replace('\n', ' ');
  }
}
