package dev.sgl.local.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every rendering of the independent suite of real chat templates, byte for byte.
class TemplateSuiteTest {
  private static final Path SUITE =
      Path.of(System.getProperty("sgl.home", "..")).resolve("../shared/suites/chat-templates");

  @TestFactory
  List<DynamicTest> rendersAsJinja2Does() throws IOException {
    assumeTrue(Files.isDirectory(SUITE), "the suite of chat templates is not here");
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode test : new ObjectMapper().readTree(SUITE.resolve("cases.json").toFile())) {
      String name = test.get("file").asText() + ": " + test.get("case").asText();
      tests.add(DynamicTest.dynamicTest(name, () -> check(test)));
    }
    assertEquals(165, tests.size());
    return tests;
  }

  private static void check(JsonNode test) throws IOException {
    String source = Files.readString(SUITE.resolve(test.get("file").asText()));
    Map<String, Object> variables = new LinkedHashMap<>();
    test.get("context")
        .properties()
        .forEach(e -> variables.put(e.getKey(), Json.value(e.getValue())));
    LocalDateTime day = LocalDateTime.of(2026, 1, 2, 0, 0);
    if (test.get("ok").asBoolean()) {
      assertEquals(
          test.get("expected").asText(), Template.parse(source, () -> day).render(variables));
    } else {
      assertThrows(
          TemplateException.class, () -> Template.parse(source, () -> day).render(variables));
    }
  }
}
