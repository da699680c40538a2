package dev.sgl.bench;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.JsonStyle.Layout;
import dev.sgl.constraint.Syntax;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.constraint.match.CompiledConstraint;
import dev.sgl.constraint.match.ConstraintCompiler;
import dev.sgl.constraint.match.Matcher;
import dev.sgl.local.tokens.Tokenizer;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/// Measures compiling JSON Schemas and filling masks, as MaskBench does: for each valid
/// instance the mask is filled before each token. Then, for each layout of JSON, the masks that
/// answers are drawn from, and how many tokens are forced. One thread.
///
/// Usage: `Constraints SUITES [ROUNDS]`.
public final class Constraints {
  /// Tokens before a place that are enough to see how what follows joins with them.
  private static final int LOOK_BACK = 64;

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  /// One schema with its valid instances.
  private record Case(JsonNode schema, List<JsonNode> instances) {}

  /// Durations in nanoseconds.
  private static final class Times {
    private long[] times = new long[1 << 16];
    private int count;

    void add(long time) {
      if (count == times.length) {
        times = Arrays.copyOf(times, count * 2);
      }
      times[count++] = time;
    }

    /// In microseconds.
    String at(double share) {
      Arrays.sort(times, 0, count);
      double value = times[Math.min(count - 1, (int) (share * count))] / 1e3;
      return value < 100 ? "%.1f".formatted(value) : "%.0f".formatted(value);
    }

    String row(String name) {
      return "| %s | %d | %s | %s | %s | %s |"
          .formatted(name, count, at(0.5), at(0.99), at(0.999), at(1));
    }
  }

  private final Tokenizer tokenizer;
  private final List<Case> cases;
  private final long[] mask;

  private Constraints(Tokenizer tokenizer, List<Case> cases) {
    this.tokenizer = tokenizer;
    this.cases = cases;
    mask = new long[tokenizer.vocabulary().words()];
  }

  /// Prints the times of compiling schemas and of filling masks.
  public static void main(String[] arguments) throws IOException {
    Path suites = Path.of(arguments[0]);
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
    try (Tokenizer tokenizer = Tokenizer.openGguf(suites.resolve("tokenizers/deepseek-llm.gguf"))) {
      List<Case> cases = read(suites.resolve("maskbench"));
      Constraints bench = new Constraints(tokenizer, cases);
      System.out.println(
          "| microseconds | count | p50 | p99 | p99.9 | most |\n|---|---|---|---|---|---|");
      MaskCache cache = new MaskCache(tokenizer.vocabulary());
      bench.round("first pass of a new process", cache, new ConstraintCompiler());
      for (int i = 0; i < rounds; i++) {
        bench.round(
            "warmed up, constraints new, caches empty",
            new MaskCache(tokenizer.vocabulary()),
            new ConstraintCompiler());
      }
      ConstraintCompiler compiler = new ConstraintCompiler();
      bench.round("warmed up, constraints new, masks of earlier ones known", cache, compiler);
      bench.round("constraints known", cache, compiler);
      for (Layout layout : Layout.values()) {
        bench.layout(JsonStyle.written(layout, Syntax.JSON));
      }
    }
  }

