package dev.sgl.tools;

import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.transport.HttpServletStreamableServerTransportProvider;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/// An MCP server of the official SDK, in a process of its own: on standard input and output, or on
/// HTTP with the argument `http`, where it prints its port.
public final class McpTestServer {
  private McpTestServer() {}

  public static void main(String[] arguments) throws Exception {
    McpSchema.ServerCapabilities tools = McpSchema.ServerCapabilities.builder().tools(true).build();
    if (arguments.length == 0) {
      McpServer.sync(new StdioServerTransportProvider(McpJsonDefaults.getMapper()))
          .serverInfo("test", "1")
          .capabilities(tools)
          .tools(tools())
          .build();
      return;
    }
    HttpServletStreamableServerTransportProvider servlet =
        HttpServletStreamableServerTransportProvider.builder().mcpEndpoint("/mcp").build();
    McpServer.sync(servlet).serverInfo("test", "1").capabilities(tools).tools(tools()).build();
    Server server = new Server(0);
    ServletContextHandler handler = new ServletContextHandler();
    ServletHolder holder = new ServletHolder(servlet);
    holder.setAsyncSupported(true);
    handler.addServlet(holder, "/*");
    server.setHandler(handler);
    server.start();
    System.out.println(((ServerConnector) server.getConnectors()[0]).getLocalPort());
  }

  private static List<SyncToolSpecification> tools() {
    return List.of(
        tool(
            "add-numbers",
            Map.of("a", Map.of("type", "integer"), "b", Map.of("type", "integer")),
            List.of("a", "b"),
            given -> {
              long sum = given.values().stream().mapToLong(n -> ((Number) n).longValue()).sum();
              return CallToolResult.builder().addTextContent("" + sum).build();
            }),
        tool(
            "find",
            Map.of("query", Map.of("type", "string"), "limit", Map.of("type", "integer")),
            List.of("query"),
            given ->
                CallToolResult.builder()
                    .addTextContent("found " + given)
                    .structuredContent(Map.of("hits", List.of("" + given.get("query"))))
                    .build()),
        tool(
            "broken",
            Map.of(),
            List.of(),
            _ -> CallToolResult.builder().addTextContent("out of order").isError(true).build()),
        tool(
            "many",
            Map.of(),
            List.of(),
            _ ->
                CallToolResult.builder()
                    .addTextContent("a")
                    .addTextContent("b")
                    .structuredContent(Map.of("result", List.of("a", "b")))
                    .build()),
        tool(
            "picture",
            Map.of(),
            List.of(),
            _ ->
                CallToolResult.builder()
                    .addContent(McpSchema.ImageContent.builder("AAAA", "image/png").build())
                    .build()),
        tool(
            "slow",
            Map.of(),
            List.of(),
            _ -> {
              try {
                Thread.sleep(60_000);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return CallToolResult.builder().addTextContent("late").build();
            }));
  }

  private static SyncToolSpecification tool(
      String name,
      Map<String, Object> properties,
      List<String> required,
      Function<Map<String, Object>, CallToolResult> call) {
    Map<String, Object> schema =
        Map.of("type", "object", "properties", properties, "required", required);
    return SyncToolSpecification.builder()
        .tool(McpSchema.Tool.builder(name, schema).description(name).build())
        .callHandler((_, request) -> call.apply(request.arguments()))
        .build();
  }
}
