package dev.sgl.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.server.TestServer.Answer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import okhttp3.Response;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The description of the routes, and the routes: neither has what the other lacks, and random
/// calls that the description allows are answered, or refused with the name of a parameter.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DescriptionTest {
  /// Calls of each route; 10,000 in all with `-Ddescription.calls=250`.
  private static final int CALLS = Integer.getInteger("description.calls", 50);

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private TestServer server;
  private JsonNode description = JSON.missingNode();

  @BeforeAll
  void open() throws IOException {
    server = TestServer.withQwen3();
    description = server.get("/openapi.json").json();
  }

  @AfterAll
  void close() {
    server.close();
  }

  @Test
  void everyRouteIsDescribedAndNoOther() {
    Set<String> described = new TreeSet<>();
    description
        .path("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(
                        method -> described.add(method.toUpperCase() + " " + path.getKey())));
    Set<String> routes = new TreeSet<>();
    server.routes().forEach(route -> routes.add(route.replace("...}", "}")));
    routes.removeIf(route -> route.equals("GET /") || route.startsWith("GET /page/"));
    assertEquals(routes, described);
  }

  @Test
  void eachPathNamesItsMethodsToACallWithAnother() throws IOException {
    Map<String, Set<String>> methods = new TreeMap<>();
    for (String route : server.routes()) {
      String path = route.substring(route.indexOf(' ') + 1).replaceAll("\\{[\\w.]+}", "demo");
      Set<String> own = methods.computeIfAbsent(path, _ -> new TreeSet<>());
      own.add(route.substring(0, route.indexOf(' ')));
    }
    for (Map.Entry<String, Set<String>> path : methods.entrySet()) {
      Set<String> allowed = new TreeSet<>(path.getValue());
      if (allowed.contains("GET")) {
        allowed.add("HEAD");
      }
      for (String method : List.of("PUT", "PATCH", "DELETE", "POST", "GET")) {
        boolean isOverlaid = path.getKey().startsWith("/v1/responses/"); // {id} has more methods
        if (!path.getValue().contains(method) && !isOverlaid) {
          try (Response answer = server.withMethod(method, path.getKey()).execute()) {
            assertEquals(405, answer.code(), method + " " + path);
            String header = answer.header("Allow", "");
            assertEquals(allowed, new TreeSet<>(List.of(header.split(", "))), method + " " + path);
          }
        }
      }
    }
  }

  @Test
  void aPathThatIsAlsoAnIdNamesTheMethodsOfBoth() throws IOException {
    try (Response answer = server.withMethod("PUT", "/v1/responses/input_tokens").execute()) {
      assertEquals(405, answer.code());
      assertEquals("POST, GET, DELETE, HEAD", answer.header("Allow"));
    }
  }

  @Test
  void callsThatTheDescriptionAllowsAreAnsweredOrRefusedByName() throws IOException {
    SplittableRandom random = new SplittableRandom(7);
    Map<Integer, Integer> statuses = new TreeMap<>();
    for (Map.Entry<String, JsonNode> path : description.path("paths").properties()) {
      JsonNode body = path.getValue().at("/post/requestBody/content/application~1json/schema");
      for (int i = 0; !body.isMissingNode() && i < CALLS; i++) {
        String url = path.getKey().replaceAll("\\{\\w+}", "demo");
        JsonNode call = bounded(url, brief(value(body, random, 4)));
        Answer answer = server.post(url, call.toString());
        statuses.merge(answer.status(), 1, Integer::sum);
        check(url, call, answer);
      }
    }
    assertTrue(
        statuses.getOrDefault(200, 0) > statuses.getOrDefault(400, 0) / 4, statuses.toString());
  }

  private static void check(String url, JsonNode call, Answer answer) {
    String told = url + " " + call + "\n" + answer.text();
    assertTrue(Set.of(200, 400, 404).contains(answer.status()), told);
    if (answer.status() != 200) {
      JsonNode error = answer.at("/error");
      String message = error.isTextual() ? error.asText() : error.path("message").asText();
      assertFalse(message.isEmpty(), told);
      boolean hasParam = error.isObject() && error.has("param"); // OpenAI's shape
      boolean isOfModel = message.startsWith("the model"); // which cannot do it at all
      assertTrue(isOfModel || !hasParam || !error.path("param").asText("").isEmpty(), told);
    }
  }

  /// The call with few tokens, so that many can be made.
  private static JsonNode brief(JsonNode call) {
    if (call instanceof ObjectNode object) {
      for (String name : object.properties().stream().map(Map.Entry::getKey).toList()) {
        switch (name) {
          case "max_completion_tokens" -> object.put(name, 3);
          case "n", "best_of" -> object.put(name, 1);
          case "min_tokens" -> object.put(name, 1);
          case "background" -> object.put(name, false);
          case "model" -> object.put(name, "demo");
          default -> brief(object.get(name));
        }
      }
    }
    return call;
  }

  /// The call with a bound on its tokens, if it generates.
  private static JsonNode bounded(String url, JsonNode call) {
    ObjectNode object = (ObjectNode) call;
    switch (url.substring(url.lastIndexOf('/') + 1)) {
      case "completions", "messages" -> object.put("max_tokens", 3);
      case "responses" -> object.put("max_output_tokens", 3);
      case "infill" -> object.put("n_predict", 3);
      case "chat" -> object.withObjectProperty("options").put("num_predict", 3);
      case "generate" ->
          object
              .withObjectProperty(url.startsWith("/api") ? "options" : "sampling_params")
              .put(url.startsWith("/api") ? "num_predict" : "max_new_tokens", 3);
      default -> {}
    }
    return object;
  }

  // --- values of schemas

  private JsonNode resolved(JsonNode schema) {
    String reference = schema.path("$ref").asText();
    return reference.isEmpty() ? schema : description.at(reference.substring(1));
  }

  private JsonNode value(JsonNode given, SplittableRandom random, int depth) {
    JsonNode schema = resolved(given);
    if (schema.has("enum")) {
      return one(schema.path("enum"), random);
    }
    if (schema.has("anyOf")) {
      return value(one(schema.path("anyOf"), random), random, depth);
    }
    JsonNode type = schema.path("type");
    return switch (type.isArray() ? one(type, random).asText() : type.asText()) {
      case "string" -> text(schema, random);
      case "boolean" -> JSON.booleanNode(random.nextBoolean());
      case "integer" -> JSON.numberNode((long) number(schema, random));
      case "number" -> JSON.numberNode(number(schema, random));
      case "null" -> JSON.nullNode();
      case "array" -> list(schema, random, depth);
      default -> object(schema, random, depth);
    };
  }

  private static JsonNode one(JsonNode choices, SplittableRandom random) {
    return choices.get(random.nextInt(choices.size()));
  }

  private static JsonNode text(JsonNode schema, SplittableRandom random) {
    List<String> texts =
        schema.has("pattern") || schema.has("minLength")
            ? List.of("f", "get_x", "b-2")
            : List.of(
                "",
                "a",
                "Hello, wörld!",
                "x".repeat(100),
                "\u0000\n\uD83D\uDE00",
                "root ::= \"a\"");
    return JSON.textNode(texts.get(random.nextInt(texts.size())));
  }

  private static double number(JsonNode schema, SplittableRandom random) {
    double least = schema.path("minimum").asDouble(-3);
    double most = schema.path("maximum").asDouble(least + 50);
    return switch (random.nextInt(4)) {
      case 0 -> least;
      case 1 -> most;
      default -> least + random.nextDouble() * (most - least);
    };
  }

  private JsonNode list(JsonNode schema, SplittableRandom random, int depth) {
    ArrayNode list = JSON.arrayNode();
    int size = schema.path("minItems").asInt() + (depth > 0 ? random.nextInt(3) : 0);
    for (int i = 0; i < size; i++) {
      list.add(value(schema.path("items"), random, depth - 1));
    }
    return list;
  }

  private JsonNode object(JsonNode schema, SplittableRandom random, int depth) {
    ObjectNode object = JSON.objectNode();
    for (JsonNode part : parts(schema)) {
      Set<String> required = new TreeSet<>();
      part.path("required").forEach(name -> required.add(name.asText()));
      for (Map.Entry<String, JsonNode> member : part.path("properties").properties()) {
        boolean isWanted = depth > 0 && random.nextInt(6) == 0;
        if (required.contains(member.getKey()) || isWanted) {
          object.set(member.getKey(), value(member.getValue(), random, depth - 1));
        }
      }
    }
    return object;
  }

  private List<JsonNode> parts(JsonNode schema) {
    List<JsonNode> parts = new ArrayList<>(List.of(schema));
    schema.path("allOf").forEach(part -> parts.add(resolved(part)));
    return parts;
  }
}