  private static List<Case> read(Path folder) throws IOException {
    List<Case> cases = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        JsonNode bench = JSON.readTree(file.toFile());
        List<JsonNode> instances = new ArrayList<>();
        for (JsonNode test : bench.get("tests")) {
          if (test.get("valid").asBoolean()) {
            instances.add(test.get("data"));
          }
        }
        cases.add(new Case(bench.get("schema"), instances));
      }
    }
    return cases;
  }

  /// The tokens of an instance; where white space is free, as most models write it.
  private int[] tokens(JsonNode instance, Layout layout) {
    return tokenizer.encode(text(instance, layout == Layout.FREE ? Layout.SPACED : layout));
  }

  private static String text(JsonNode node, Layout layout) {
    List<String> parts = new ArrayList<>();
    if (node.isObject()) {
      for (Map.Entry<String, JsonNode> property : node.properties()) {
        JsonNode name = JSON.valueToTree(property.getKey());
        parts.add(name + layout.colon() + text(property.getValue(), layout));
      }
      return "{" + String.join(layout.comma(), parts) + "}";
    }
    if (node.isArray()) {
      node.forEach(item -> parts.add(text(item, layout)));
      return "[" + String.join(layout.comma(), parts) + "]";
    }
    return node.isBigDecimal() ? new BigDecimal(node.asText()).toPlainString() : node.toString();
  }

  private void round(String name, MaskCache cache, ConstraintCompiler compiler) {
    Times compiling = new Times();
    Times masks = new Times();
    Times taking = new Times();
    int stopped = 0;
    for (Case one : cases) {
      long start = System.nanoTime();
      CompiledConstraint constraint;
      try {
        constraint = compiler.compile(new Constraint.JsonSchema(one.schema(), JsonStyle.SPACED));
      } catch (ConstraintException e) {
        continue;
      }
      compiling.add(System.nanoTime() - start);
      for (JsonNode instance : one.instances()) {
        try {
          run(constraint.matcher(cache), tokens(instance, Layout.SPACED), masks, taking);
        } catch (ConstraintException e) {
          stopped++;
        }
      }
    }
    System.out.println(compiling.row("compile: " + name));
    System.out.println(masks.row("mask: " + name));
    System.out.println(taking.row("take a token: " + name));
    if (stopped > 0) {
      System.out.println("instances that were given up as too complex: " + stopped);
    }
  }

  private void run(Matcher matcher, int[] tokens, Times masks, Times taking) {
    for (int token : tokens) {
      long start = System.nanoTime();
      matcher.fill(mask);
      long filled = System.nanoTime();
      boolean taken = matcher.accept(token);
      taking.add(System.nanoTime() - filled);
      masks.add(filled - start);
      if (!taken) {
        return; // another order of properties
      }
    }
  }

  /// Measures a layout, each constraint and each of its masks once it is known.
  private void layout(JsonStyle style) {
    MaskCache cache = new MaskCache(tokenizer.vocabulary());
    Times masks = new Times();
    Share forced = new Share();
    for (Case one : cases) {
      try {
        CompiledConstraint constraint =
            new ConstraintCompiler().compile(new Constraint.JsonSchema(one.schema(), style));
        for (JsonNode instance : one.instances()) {
          int[] tokens = tokens(instance, style.layout());
          draw(constraint.matcher(cache), tokens, new Times());
          draw(constraint.matcher(cache), tokens, masks);
          force(constraint.matcher(cache), tokens, forced);
        }
      } catch (ConstraintException e) {
        continue; // refused, or given up as too complex
      }
    }
    String name = style.layout().name().toLowerCase(Locale.ROOT);
    System.out.println(masks.row("mask to draw from: " + name));
    System.out.printf("forced tokens, %s: %.1f %%%n", name, 100.0 * forced.forced / forced.all);
  }

  private void draw(Matcher matcher, int[] tokens, Times masks) {
    for (int token : tokens) {
      long start = System.nanoTime();
      matcher.fillUnlimited(mask);
      masks.add(System.nanoTime() - start);
      if (!matcher.accept(token)) {
        return;
      }
    }
  }

  /// How many of the tokens are forced.
  private static final class Share {
    private long forced;
    private long all;
  }

  private void force(Matcher matcher, int[] tokens, Share share) {
    for (int at = 0; at < tokens.length; ) {
      int[] before = Arrays.copyOfRange(tokens, Math.max(0, at - LOOK_BACK), at);
      int[] next = matcher.forcedTokens(before, tokenizer::encode);
      share.forced += next.length;
      int behind = Math.min(tokens.length, at + Math.max(1, next.length));
      for (; at < behind; at++) {
        share.all++;
        if (!matcher.accept(tokens[at])) {
          return; // another order of properties
        }
      }
    }
  }
}
