package dev.sgl.local.tokens;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.constraint.match.CompiledConstraint;
import dev.sgl.constraint.match.ConstraintCompiler;
import dev.sgl.constraint.match.Matcher;
import dev.sgl.testing.Json;
import dev.sgl.testing.Suites;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// MaskBench with the tokens of a real vocabulary of 102,400: each token of a valid instance is
/// in the mask before it, the end is legal at the end, and what is forced is what the tokenizer
/// makes of the whole text.
class MaskBenchTokensTest {
  private static final int LOOK_BACK = 64;
  private static final int END = 100_001; // of the vocabulary

  private final List<String> wrong = new ArrayList<>();
  private long tokens;
  private long forced;
  private int instances;

  @Test
  void masksAllowAndForcedTokensAreTheTokenizersOwn() throws IOException {
    Path vocabulary = Suites.folder("tokenizers").resolve("deepseek-llm.gguf");
    try (Tokenizer tokenizer = Tokenizer.openGguf(vocabulary);
        Stream<Path> all = Files.list(Suites.folder("maskbench"))) {
      MaskCache cache = new MaskCache(tokenizer.vocabulary(), END);
      for (Path file : all.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        run(file, Json.read(file), tokenizer, cache);
      }
    }
    System.out.printf(
        "MaskBench: %d instances, %d tokens, %d of them forced (%.1f %%)%n",
        instances, tokens, forced, 100.0 * forced / tokens);
    assertEquals(List.of(), wrong);
    assertTrue(forced * 100 >= 12 * tokens, forced + " of " + tokens);
  }

  /// Patterns with limits, multiples, several patterns of one string: each is followed to its end,
  /// whatever the vocabulary.
  @Test
  void whatCompilesIsFollowedToItsEnd() throws IOException {
    Path vocabulary = Suites.folder("tokenizers").resolve("deepseek-llm.gguf");
    try (Tokenizer tokenizer = Tokenizer.openGguf(vocabulary);
        InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("/followed.tsv"))) {
      MaskCache cache = new MaskCache(tokenizer.vocabulary(), END);
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        String[] fields = line.split("\t");
        CompiledConstraint constraint = compile(Json.parse(fields[0]));
        follow(fields[0], constraint.matcher(cache), Json.spaced(Json.parse(fields[1])), tokenizer);
      }
    }
    assertEquals(List.of(), wrong);
    assertTrue(instances > 20, instances + " instances");
  }

  private static CompiledConstraint compile(JsonNode schema) {
    return new ConstraintCompiler().compile(new Constraint.JsonSchema(schema, JsonStyle.SPACED));
  }

  private void run(Path file, JsonNode bench, Tokenizer tokenizer, MaskCache cache) {
    CompiledConstraint constraint;
    try {
      constraint = compile(bench.get("schema"));
    } catch (ConstraintException e) {
      return; // counted by the test of the constraints
    }
    for (JsonNode test : bench.get("tests")) {
      String text = Json.spaced(test.get("data"));
      if (test.get("valid").asBoolean() && constraint.matches(text)) {
        follow(file.getFileName().toString(), constraint.matcher(cache), text, tokenizer);
      }
    }
  }

  private void follow(String name, Matcher matcher, String text, Tokenizer tokenizer) {
    int[] ids = tokenizer.encode(text);
    long[] mask = new long[tokenizer.vocabulary().words()];
    instances++;
    tokens += ids.length;
    int at = 0;
    while (at < ids.length) {
      int[] before = Arrays.copyOfRange(ids, Math.max(0, at - LOOK_BACK), at);
      int[] next = matcher.forcedTokens(before, tokenizer::encode);
      forced += next.length;
      if (next.length == 0) {
        next = new int[] {ids[at]};
        matcher.fill(mask);
        if (!isIn(mask, ids[at])) {
          wrong.add(name + ": token " + at + " is not in the mask");
          return;
        }
      }
      int[] expected = Arrays.copyOfRange(ids, at, Math.min(ids.length, at + next.length));
      if (!Arrays.equals(expected, next)) {
        wrong.add(name + ": forced " + Arrays.toString(next) + " for " + Arrays.toString(expected));
        return;
      }
      for (int token : next) {
        if (!matcher.accept(token)) {
          wrong.add(name + ": token " + token + " is refused");
          return;
        }
      }
      at += next.length;
    }
    matcher.fill(mask);
    if (!isIn(mask, END)) {
      wrong.add(name + ": the end is not in the mask");
    }
  }

  private static boolean isIn(long[] mask, int token) {
    return (mask[token >>> 6] >>> token & 1) != 0;
  }
}
