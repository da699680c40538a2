package dev.sgl.tools;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sgl.Sgl;
import dev.sgl.program.Tool;
import dev.sgl.program.TypeException;
import dev.sgl.testing.Fuzz;
import dev.sgl.testing.Json;
import dev.sgl.testing.JsonMutator;
import dev.sgl.testing.Mutator;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Answers of an MCP server with random mistakes: connecting to it and calling its tools gives a
/// value or an error with a message, within the time that an answer has.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class McpFuzzTest {
  private static final Duration ANSWER = Duration.ofMillis(500);
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /// The results of a server by method.
  private static final Map<String, JsonNode> RESULTS =
      Map.of(
          "initialize",
          json(
              """
              {'protocolVersion':'2025-06-18','capabilities':{'tools':{'listChanged':true}},
               'serverInfo':{'name':'s','version':'1'},'instructions':'none'}
              """),
          "tools/list",
          json(
              """
              {'tools':[{'name':'find-it','title':'Find','description':'finds',
                'inputSchema':{'type':'object','properties':{'query':{'type':'string'}},
                 'required':['query'],'additionalProperties':false},
                'outputSchema':{'type':'object','properties':{'hits':{'type':'array'}}},
                'annotations':{'readOnlyHint':true}},
               {'name':'count','inputSchema':{'type':'object'}}]}
              """),
          "tools/call",
          json(
              """
              {'content':[{'type':'text','text':'{\\\\"hits\\\\":[\\\\"a\\\\"]}','annotations':{'priority':0.5}},
                {'type':'resource','resource':{'uri':'file:///a','text':'t','mimeType':'text/plain'}},
                {'type':'resource_link','uri':'file:///a','name':'a'},
                {'type':'image','data':'AAAA','mimeType':'image/png'}],
               'structuredContent':{'hits':['a']},'isError':false}
              """));

  private static final List<Tool> TOOLS =
      List.copyOf(
          Sgl.compile(
                  "p.sgl",
                  """
                  tool find_it(query: string) -> { hits: string[] }
                  tool count() -> int
                  program main() { log find_it("x") log count() }
                  """)
              .program()
              .tools()
              .values());

  private volatile Answers answers = new Answers("", Map.of(), "");

  private HttpServer server;

  /// What the server answers: results by method and the frame around them, in which `ID` and
  /// `RESULT` stand for the request's id and the result.
  private record Answers(String frame, Map<String, String> results, String type) {
    byte[] to(JsonNode request) {
      String result = results.getOrDefault(request.path("method").asText(), "{}");
      return frame
          .replace("ID", request.path("id").toString())
          .replace("RESULT", result)
          .getBytes(StandardCharsets.UTF_8);
    }
  }

  private static JsonNode json(String text) {
    return Json.parse(text.replace('\'', '"').replace("\\\\\"", "\\\""));
  }

  @BeforeAll
  void open() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterAll
  void close() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      if (!exchange.getRequestMethod().equals("POST")) {
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      JsonNode request = Json.parse(new String(body, StandardCharsets.UTF_8));
      if (!request.has("id") || !request.has("method")) {
        exchange.sendResponseHeaders(202, -1);
        return;
      }
      byte[] answer = answers.to(request);
      exchange.getResponseHeaders().set("Content-Type", answers.type());
      exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  private static Answers answers(JsonMutator json, SplittableRandom random) {
    Map<String, String> results = new TreeMap<>();
    RESULTS.forEach((method, result) -> results.put(method, result.toString()));
    String method = Mutator.any(List.copyOf(results.keySet()), random);
    results.put(method, json.mutate(RESULTS.get(method), random));
    String frame = "{\"jsonrpc\":\"2.0\",\"id\":ID,\"result\":RESULT}";
    if (random.nextInt(20) == 0) {
      JsonNode plain =
          json("{'jsonrpc':'2.0','id':'ID','result':'RESULT','error':{'code':-1,'message':'x'}}");
      ((ObjectNode) plain).remove(random.nextBoolean() ? "error" : "result");
      frame = json.mutate(plain, random).replace("\"ID\"", "ID").replace("\"RESULT\"", "RESULT");
    }
    boolean isStream = random.nextInt(4) == 0;
    String events = "id: 1\nevent: message\ndata: " + frame + "\n\n";
    return isStream
        ? new Answers(events, results, "text/event-stream")
        : new Answers(frame, results, "application/json");
  }

  private void connectAndCall(Answers given) {
    answers = given;
    String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/mcp";
    try (McpTools tools = McpTools.open(url, Optional.empty(), ANSWER, ToolEnvironment.SMALL)) {
      for (Tool tool : TOOLS) {
        call(tools, tool);
      }
    } catch (IOException e) {
      assertHasAMessage(e);
    }
  }

  private static void call(McpTools tools, Tool tool) {
    try {
      Optional<ToolFunction> function = tools.find(tool);
      if (function.isPresent()) {
        function.get().call(tool.parameters().isEmpty() ? Map.of() : Map.of("query", "x"));
      }
    } catch (IOException | IllegalArgumentException | TypeException e) {
      assertHasAMessage(e);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void assertHasAMessage(Exception e) {
    String message = String.valueOf(e.getMessage());
    assertFalse(message.isBlank() || message.contains("null"), message);
    assertTrue(message.length() < 5000, "a message of " + message.length());
  }

  @Test
  void eachAnswerIsAValueOrAnError() {
    JsonMutator json = new JsonMutator(List.copyOf(RESULTS.values()));
    Fuzz.run(LIMIT, random -> answers(json, random), this::connectAndCall);
  }
}
