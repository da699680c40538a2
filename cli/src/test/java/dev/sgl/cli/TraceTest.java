package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `sglc run --trace`: the file is whole, however the run ends.
class TraceTest {
  private static final String FORK =
      "fork i in 1..3 as f { user \"Hello {i}!\" assistant gen x (max_tokens: 4) } join f";

  @TempDir Path folder = Path.of("");

  private List<JsonNode> trace(String source, int code, String... more) throws IOException {
    Path program = folder.resolve("p.sgl");
    Path trace = folder.resolve("trace.json");
    Files.writeString(program, source);
    List<String> arguments =
        new ArrayList<>(List.of("run", program.toString(), "--trace", trace.toString()));
    arguments.addAll(List.of(more));
    Sglc run = Sglc.run(arguments.toArray(String[]::new));
    assertEquals(code, run.code(), run.err());
    JsonNode events = new ObjectMapper().readTree(trace.toFile());
    assertTrue(events.isArray());
    return StreamSupport.stream(events.spliterator(), false).toList();
  }

  private static List<JsonNode> of(List<JsonNode> events, String category, String phase) {
    return events.stream()
        .filter(e -> e.path("cat").asText().equals(category) && e.path("ph").asText().equals(phase))
        .toList();
  }

  @Test
  void holdsProgramsBranchesRequestsAndBatches() throws IOException {
    List<JsonNode> events = trace("program p() { " + FORK + " return 1 }", 0);
    assertEquals(4, of(events, "branch", "X").size(), "the program and its branches");
    List<JsonNode> values = of(events, "value", "X");
    assertEquals(3, values.size());
    values.forEach(value -> assertTrue(value.path("name").asText().matches("x( .cut.)?")));
    assertTrue(of(events, "batch", "X").size() >= 4);
    List<JsonNode> requests =
        of(events, "request", "b").stream()
            .filter(e -> e.path("name").asText().equals("generate"))
            .toList();
    assertEquals(3, requests.size());
    for (JsonNode request : requests) {
      assertEquals("answered", request.path("args").path("outcome").asText());
    }
    for (JsonNode event : events) {
      assertTrue(event.path("ts").asDouble() >= 0 && event.path("dur").asDouble() >= 0);
    }
    assertEquals(
        of(events, "request", "b").size(), of(events, "request", "e").size(), "all have an end");
  }

  @Test
  void aTextThatWasCutOffIsMarked() throws IOException {
    List<JsonNode> events =
        trace(
            "program p() { user \"Hi\" assistant { gen x (max_tokens: 2, ignore_eos: true) gen y: bool } return 1 }",
            0);
    assertEquals(
        List.of("x (cut)", "y"),
        of(events, "value", "X").stream().map(e -> e.path("name").asText()).toList());
  }

  @Test
  void isWholeWhenTheRunFails() throws IOException {
    List<JsonNode> events = trace("program p() { " + FORK + " fail \"no\" }", 1);
    assertEquals(4, of(events, "branch", "X").size());
    assertEquals(3, of(events, "value", "X").size());
  }

  @Test
  void cancelledRequestsAreInItToo() throws IOException {
    List<JsonNode> events =
        trace(
            "program p() { fork i in [1, 400] as f { user \"Hello!\" assistant gen x (max_tokens: i, ignore_eos: true) } join f first 1 return 1 }",
            0);
    List<String> outcomes =
        of(events, "request", "b").stream()
            .map(e -> e.path("args").path("outcome").asText())
            .filter(o -> !o.isEmpty())
            .sorted()
            .toList();
    assertEquals(List.of("answered", "cancelled"), outcomes);
  }

  @Test
  void aFileThatCannotBeWrittenIsToldBeforeAnythingRuns() throws IOException {
    Path program = folder.resolve("p.sgl");
    Files.writeString(program, "program p() { return 1 }");
    Sglc.run("run", program.toString(), "--trace", folder.resolve("no/t.json").toString())
        .failed(2, "cannot be written");
  }

  @Test
  void toolsAndFailedAttemptsAreInIt() throws IOException {
    List<JsonNode> events =
        trace(
            "tool t() -> string program p() { retry 2 { check t() == \"no\", \"not yet\" } else { log \"x\" } }",
            0,
            "--tool",
            "t=echo hi");
    assertEquals(2, of(events, "tool", "X").size());
    assertEquals("hi", of(events, "tool", "X").getFirst().path("args").path("result").asText());
    List<JsonNode> failed = of(events, "retry", "i");
    assertEquals(2, failed.size());
    assertEquals("not yet", failed.getFirst().path("args").path("why").asText());
  }

  @Test
  void aKeyIsNeitherInItNorInMessages() throws IOException {
    Path program = folder.resolve("p.sgl");
    Files.writeString(program, "program p() { user \"Hello!\" assistant gen x }");
    Path file = folder.resolve("key.json");
    String key = System.getenv("PATH");
    Sglc run =
        Sglc.run(
            "run",
            program.toString(),
            "--endpoint",
            "http://127.0.0.1:1/v1",
            "--model",
            "x",
            "--api-key-env",
            "PATH",
            "--trace",
            file.toString());
    assertEquals(3, run.code(), run.err());
    assertTrue(!Files.readString(file).contains(key) && !run.err().contains(key));
  }
}
