package dev.sgl.tools;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.Sgl;
import dev.sgl.program.Tool;
import dev.sgl.program.TypeException;
import dev.sgl.testing.Fuzz;
import dev.sgl.testing.JsonMutator;
import dev.sgl.testing.Mutator;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Answers of an MCP server with random mistakes: connecting to it and calling its tools gives a
/// value or an error with a message, within the time that an answer has.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class McpFuzzTest {
  private static final Duration ANSWER = Duration.ofMillis(500);
  private static final Duration LIMIT = Duration.ofSeconds(10);

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

  private final FakeMcpServer server = FakeMcpServer.open();

  @AfterAll
  void close() {
    server.close();
  }

  private static FakeMcpServer.Answers answers(JsonMutator json, SplittableRandom random) {
    Map<String, String> results = new TreeMap<>();
    FakeMcpServer.RESULTS.forEach((method, result) -> results.put(method, result.toString()));
    String method = Mutator.any(List.copyOf(results.keySet()), random);
    results.put(method, json.mutate(FakeMcpServer.RESULTS.get(method), random));
    String frame = FakeMcpServer.FRAME;
    if (random.nextInt(20) == 0) {
      JsonNode plain =
          FakeMcpServer.json(
              "{'jsonrpc':'2.0','id':'ID','result':'RESULT','error':{'code':-1,'message':'x'}}");
      ((ObjectNode) plain).remove(random.nextBoolean() ? "error" : "result");
      frame = json.mutate(plain, random).replace("\"ID\"", "ID").replace("\"RESULT\"", "RESULT");
    }
    boolean isStream = random.nextInt(4) == 0;
    String events = "id: 1\nevent: message\ndata: " + frame + "\n\n";
    return isStream
        ? new FakeMcpServer.Answers(events, results, "text/event-stream")
        : new FakeMcpServer.Answers(frame, results, "application/json");
  }

  private void connectAndCall(FakeMcpServer.Answers given) {
    server.answer(given);
    try (McpTools tools =
        McpTools.open(server.url(), Optional.empty(), ANSWER, ToolEnvironment.SMALL)) {
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
    assertFalse(message.isBlank() || message.matches("null|.*Cannot invoke.*"), message);
    assertTrue(message.length() < 1000, "a message of " + message.length());
  }

  @Test
  void eachAnswerIsAValueOrAnError() {
    JsonMutator json = new JsonMutator(List.copyOf(FakeMcpServer.RESULTS.values()));
    Fuzz.run(LIMIT, random -> answers(json, random), this::connectAndCall);
  }
}
