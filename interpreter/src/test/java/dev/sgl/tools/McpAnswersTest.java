package dev.sgl.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.Sgl;
import dev.sgl.program.Tool;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Answers of MCP servers that leave out what they must write, or never come to an end.
@Timeout(60)
class McpAnswersTest {
  private final FakeMcpServer server = FakeMcpServer.open();

  private final Tool count =
      Sgl.compile("p.sgl", "tool count() -> string program main() { log count() }")
          .program()
          .tools()
          .values()
          .iterator()
          .next();

  @AfterEach
  void close() {
    server.close();
  }

  private McpTools open(String method, String result) throws IOException {
    server.answer(FakeMcpServer.Answers.with(method, result.replace('\'', '"')));
    return McpTools.open(
        server.url(), Optional.empty(), Duration.ofSeconds(10), ToolEnvironment.SMALL);
  }

  private String refusal(String result) {
    String message =
        String.valueOf(
            assertThrows(IOException.class, () -> open("tools/list", result).close()).getMessage());
    String begin = "the MCP server `" + server.url() + "` cannot be used: ";
    assertTrue(message.startsWith(begin), message);
    return message.substring(begin.length());
  }

  private Object called(String result) throws Exception {
    try (McpTools tools = open("tools/call", result)) {
      return tools.find(count).orElseThrow().call(Map.of());
    }
  }

  @Test
  void contentThatIsNotThereIsNone() throws Exception {
    assertEquals("", called("{'isError':false}"));
    assertEquals("", called("{'content':[null],'isError':false}"));
    assertEquals("a", called("{'content':[null,{'type':'text','text':'a'},{'type':'text'}]}"));
  }

  @Test
  void structuredContentMayHoldNull() throws Exception {
    assertEquals("a", called("{'content':[],'structuredContent':{'result':'a'}}"));
    assertEquals("", called("{'content':[],'structuredContent':{'result':'a','more':null}}"));
  }

  @Test
  void toolsNeedNames() {
    assertEquals("it has a tool without a name", refusal("{'tools':[{'inputSchema':{}}]}"));
    assertEquals("its answer lacks what MCP asks for", refusal("{'tools':[null]}"));
  }

  @Test
  void aListOfToolsWithoutAnEndIsRefused() {
    assertEquals(
        "its list of tools has more than 100 pages", refusal("{'tools':[],'nextCursor':'more'}"));
  }

  @Test
  void whatIsNoJsonIsOneShortLine() {
    String message = refusal("{'tools':" + "x".repeat(10_000));
    assertTrue(message.length() < 400 && message.lines().count() == 1, message);
  }
}
