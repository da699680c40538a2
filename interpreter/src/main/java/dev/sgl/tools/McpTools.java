package dev.sgl.tools;

import dev.sgl.program.Tool;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.program.Values;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.File;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/// The tools of an MCP server: one that is started and spoken to over its standard input and
/// output, or one that listens on HTTP.
///
/// Protocol: [Model Context Protocol](https://modelcontextprotocol.io).
public final class McpTools implements AutoCloseable {
  private static final int MOST_PAGES = 100; // of a server's list of tools

  private final String server;
  private final McpSyncClient client;
  private final Map<String, McpSchema.Tool> tools = new LinkedHashMap<>(); // by the program's names

  private McpTools(String server, McpSyncClient client) {
    this.server = server;
    this.client = client;
  }

  /// Connects to a server and asks what tools it has.
  ///
  /// @param server a URL such as `http://127.0.0.1:8080/mcp`, or a command that is started; no
  ///     shell is asked
  /// @param token that a server on HTTP asks for, sent as `Authorization: Bearer …`
  /// @param timeout of each answer
  /// @param environment of a server that is started
  /// @throws IOException if it cannot be reached or started
  /// @throws IllegalArgumentException if the command is none
  public static McpTools open(
      String server, Optional<String> token, Duration timeout, ToolEnvironment environment)
      throws IOException {
    McpSyncClient client =
        McpClient.sync(transport(server, token, timeout, environment))
            .requestTimeout(timeout)
            .initializationTimeout(timeout)
            .clientInfo(McpSchema.Implementation.builder("sgl", "1").build())
            .build();
    McpTools tools = new McpTools(server, client);
    try {
      client.initialize();
      tools.addAll();
      return tools;
    } catch (RuntimeException e) {
      client.close();
      throw new IOException("the MCP server `" + server + "` cannot be used: " + reason(e), e);
    }
  }

  /// Reads the list of tools page by page; a server may have no last page.
  private void addAll() {
    McpSchema.ListToolsResult page = client.listTools((String) null);
    for (int pages = 1; ; pages++) {
      orEmpty(page.tools()).forEach(this::add);
      if (page.nextCursor() == null || page.nextCursor().isEmpty()) {
        return;
      }
      if (pages == MOST_PAGES) {
        throw new IllegalStateException("its list of tools has more than " + pages + " pages");
      }
      page = client.listTools(page.nextCursor());
    }
  }

  /// The elements of a list that a server may leave out, as it may write null among them.
  private static <T> List<T> orEmpty(List<T> list) {
    return list == null ? List.of() : list.stream().filter(Objects::nonNull).toList();
  }

  private void add(McpSchema.Tool tool) {
    if (tool.name() == null || tool.name().isBlank()) {
      throw new IllegalStateException("it has a tool without a name");
    }
    if (tools.put(name(tool.name()), tool) instanceof McpSchema.Tool other) {
      throw new IllegalStateException(
          "its tools `%s` and `%s` would have the same name".formatted(other.name(), tool.name()));
    }
  }

  private static McpClientTransport transport(
      String server, Optional<String> token, Duration timeout, ToolEnvironment environment)
      throws IOException {
    if (server.matches("https?://.*")) {
      URI uri = URI.create(server);
      String base = uri.getScheme() + "://" + uri.getAuthority();
      String path = Optional.ofNullable(uri.getRawPath()).filter(p -> !p.isEmpty()).orElse("/mcp");
      String query = Optional.ofNullable(uri.getRawQuery()).map(q -> "?" + q).orElse("");
      return HttpClientStreamableHttpTransport.builder(base)
          .endpoint(path + query)
          .addHttpRequestCustomizer(
              (request, _, _, _, _) ->
                  token.ifPresent(t -> request.header("Authorization", "Bearer " + t)))
          .connectTimeout(timeout)
          .maxResponseSize(ToolResults.MAX_BYTES)
          .build();
    }
    List<String> words = CommandLine.words(server);
    if (!exists(words.getFirst())) { // or it would be waited for
      throw new IOException("there is no command `" + words.getFirst() + "`");
    }
    ServerParameters command =
        ServerParameters.builder(words.getFirst()).args(words.subList(1, words.size())).build();
    StdioClientTransport transport =
        new StdioClientTransport(command, McpJsonDefaults.getMapper(), ToolResults.MAX_BYTES) {
          @Override
          protected ProcessBuilder getProcessBuilder() {
            return environment.limit(super.getProcessBuilder());
          }
        };
    transport.setStdErrorHandler(_ -> {}); // servers log there
    return transport;
  }

