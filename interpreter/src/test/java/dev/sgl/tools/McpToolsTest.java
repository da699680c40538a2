package dev.sgl.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.Loaded;
import dev.sgl.Sgl;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.program.Tool;
import dev.sgl.run.RunException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Tools of an MCP server that is a process of its own, over both ways to speak to one.
@Timeout(120)
class McpToolsTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private static final String SOURCE =
      """
      tool add_numbers(a: int, b: int) -> int
      tool find(query: string) -> { hits: string[] }
      tool broken() -> string
      tool many() -> string[]
      tool picture() -> string
      program add(a: int) -> int { return add_numbers(a, 2) }
      program hits(query: string) -> string { return find(query).hits[0] }
      program fails() -> string {
        retry 2 { return broken() } else { return "given up" }
      }
      program seen() -> string { return picture() }
      program main(a: int) -> string {
        check add(a) == a + 2
        check many() == ["a", "b"]
        log find("x").hits
        return broken()
      }
      """;

  private static List<String> command(String... more) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                McpTestServer.class.getName()));
    command.addAll(List.of(more));
    return command;
  }

  private static Loaded bound(McpTools server) {
    Loaded program = Sgl.compile("p.sgl", SOURCE);
    Map<String, ToolFunction> functions = new LinkedHashMap<>();
    for (Tool tool : program.program().tools().values()) {
      server.find(tool).ifPresent(function -> functions.put(tool.name(), function));
    }
    assertEquals(5, functions.size());
    return program.with(program.options().withTools(functions));
  }

  private static void tryAll(McpTools server) {
    assertEquals(
        List.of("add_numbers", "find", "broken", "many", "picture", "slow"), server.names());
    interface Programs {
      int add(int a);

      String hits(String query);

      String fails();

      String seen();
    }
    Loaded program = bound(server);
    Programs programs = program.bind(Programs.class, new ScriptedBackend(List.of()));
    assertEquals(42, programs.add(40));
    assertEquals("tea", programs.hits("tea"));
    assertEquals("given up", programs.fails());
    RunException picture = assertThrows(RunException.class, programs::seen);
    assertEquals(
        "the tool `picture` failed: it returned no text, but content of the kind `image`",
        picture.getMessage());
    Loaded texts = Sgl.compile("t.sgl", "tool many() -> string program main() { return many() }");
    Tool many = texts.program().tools().values().iterator().next();
    assertEquals(
        "a\nb",
        texts
            .with(texts.options().withTools(Map.of("many", server.find(many).orElseThrow())))
            .run(new ScriptedBackend(List.of()), Map.of()));
    RunException error =
        assertThrows(
            RunException.class, () -> program.run(new ScriptedBackend(List.of()), Map.of("a", 1)));
    assertEquals("the tool `broken` failed: out of order", error.getMessage());
  }

  @Test
  void overStandardInputAndOutput() throws IOException {
    try (McpTools server =
        McpTools.open(String.join(" ", command()), Optional.empty(), LONG, ToolEnvironment.SMALL)) {
      tryAll(server);
    }
  }

  @Test
  void overHttp() throws IOException {
    Process process =
        new ProcessBuilder(command("http")).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (BufferedReader out = process.inputReader();
        McpTools server =
            McpTools.open(
                "http://127.0.0.1:" + out.readLine() + "/mcp",
                Optional.empty(),
                LONG,
                ToolEnvironment.SMALL)) {
      tryAll(server);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aToolThatTakesOtherArgumentsIsRefused() throws IOException {
    Loaded program =
        Sgl.compile(
            "p.sgl", "tool find(text: string) -> string program main() { return find(\"x\") }");
    Tool tool = program.program().tools().values().iterator().next();
    try (McpTools server =
        McpTools.open(String.join(" ", command()), Optional.empty(), LONG, ToolEnvironment.SMALL)) {
      Throwable error = assertThrows(IllegalArgumentException.class, () -> server.find(tool));
      String message = String.valueOf(error.getMessage());
      assertTrue(message.endsWith("needs `query`, does not know `text`"), message);
    }
  }

  @Test
  void anAnswerThatDoesNotComeIsAnError() throws IOException {
    Loaded program = Sgl.compile("p.sgl", "tool slow() -> string program main() { return slow() }");
    Tool tool = program.program().tools().values().iterator().next();
    try (McpTools server =
        McpTools.open(
            String.join(" ", command()),
            Optional.empty(),
            Duration.ofSeconds(5),
            ToolEnvironment.SMALL)) {
      Map<String, ToolFunction> functions = Map.of("slow", server.find(tool).orElseThrow());
      Loaded bound = program.with(program.options().withTools(functions));
      RunException error =
          assertThrows(
              RunException.class, () -> bound.run(new ScriptedBackend(List.of()), Map.of()));
      assertTrue(
          String.valueOf(error.getMessage()).startsWith("the tool `slow` failed: "),
          error.getMessage());
    }
  }

  @Test
  void aServerThatIsNotThereIsOneMessage() {
    IOException none =
        assertThrows(
            IOException.class,
            () ->
                McpTools.open(
                    "no-such-command-anywhere", Optional.empty(), LONG, ToolEnvironment.SMALL));
    assertTrue(String.valueOf(none.getMessage()).contains("no-such-command-anywhere"));
    assertThrows(
        IOException.class,
        () ->
            McpTools.open(
                "http://127.0.0.1:9/mcp",
                Optional.empty(),
                Duration.ofSeconds(5),
                ToolEnvironment.SMALL));
    assertThrows(
        IOException.class,
        () ->
            McpTools.open("true", Optional.empty(), Duration.ofSeconds(5), ToolEnvironment.SMALL));
  }
}
