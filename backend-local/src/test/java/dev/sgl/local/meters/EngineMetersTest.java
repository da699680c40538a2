package dev.sgl.local.meters;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.program.Type;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The meters, after requests whose numbers are known.
class EngineMetersTest {
  @Test
  void countWhatTheEngineDid() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (LocalBackend backend =
        LocalBackend.open(
            Path.of("src/test/resources/models/llama"), LocalOptions.DEFAULT, Progress.SILENT)) {
      new EngineMeters(backend).bindTo(registry);
      Prompt prompt =
          new Prompt.Raw(List.of(new Prompt.Part.Written("Again and again and again ")));
      int cached = 0;
      int generated = 0;
      for (Type type : List.of(new Type.Literal("yes"), Type.INT, Type.INT)) {
        try (Generation generation = backend.generate(new Request(prompt, type, Sampling.GREEDY))) {
          Reply.Usage usage = generation.reply().usage();
          cached += usage.cachedTokens();
          generated += usage.generatedTokens();
        }
      }
      assertTrue(cached > 0);
      assertEquals(cached, tokens(registry, "sgl.prompt.tokens", "cached"));
      assertTrue(tokens(registry, "sgl.prompt.tokens", "computed") > 0);
      double ofModel = tokens(registry, "sgl.generated.tokens", "model");
      assertEquals(generated, ofModel + tokens(registry, "sgl.generated.tokens", "forced"));
      assertEquals(3, registry.get("sgl.requests").tag("outcome", "answered").counter().count());
      assertEquals(3, registry.get("sgl.request").timer().count());
      assertTrue(registry.get("sgl.batch").timer().count() > 0);
      assertEquals(0, registry.get("sgl.running").gauge().value());
      registry.getMeters().forEach(meter -> assertNotNull(meter.getId().getDescription()));
    }
  }

  private static double tokens(MeterRegistry registry, String name, String source) {
    return registry.get(name).tag("source", source).functionCounter().count();
  }

  /// Others' names, as Prometheus gets them, in the places that their dashboards look at.
  @ParameterizedTest
  @EnumSource
  void haveTheNamesOfOtherServers(PeerMeters.Names names) {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try (LocalBackend backend =
        LocalBackend.open(
            Path.of("src/test/resources/models/llama"), LocalOptions.DEFAULT, Progress.SILENT)) {
      new PeerMeters(backend, names, "tiny").bindTo(registry);
      Prompt prompt = new Prompt.Raw(List.of(new Prompt.Part.Written("Again and again")));
      Sampling five =
          Sampling.GREEDY
              .withMaxTokens(5)
              .withStops(new Sampling.Stops(List.of(), List.of(), true));
      Request request = new Request(prompt, Type.TEXT, five);
      for (int i = 0; i < 3; i++) {
        try (Generation generation = backend.generate(request)) {
          generation.reply();
        }
      }
    }
    List<String> lines = registry.scrape().lines().toList();
    List<String> expected =
        switch (names) {
          case VLLM ->
              List.of(
                  "vllm:num_requests_running{engine=\"0\",model_name=\"tiny\"} 0.0",
                  "vllm:num_requests_waiting{engine=\"0\",model_name=\"tiny\"} 0.0",
                  "vllm:generation_tokens_total{engine=\"0\",model_name=\"tiny\"} 15.0",
                  "vllm:request_success_total{engine=\"0\",finished_reason=\"length\",model_name=\"tiny\"} 3.0",
                  "vllm:time_to_first_token_seconds_count{engine=\"0\",model_name=\"tiny\"} 3",
                  "vllm:inter_token_latency_seconds_count{engine=\"0\",model_name=\"tiny\"} 3",
                  "vllm:e2e_request_latency_seconds_count{engine=\"0\",model_name=\"tiny\"} 3");
          case SGLANG ->
              List.of(
                  "sglang:num_running_reqs{model_name=\"tiny\"} 0.0",
                  "sglang:num_queue_reqs{model_name=\"tiny\"} 0.0",
                  "sglang:generation_tokens_total{model_name=\"tiny\"} 15.0",
                  "sglang:num_requests_total{model_name=\"tiny\"} 3.0",
                  "sglang:time_to_first_token_seconds_count{model_name=\"tiny\"} 3",
                  "sglang:e2e_request_latency_seconds_count{model_name=\"tiny\"} 3");
        };
    assertEquals(List.of(), expected.stream().filter(line -> !lines.contains(line)).toList());
  }
}
