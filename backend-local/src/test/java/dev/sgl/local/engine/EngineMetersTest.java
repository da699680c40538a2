package dev.sgl.local.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.program.Type;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

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
}
