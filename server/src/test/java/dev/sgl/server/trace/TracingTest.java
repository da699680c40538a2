package dev.sgl.server.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.compiler.Compiler;
import dev.sgl.run.RunOptions;
import dev.sgl.server.TestServer;
import dev.sgl.server.program.Programs;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.testing.junit5.OpenTelemetryExtension;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TracingTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String PARENT = "b7ad6b7169203331";

  private static final String PROGRAM =
      """
      program two() -> string[] {
        user "Go."
        fork i in 1..2 as both {
          assistant gen word: string<1..5> (temperature: 0)
        }
        join both
        return [b.word for b in both]
      }
      """;

  @RegisterExtension static final OpenTelemetryExtension SPANS = OpenTelemetryExtension.create();

  private TestServer server;

  @BeforeEach
  void open() throws IOException {
    var program = Compiler.compile("two.sgl", PROGRAM).program().orElseThrow();
    Programs programs = new Programs(Map.of("two", program), _ -> RunOptions.DEFAULT);
    server =
        TestServer.open(
            o -> o.withPrograms(programs).withTracing(new Tracing(SPANS.getOpenTelemetry())));
  }

  @AfterEach
  void close() {
    server.close();
  }

  private TestServer.Answer post(String path, String body) throws IOException {
    return server.post(path, body, "traceparent", "00-" + TRACE + "-" + PARENT + "-01");
  }

  private static Stream<SpanData> spans(String name) {
    return SPANS.getSpans().stream().filter(span -> span.getName().startsWith(name));
  }

  private static SpanData span(String name) throws InterruptedException {
    for (int i = 0; i < 500 && spans(name).findFirst().isEmpty(); i++) {
      Thread.sleep(10); // the span of a call ends behind its answer
    }
    List<SpanData> all = spans(name).toList();
    assertEquals(1, all.size(), SPANS.getSpans().toString());
    return all.getFirst();
  }

  private static long whole(SpanData span, String attribute) {
    Long value = span.getAttributes().get(AttributeKey.longKey(attribute));
    return value == null ? -1 : value;
  }

  @Test
  void aCallAndItsGenerationBelongToTheCallersTrace() throws Exception {
    String secret = "Tell no one of Zanzibar.";
    JsonNode usage =
        post(
                "/v1/completions",
                "{\"prompt\":\"" + secret + "\",\"max_tokens\":6,\"ignore_eos\":true}")
            .at("/usage");
    SpanData call = span("POST /v1/completions");
    assertEquals(TRACE, call.getTraceId());
    assertEquals(PARENT, call.getParentSpanId());
    assertEquals(SpanKind.SERVER, call.getKind());
    assertEquals(200, whole(call, "http.response.status_code"));
    SpanData generation = span("generate_content demo");
    assertEquals(call.getSpanId(), generation.getParentSpanId());
    assertEquals(
        usage.path("prompt_tokens").asLong(), whole(generation, "gen_ai.usage.input_tokens"));
    assertEquals(6, whole(generation, "gen_ai.usage.output_tokens"));
    assertFalse(SPANS.getSpans().toString().contains("Zanzibar"));
  }

  @Test
  void eachAnswerAndEachRequestOfAProgramIsASpan() throws Exception {
    post("/v1/completions", "{\"prompt\":\"a\",\"max_tokens\":2,\"n\":3}");
    SpanData call = span("POST /v1/completions");
    assertEquals(3, spans("generate_content").count());
    assertTrue(
        spans("generate_content").allMatch(s -> s.getParentSpanId().equals(call.getSpanId())));
    SPANS.clearSpans();
    post("/v1/programs/two", "{}");
    SpanData run = span("POST /v1/programs/{name}");
    List<SpanData> words = spans("generate_content word").toList();
    assertEquals(2, words.size());
    for (SpanData word : words) {
      assertEquals(run.getSpanId(), word.getParentSpanId());
      assertTrue(word.getStartEpochNanos() >= run.getStartEpochNanos() - 1_000_000);
      assertTrue(word.getEndEpochNanos() > word.getStartEpochNanos());
      assertTrue(whole(word, "gen_ai.usage.output_tokens") > 0);
    }
  }

  @Test
  void refusalsAreSpansWithTheirStatusAndProbesAreNone() throws Exception {
    post("/v1/completions", "{\"prompt\":7}");
    SpanData refused = span("POST /v1/completions");
    assertEquals(400, whole(refused, "http.response.status_code"));
    assertEquals(StatusCode.UNSET, refused.getStatus().getStatusCode(), "the client is at fault");
    SPANS.clearSpans();
    server.get("/health");
    server.get("/metrics");
    server.get("/nowhere");
    assertEquals(404, whole(span("GET unknown"), "http.response.status_code"));
    assertEquals(1, SPANS.getSpans().size());
  }
}
