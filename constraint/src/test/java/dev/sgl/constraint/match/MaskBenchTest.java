package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.testing.Json;
import dev.sgl.testing.Suites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Real schemas with instances: valid ones are accepted to the end, others are not.
class MaskBenchTest {
  private final List<String> wrongAccepts = new ArrayList<>();
  private final List<String> wrongRejects = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private final Map<String, Integer> refused = new TreeMap<>();
  private int passed;
  private int files;

  @Test
  void validInstancesAreAcceptedAndOthersAreNot() throws IOException {
    try (Stream<Path> all = Files.list(Suites.folder("maskbench"))) {
      for (Path file : all.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        run(file);
      }
    }
    System.out.println(
        "MaskBench: "
            + passed
            + " of "
            + files
            + " files pass; wrong rejects "
            + wrongRejects.size()
            + "; refused "
            + refused.values().stream().mapToInt(i -> i).sum());
    refused.entrySet().stream()
        .sorted((a, b) -> b.getValue() - a.getValue())
        .limit(40)
        .forEach(e -> System.out.println(e.getValue() + " " + e.getKey()));
    wrongRejects.forEach(System.out::println);
    failures.forEach(System.out::println);
    assertEquals(List.of(), wrongAccepts);
    assertEquals(List.of(), failures);
    assertTrue(passed * 100 >= 92 * files, passed + " of " + files);
  }

  private void run(Path file) throws IOException {
    files++;
    JsonNode bench = Json.read(file);
    try {
      CompiledConstraint constraint =
          new ConstraintCompiler()
              .compile(new Constraint.JsonSchema(bench.get("schema"), JsonStyle.SPACED));
      boolean right = true;
      for (JsonNode test : bench.get("tests")) {
        boolean accepted = constraint.matches(Json.spaced(test.get("data")));
        boolean valid = test.get("valid").asBoolean();
        if (accepted && !valid) {
          wrongAccepts.add(file.getFileName() + ": " + test.get("description").asText());
        }
        if (!accepted && valid) {
          wrongRejects.add(file.getFileName() + ": " + test.get("description").asText());
        }
        right &= accepted == valid;
      }
      passed += right ? 1 : 0;
    } catch (ConstraintException e) {
      String why =
          String.valueOf(e.getMessage())
              .replaceAll(" at #.*$", "")
              .replaceAll("`(http|#)[^`]*`", "REF");
      refused.merge(why.substring(0, Math.min(100, why.length())), 1, Integer::sum);
    } catch (RuntimeException e) {
      failures.add(file.getFileName() + ": " + e);
      if (failures.size() < 3) e.printStackTrace();
    }
  }
}
