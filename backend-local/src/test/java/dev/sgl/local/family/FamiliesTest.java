package dev.sgl.local.family;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.local.weights.ModelException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A model of a family that is not known is refused by what it is.
class FamiliesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"architectures\":[\"MPNetModel\"],\"model_type\":\"mpnet\"} | the architecture MPNetModel, an encoder",
        "{\"architectures\":[\"MambaForCausalLM\"]} | the architecture MambaForCausalLM is not supported",
        "{\"model_type\":\"mamba\"} | the model type mamba is not supported",
        "{\"architectures\":[\"T5Model\"],\"is_encoder_decoder\":true} | an encoder with a decoder",
        "{\"architectures\":[\"DebertaV2ForSequenceClassification\"]} | a classifier or reranker",
        "{\"architectures\":[\"XForConditionalGeneration\"],\"vision_config\":{}} | that sees pictures",
        "{} | a model without a named architecture is not supported",
      })
  void anUnknownFamilyIsNamed(String config, String message) throws JsonProcessingException {
    var json = new ObjectMapper().readTree(config);
    ModelException error = assertThrows(ModelException.class, () -> Families.decoder(json));
    assertTrue(String.valueOf(error.getMessage()).contains(message), error.getMessage());
  }
}
