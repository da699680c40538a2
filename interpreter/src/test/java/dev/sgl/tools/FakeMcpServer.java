package dev.sgl.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;

/// An MCP server on HTTP that answers whatever a test wants.
final class FakeMcpServer implements AutoCloseable {
  /// The results of a server by method.
  static final Map<String, JsonNode> RESULTS =
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
               {'name':'count','inputSchema':{'type':'object'}}],'nextCursor':''}
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

  static final String FRAME = "{\"jsonrpc\":\"2.0\",\"id\":ID,\"result\":RESULT}";

  /// The server's answers: results by method and the frame around them, in which `ID` and
  /// `RESULT` stand for the request's id and the result.
  record Answers(String frame, Map<String, String> results, String type) {
    /// The plain answers, but for those to one method.
    static Answers with(String method, String result) {
      Map<String, String> results = new TreeMap<>();
      RESULTS.forEach((name, plain) -> results.put(name, plain.toString()));
      results.put(method, result);
      return new Answers(FRAME, results, "application/json");
    }

    private byte[] to(JsonNode request) {
      String result = results.getOrDefault(request.path("method").asText(), "{}");
      return frame
          .replace("ID", request.path("id").toString())
          .replace("RESULT", result)
          .getBytes(StandardCharsets.UTF_8);
    }
  }

  private final HttpServer http;
  private volatile Answers answers = new Answers(FRAME, Map.of(), "application/json");

  private FakeMcpServer(HttpServer http) {
    this.http = http;
  }

  static FakeMcpServer open() {
    try {
      InetAddress here = InetAddress.getLoopbackAddress();
      FakeMcpServer server =
          new FakeMcpServer(HttpServer.create(new InetSocketAddress(here, 0), 0));
      server.http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      server.http.createContext("/", server::answer);
      server.http.start();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort() + "/mcp";
  }

  /// Answers so from now on.
  void answer(Answers with) {
    answers = with;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      JsonNode request =
          exchange.getRequestMethod().equals("POST")
              ? Json.parse(new String(body, StandardCharsets.UTF_8))
              : Json.parse("{}");
      if (!request.has("id") || !request.has("method")) {
        exchange.sendResponseHeaders(request.isEmpty() ? 405 : 202, -1);
        return;
      }
      byte[] answer = answers.to(request);
      exchange.getResponseHeaders().set("Content-Type", answers.type());
      exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  /// JSON that is written with single quotes.
  static JsonNode json(String text) {
    return Json.parse(text.replace('\'', '"').replace("\\\\\"", "\\\""));
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
