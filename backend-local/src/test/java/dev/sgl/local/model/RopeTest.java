package dev.sgl.local.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/// Scalings of positions as files name them; what they compute is compared with transformers in
/// [TransformerTest].
class RopeTest {
  private static DecoderConfig config(String more) throws IOException {
    String json =
        "{\"hidden_size\":64,\"num_attention_heads\":2,\"vocab_size\":10,\"intermediate_size\":8,"
            + "\"num_hidden_layers\":1,\"rope_theta\":10000"
            + more
            + "}";
    return DecoderConfig.read(new ObjectMapper().readTree(json));
  }

  @Test
  void yarnIsMeasuredByTheFirstTraining() throws IOException {
    DecoderConfig named =
        config(
            ",\"max_position_embeddings\":4096,\"rope_scaling\":"
                + "{\"type\":\"yarn\",\"factor\":4,\"original_max_position_embeddings\":1024}");
    DecoderConfig bare =
        config(
            ",\"max_position_embeddings\":1024,\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4}");
    assertEquals(4096, named.context());
    assertEquals(4096, bare.context(), "the factor counts");
    assertArrayEquals(Rope.rotary(named).frequencies(), Rope.rotary(bare).frequencies());
    assertEquals(1.1386f, Rope.rotary(bare).stretch(), 1e-3f);
  }

  @Test
  void withinTheContextDynamicScalingIsNone() throws IOException {
    DecoderConfig plain = config("");
    DecoderConfig dynamic = config(",\"rope_scaling\":{\"rope_type\":\"dynamic\",\"factor\":2}");
    assertArrayEquals(Rope.rotary(plain).frequencies(), Rope.rotary(dynamic).frequencies());
    assertEquals(1, Rope.rotary(dynamic).stretch());
  }

  @Test
  void othersAreRefusedByName() throws IOException {
    DecoderConfig other = config(",\"rope_scaling\":{\"rope_type\":\"longrope\"}");
    ModelException error = assertThrows(ModelException.class, () -> Rope.rotary(other));
    assertTrue(String.valueOf(error.getMessage()).contains("longrope"), error.getMessage());
  }
}
