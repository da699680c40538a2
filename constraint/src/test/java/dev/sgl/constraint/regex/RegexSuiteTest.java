package dev.sgl.constraint.regex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import dev.sgl.constraint.Budget;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.testing.Suites;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The test data of Rust's regex crate, as far as it says which texts match.
class RegexSuiteTest {
  private final List<String> wrong = new ArrayList<>();
  private final List<String> refused = new ArrayList<>();
  private int checked;

  @Test
  void everyUsableCaseIsRight() throws IOException {
    Path data = Suites.folder("regex").resolve("testdata");
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.filter(f -> isOfOurDialect(f)).sorted().toList()) {
        JsonNode cases = new TomlMapper().readTree(file.toFile()).get("test");
        cases.forEach(c -> run(file.getFileName() + "/" + c.get("name").asText(), c));
      }
    }
    System.out.println(
        "regex suite: " + checked + " checked, refused " + String.join("\n", refused));
    assertEquals(List.of(), wrong);
    assertTrue(checked > 700, "only " + checked + " cases were usable");
  }

  /// That of `regex-lite` has ASCII classes only.
  private static boolean isOfOurDialect(Path file) {
    return file.toString().endsWith(".toml") && !file.endsWith("regex-lite.toml");
  }

  private static boolean isUsable(JsonNode test, String haystack) {
    return test.get("regex").isTextual()
        && !test.has("bounds")
        && !test.has("line-terminator")
        && haystack.indexOf('\ufffd') < 0
        && !test.get("regex").asText().matches("(?s).*\\\\[bB<>].*") // word boundaries
        && !test.get("regex").asText().matches("(?s)[(][?][a-zA-Z]*R.*"); // lines that end in CRLF
  }

  private void run(String name, JsonNode test) {
    String haystack = test.get("haystack").asText();
    if (test.path("unescape").asBoolean()) {
      haystack = unescaped(haystack);
    }
    if (!isUsable(test, haystack)) {
      return;
    }
    boolean compiles = test.path("compiles").asBoolean(true);
    String pattern = test.get("regex").asText();
    if (test.path("case-insensitive").asBoolean()) {
      pattern = "(?i)" + pattern;
    }
    boolean unicode = test.path("unicode").asBoolean(true);
    try {
      check(name, pattern, unicode, haystack, test);
      checked++;
      if (!compiles) {
        wrong.add(name + ": is no pattern, but was read");
      }
    } catch (ConstraintException e) {
      if (compiles) {
        refused.add(name + ": " + e.getMessage());
      }
    }
  }

  private void check(String name, String pattern, boolean unicode, String haystack, JsonNode test) {
    Terms terms = new Terms(new Budget(50_000_000, 1_000_000));
    RegexCompiler compiler = new RegexCompiler(terms, Spelling.RAW);
    Regex regex =
        RegexParser.parse(
            pattern, unicode ? RegexParser.Dialect.UNICODE : RegexParser.Dialect.ASCII);
    JsonNode matches = test.get("matches");
    boolean anchored = test.path("anchored").asBoolean();
    Term search =
        compiler.compile(anchored ? Regex.concat(regex, Regex.ANYTHING) : regex.searched());
    expect(name + " (search)", terms.matches(search, haystack), !matches.isEmpty());
    Term whole = compiler.compile(regex);
    int length = haystack.getBytes(StandardCharsets.UTF_8).length;
    boolean isWhole = false;
    for (JsonNode match : matches) {
      JsonNode span = span(match);
      isWhole |= span.get(0).asInt() == 0 && span.get(1).asInt() == length;
    }
    int start = matches.isEmpty() ? 1 : span(matches.get(0)).get(0).asInt();
    if (isWhole || start > 0) {
      expect(name + " (whole)", terms.matches(whole, haystack), isWhole);
    }
    if (isWhole) {
      prefixesLive(name, terms, whole, haystack);
    }
  }

  /// A match is written as its span, as the spans of its groups, or as an object with one of them.
  private static JsonNode span(JsonNode match) {
    JsonNode span = match.has("spans") ? match.get("spans") : match.path("span");
    JsonNode found = span.isMissingNode() ? match : span;
    return found.get(0).isArray() ? found.get(0) : found;
  }

  /// Every beginning of a text that matches can still match.
  private void prefixesLive(String name, Terms terms, Term term, String text) {
    Term rest = term;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      rest = terms.derive(rest, b & 0xff);
      expect(name + " (prefix)", terms.search().isEmpty(rest), false);
    }
  }

  private void expect(String name, boolean actual, boolean expected) {
    if (actual != expected) {
      wrong.add(name + ": " + actual);
    }
  }

  private static String unescaped(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith("\\x", i)) {
        int value = Integer.parseInt(text.substring(i + 2, i + 4), 16);
        out.append(value < 0x80 ? (char) value : '\ufffd');
        i += 3;
      } else if (text.charAt(i) == '\\') {
        i++;
        out.append(
            switch (text.charAt(i)) {
              case 'n' -> '\n';
              case 'r' -> '\r';
              case 't' -> '\t';
              case '0' -> '\0';
              default -> text.charAt(i);
            });
      } else {
        out.append(text.charAt(i));
      }
    }
    return out.toString();
  }
}
