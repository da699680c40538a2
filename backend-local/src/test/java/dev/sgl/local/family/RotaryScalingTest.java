package dev.sgl.local.family;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/// Scalings of positions as files name them; what they compute is compared with transformers in
/// [dev.sgl.local.model.TransformerTest].
class RotaryScalingTest {
  private static Decoder decoder(String more) throws IOException {
    String json =
        "{\"architectures\":[\"LlamaForCausalLM\"],\"hidden_size\":64,\"num_attention_heads\":2,"
            + "\"vocab_size\":10,\"intermediate_size\":8,\"num_hidden_layers\":1"
            + more
            + "}";
    return Families.decoder(new ObjectMapper().readTree(json));
  }

  private static Rotary rotary(Decoder decoder) {
    Part first = decoder.layers().getFirst().residuals().getFirst().parts().getFirst();
    return ((Part.Attention) first).rotary();
  }

  @Test
  void yarnIsMeasuredByTheFirstTraining() throws IOException {
    Decoder named =
        decoder(
            ",\"max_position_embeddings\":4096,\"rope_scaling\":"
                + "{\"type\":\"yarn\",\"factor\":4,\"original_max_position_embeddings\":1024}");
    Decoder bare =
        decoder(
            ",\"max_position_embeddings\":1024,\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4}");
    assertEquals(4096, named.context());
    assertEquals(4096, bare.context(), "the factor counts");
    assertArrayEquals(rotary(named).frequencies(), rotary(bare).frequencies());
    assertEquals(1.1386f, rotary(bare).stretch(), 1e-3f);
  }

  @Test
  void withinTheContextDynamicScalingIsNone() throws IOException {
    Decoder plain = decoder("");
    Decoder dynamic = decoder(",\"rope_scaling\":{\"rope_type\":\"dynamic\",\"factor\":2}");
    assertArrayEquals(rotary(plain).frequencies(), rotary(dynamic).frequencies());
    assertEquals(1, rotary(dynamic).stretch());
  }

  @Test
  void othersAreRefusedByName() {
    refused(",\"rope_scaling\":{\"rope_type\":\"axial\"}", "proportional");
  }

  /// They would make numbers that are none.
  @Test
  void valuesThatMakeNoSenseAreRefusedByName() {
    refused(",\"rope_theta\":false", "rope_theta");
    refused(",\"rope_theta\":1", "rope_theta");
    refused(",\"rope_parameters\":{\"rope_theta\":0}", "rope_parameters.rope_theta");
    refused(",\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":0}", "rope_scaling.factor");
    refused(
        ",\"rope_scaling\":{\"rope_type\":\"llama3\",\"low_freq_factor\":1,\"high_freq_factor\":1}",
        "rope_scaling.high_freq_factor");
    refused(
        ",\"rope_scaling\":{\"rope_type\":\"longrope\",\"original_max_position_embeddings\":8,\"short_factor\":[1]}",
        "rope_scaling.short_factor");
    refused(",\"rms_norm_eps\":null,\"attention_bias\":3", "attention_bias");
  }

  private static void refused(String more, String name) {
    ModelException error = assertThrows(ModelException.class, () -> decoder(more));
    assertTrue(String.valueOf(error.getMessage()).contains(name), error.getMessage());
  }
}
