package dev.sgl.bench;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
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
import java.util.Map;
import java.util.stream.Stream;

/// Measures compiling JSON Schemas and filling masks, as MaskBench does: for each valid instance
/// the mask is filled before each token. One thread.
///
/// usage: Constraints SUITES [ROUNDS]
public final class Constraints {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  /// One schema with the tokens of its valid instances.
  private record Case(JsonNode schema, List<int[]> instances) {}

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

  public static void main(String[] arguments) throws IOException {
    Path suites = Path.of(arguments[0]);
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
    try (Tokenizer tokenizer = Tokenizer.openGguf(suites.resolve("tokenizers/deepseek-llm.gguf"))) {
      List<Case> cases = read(suites.resolve("maskbench"), tokenizer);
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
    }
  }

  private static List<Case> read(Path folder, Tokenizer tokenizer) throws IOException {
    List<Case> cases = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        JsonNode bench = JSON.readTree(file.toFile());
        List<int[]> instances = new ArrayList<>();
        for (JsonNode test : bench.get("tests")) {
          if (test.get("valid").asBoolean()) {
            instances.add(tokenizer.encode(spaced(test.get("data"))));
          }
        }
        cases.add(new Case(bench.get("schema"), instances));
      }
    }
    return cases;
  }

  private static String spaced(JsonNode node) {
    List<String> parts = new ArrayList<>();
    if (node.isObject()) {
      node.properties()
          .forEach(e -> parts.add(JSON.valueToTree(e.getKey()) + ": " + spaced(e.getValue())));
      return "{" + String.join(", ", parts) + "}";
    }
    if (node.isArray()) {
      node.forEach(item -> parts.add(spaced(item)));
      return "[" + String.join(", ", parts) + "]";
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
        constraint =
            compiler.compile(
                new Constraint.JsonSchema(one.schema(), JsonStyle.SPACED, true, Map.of()));
      } catch (ConstraintException e) {
        continue;
      }
      compiling.add(System.nanoTime() - start);
      for (int[] instance : one.instances()) {
        try {
          run(constraint.matcher(cache), instance, masks, taking);
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
}