  private static boolean exists(String command) {
    if (command.contains(File.separator)) {
      return Files.isExecutable(Path.of(command));
    }
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Arrays.stream(path.split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, command)));
  }

  /// The name of a tool in programs: what no name may hold is `_`.
  private static String name(String tool) {
    return tool.replaceAll("[^\\p{L}\\p{N}_]", "_");
  }

  private static String reason(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return switch (cause) {
      case TimeoutException _ -> "no answer in time";
      case ClosedChannelException _ -> "nothing answers there";
      case ConnectException _ -> "nothing answers there";
      case NullPointerException _ -> "its answer lacks what MCP asks for"; // seen by the SDK
      default ->
          cause.getMessage() == null
              ? cause.getClass().getSimpleName()
              : ToolResults.shorten(cause.getMessage().lines().findFirst().orElse(""));
    };
  }

  /// The names of the tools, as programs declare them.
  public List<String> names() {
    return List.copyOf(tools.keySet());
  }

  /// What calls the tool that a program declares; none if the server has no tool of its name.
  ///
  /// @throws IllegalArgumentException if the server's tool needs arguments that the program's does
  ///     not have, or does not know one
  public Optional<ToolFunction> find(Tool tool) {
    McpSchema.Tool own = tools.get(tool.name());
    if (own == null) {
      return Optional.empty();
    }
    requireFit(tool, own);
    return Optional.of(arguments -> call(tool, own, arguments));
  }

  private void requireFit(Tool tool, McpSchema.Tool own) {
    Map<String, Object> schema = own.inputSchema() == null ? Map.of() : own.inputSchema();
    List<String> declared = tool.parameters().stream().map(p -> p.name()).toList();
    List<String> wrong = new ArrayList<>();
    if (schema.get("required") instanceof List<?> required) {
      required.stream()
          .filter(name -> !declared.contains(name))
          .forEach(name -> wrong.add("needs `" + name + "`"));
    }
    if (schema.get("properties") instanceof Map<?, ?> known
        && !Boolean.TRUE.equals(schema.get("additionalProperties"))) {
      declared.stream()
          .filter(name -> !known.containsKey(name))
          .forEach(name -> wrong.add("does not know `" + name + "`"));
    }
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(
          "the tool `%s` of `%s` %s"
              .formatted(tool.name(), server, ToolResults.shorten(String.join(", ", wrong))));
    }
  }

  private Object call(Tool tool, McpSchema.Tool own, Map<String, Object> arguments)
      throws IOException {
    McpSchema.CallToolResult result;
    try {
      Map<String, Object> given = new LinkedHashMap<>(arguments);
      given.values().removeIf(value -> value == Values.NONE);
      result =
          client.callTool(McpSchema.CallToolRequest.builder(own.name()).arguments(given).build());
    } catch (RuntimeException e) {
      throw new IOException(reason(e), e);
    }
    List<McpSchema.Content> content = orEmpty(result.content());
    List<String> texts = content.stream().flatMap(McpTools::text).toList();
    String text = String.join("\n", texts);
    if (Boolean.TRUE.equals(result.isError())) {
      throw new IOException(text.isBlank() ? "it said nothing of why" : ToolResults.shorten(text));
    }
    Optional<Object> structured = structured(tool, result);
    if (structured.isPresent()) {
      return structured.get();
    }
    if (texts.isEmpty() && !content.isEmpty()) {
      throw new IOException(
          "it returned no text, but content of the kind `%s`".formatted(content.getFirst().type()));
    }
    return ToolResults.read(tool, text);
  }

  private static Stream<String> text(McpSchema.Content content) {
    return switch (content) {
      case McpSchema.TextContent said -> Stream.ofNullable(said.text());
      case McpSchema.EmbeddedResource embedded
          when embedded.resource() instanceof McpSchema.TextResourceContents said ->
          Stream.ofNullable(said.text());
      default -> Stream.of();
    };
  }

  /// The structured result, if there is one of the type that the program wants. Servers put a
  /// value that is no object into an object, as its `result`.
  private static Optional<Object> structured(Tool tool, McpSchema.CallToolResult result)
      throws IOException {
    if (result.structuredContent() == null || tool.returns().isEmpty()) {
      return Optional.empty();
    }
    Type type = tool.returns().get();
    Optional<Object> whole =
        Types.parse(McpJsonDefaults.getMapper().writeValueAsString(result.structuredContent()));
    Optional<Object> inner =
        whole
            .filter(value -> value instanceof Map<?, ?> map && map.size() == 1)
            .flatMap(value -> Optional.ofNullable(((Map<?, ?>) value).get("result")));
    return Stream.of(whole, inner)
        .flatMap(Optional::stream)
        .filter(value -> Types.mismatch(type, value).isEmpty())
        .findFirst();
  }

  /// Ends the connection, and the server if it was started.
  @Override
  public void close() {
    client.closeGracefully();
  }
}
