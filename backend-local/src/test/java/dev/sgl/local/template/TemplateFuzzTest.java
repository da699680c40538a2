package dev.sgl.local.template;

import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.testing.Fuzz;
import dev.sgl.testing.JsonMutator;
import dev.sgl.testing.Mutator;
import dev.sgl.testing.Suites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Real chat templates with random mistakes, on conversations with random mistakes: each renders or
/// is refused as a template, in time.
class TemplateFuzzTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final int REPEATS = 5000;
  private static final ObjectMapper PLAIN = new ObjectMapper();

  private static final Pattern PIECES = Pattern.compile("\\{[{%#]-?|-?[}%#]}|\\s+|\\w+|[^\\w\\s]");

  private static final List<String> ODD =
      List.of(
          "{{ ",
          " }}",
          "{% ",
          " %}",
          "{#",
          "#}",
          "{%- endif %}",
          "{% else %}",
          "{% endfor %}",
          "{% raw %}",
          "{% break %}",
          "{% set x = ",
          "not ",
          "is ",
          "in ",
          "if ",
          "else ",
          "for x in ",
          "loop",
          "loop.index0",
          "namespace()",
          "messages",
          "none",
          "undefined",
          "true",
          "'",
          "\"",
          "''",
          "'%s %d %(a)s'",
          "'{} {0} {a}'",
          "[]",
          "{}",
          "[::-1]",
          "[1:2:0]",
          "[-1]",
          "()",
          "|",
          "~",
          "**",
          "//",
          "%",
          "==",
          "0",
          "-1",
          "2147483648",
          "9223372036854775807",
          "1e308",
          "0.5",
          "range(99999)",
          "|tojson(indent=-1)",
          "|indent(-1)",
          "|join",
          "|list",
          "|length",
          "|sort",
          "|map('x')",
          "|map(attribute='a.b')",
          "|select",
          "|groupby('role')",
          "|batch(0)",
          "|sum",
          "|replace('', 'x')",
          "|int",
          "|float",
          "|round(400)",
          "|dictsort",
          "|unique",
          "|min",
          "|format",
          "|from_json",
          "|first",
          "|trim",
          "|title",
          ".split()",
          ".rsplit('a', -1)",
          ".items()",
          ".pop()",
          ".format()",
          ".strip('x')",
          ".index(1)",
          ".get()",
          ".find('')",
          "is divisibleby 0",
          "is sameas x",
          "raise_exception('no')",
          "strftime_now('%-d %')",
          "\u0000",
          "\ud83d",
          "\u00e9",
          "\n");

  /// A template and its variables, as JSON.
  private record Rendering(String source, String variables) {}

  private static List<JsonNode> cases() throws IOException {
    Path file = Suites.folder("chat-templates").resolve("cases.json");
    List<JsonNode> cases = new ArrayList<>();
    PLAIN.readTree(file.toFile()).forEach(cases::add);
    return cases;
  }

  private static String source(JsonNode testCase) {
    try {
      return Files.readString(
          Suites.folder("chat-templates").resolve(testCase.path("file").asText()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void eachRendersOrIsRefused() throws IOException {
    List<JsonNode> cases = cases();
    Map<String, String> sources = new HashMap<>();
    cases.forEach(c -> sources.computeIfAbsent(c.path("file").asText(), _ -> source(c)));
    Mutator templates = new Mutator(List.copyOf(sources.values()), PIECES, ODD, REPEATS);
    JsonMutator contexts = new JsonMutator(cases.stream().map(c -> c.path("context")).toList());
    Fuzz.run(
        LIMIT,
        random -> {
          JsonNode any = Mutator.any(cases, random);
          String source = sources.getOrDefault(any.path("file").asText(), "");
          JsonNode context = any.path("context");
          return new Rendering(
              random.nextInt(4) == 0 ? source : templates.mutate(source, random),
              random.nextInt(2) == 0 ? context.toString() : contexts.mutate(context, random));
        },
        TemplateFuzzTest::render);
  }

  private static void render(Rendering rendering) {
    Map<String, Object> variables = new LinkedHashMap<>();
    try {
      PLAIN
          .readTree(rendering.variables())
          .properties()
          .forEach(e -> variables.put(e.getKey(), Json.value(e.getValue())));
    } catch (JsonProcessingException e) {
      return; // these variables cannot come in
    }
    try {
      Template.parse(rendering.source(), () -> LocalDateTime.of(2026, 1, 2, 3, 4))
          .render(variables);
    } catch (TemplateException e) {
      assertFalse(String.valueOf(e.getMessage()).isBlank());
    }
  }
}
