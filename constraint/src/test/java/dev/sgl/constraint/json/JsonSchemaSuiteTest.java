package dev.sgl.constraint.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.constraint.Budget;
import dev.sgl.constraint.Constraint.JsonSchema.Formats;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.machine.Machine;
import dev.sgl.constraint.machine.Node;
import dev.sgl.testing.Json;
import dev.sgl.testing.Suites;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The official JSON Schema Test Suite: what is accepted is what is valid.
///
/// The results stand in `json-schema-suite.txt`; they may get better, not worse, and
/// `-Dgolden.update=true` writes them anew.
class JsonSchemaSuiteTest {
  private static final Map<String, String> DRAFTS =
      Map.of(
          "draft4", "http://json-schema.org/draft-04/schema#",
          "draft6", "http://json-schema.org/draft-06/schema#",
          "draft7", "http://json-schema.org/draft-07/schema#",
          "draft2019-09", "https://json-schema.org/draft/2019-09/schema",
          "draft2020-12", "https://json-schema.org/draft/2020-12/schema");
  private static final Path TABLE = Path.of("src/test/resources/json-schema-suite.txt");

  /// Formats that are no regular languages, of which a part is allowed.
  private static final Set<String> NARROWED =
      Set.of("hostname", "idn-hostname", "regex", "ecmascript-regex");

  private static final class Count {
    int pass;
    int refused;
    int narrowed; // valid texts of formats of which only a part is allowed
    int wrongAccepts;
    int wrongRejects;

    @Override
    public String toString() {
      return "pass %5d   refused %4d   narrowed %2d   wrong accepts %d   wrong rejects %d"
          .formatted(pass, refused, narrowed, wrongAccepts, wrongRejects);
    }
  }

  private final Map<String, JsonNode> remotes = new HashMap<>();
  private final Map<String, Count> counts = new TreeMap<>();
  private final List<String> wrong = new ArrayList<>();

  @Test
  void whatIsAcceptedIsValid() throws IOException {
    Path suite = Suites.folder("json-schema");
    readRemotes(suite.resolve("remotes"));
    try (Stream<Path> files = Files.walk(suite.resolve("tests"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        run(suite.resolve("tests").relativize(file), Json.MAPPER.readTree(file.toFile()));
      }
    }
    StringBuilder table = new StringBuilder();
    counts.forEach((name, count) -> table.append("%-24s %s%n".formatted(name, count)));
    assertEquals(List.of(), wrong);
    Count required = counts.getOrDefault("draft2020-12 required", new Count());
    int all = required.pass + required.refused;
    assertTrue(required.refused * 100 < 15 * all, required.refused + " of " + all + " refused");
    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(TABLE, table);
    }
    assertEquals(Files.readString(TABLE), table.toString());
  }

  private void readRemotes(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
        String path = folder.relativize(file).toString().replace('\\', '/');
        remotes.put("http://localhost:1234/" + path, Json.MAPPER.readTree(file.toFile()));
      }
    }
  }

  private void run(Path file, JsonNode groups) {
    String draft = file.getName(0).toString();
    boolean optional = file.getNameCount() > 2;
    boolean formats = optional && (file.getNameCount() > 3 || file.endsWith("content.json"));
    Count count =
        counts.computeIfAbsent(
            draft + (formats ? " format" : optional ? " optional" : " required"), n -> new Count());
    for (JsonNode group : groups) {
      String name = file + "/" + group.get("description").asText();
      JsonNode schema = group.get("schema");
      if (schema.isObject() && !schema.has("$schema")) {
        ObjectNode dated = Json.MAPPER.createObjectNode();
        dated.put("$schema", DRAFTS.get(draft));
        schema.properties().forEach(e -> dated.set(e.getKey(), e.getValue()));
        schema = dated;
      }
      run(name, schema, group.get("tests"), formats, count);
    }
  }

  private void run(String name, JsonNode schema, JsonNode tests, boolean formats, Count count) {
    Budget budget = new Budget(20_000_000, 500_000);
    try {
      Optional<Machine> machine = Optional.empty();
      try {
        Node start =
            JsonSchemas.compile(
                schema,
                JsonStyle.ANY_ORDER,
                formats ? Formats.ASSERTED : Formats.IGNORED,
                uri -> Optional.ofNullable(remotes.get(uri)),
                budget);
        machine = Optional.of(new Machine(start, budget));
      } catch (ConstraintException e) {
        if (!String.valueOf(e.getMessage()).startsWith("no value")) {
          throw e;
        }
      }
      for (JsonNode test : tests) {
        boolean accepted = machine.isPresent() && accepts(machine.get(), test.get("data"));
        boolean valid = test.get("valid").asBoolean();
        if (accepted == valid) {
          count.pass++;
        } else if (valid
            && NARROWED.contains(name.replaceFirst("^.*/format/([a-z-]+)\\.json/.*$", "$1"))) {
          count.narrowed++;
        } else {
          count.wrongAccepts += accepted ? 1 : 0;
          count.wrongRejects += accepted ? 0 : 1;
          wrong.add(name + "/" + test.get("description").asText() + ": accepted is " + accepted);
        }
      }
    } catch (ConstraintException e) {
      count.refused += tests.size();
    }
  }

  private static boolean accepts(Machine machine, JsonNode data) {
    try {
      byte[] text = Json.MAPPER.writeValueAsString(data).getBytes(StandardCharsets.UTF_8);
      var state = machine.next(machine.start(), text);
      return state.accepts();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
