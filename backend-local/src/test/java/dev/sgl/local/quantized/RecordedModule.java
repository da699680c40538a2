package dev.sgl.local.quantized;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.weights.Weight;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/// A quantized module and the numbers that another reader found in it.
///
/// @param numbers in single precision, row by row
record RecordedModule(
    String name, ObjectNode config, Map<String, Tensor> tensors, float[] numbers) {
  @Override
  public String toString() {
    return name;
  }

  Weight weight() {
    Map<String, Tensor> rest = new LinkedHashMap<>(tensors);
    Map<String, Weight> joined = QuantizedFolder.join(Path.of("folder"), config, rest);
    assertEquals(Map.of(), rest);
    return Objects.requireNonNull(joined.get("model.m.weight"));
  }

  private static final Path MODULES = Path.of("src/test/resources/quantized/modules.json");

  static Stream<RecordedModule> quantized() throws IOException {
    return all().stream().filter(one -> !one.name().equals("gpt-oss"));
  }

  static List<RecordedModule> all() throws IOException {
    List<RecordedModule> cases = new ArrayList<>();
    JsonNode recorded = new ObjectMapper().readTree(MODULES.toFile());
    for (Map.Entry<String, JsonNode> one : recorded.properties()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> part : one.getValue().path("tensors").properties()) {
        tensors.put("model.m." + part.getKey(), tensor(part.getKey(), part.getValue()));
      }
      ObjectNode config = new ObjectMapper().createObjectNode();
      config.set("quantization_config", one.getValue().path("config"));
      byte[] bytes = bytes(one.getValue().path("numbers"));
      float[] numbers = new float[bytes.length / 4];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(numbers);
      if (one.getKey().matches("mxfp4|gpt-oss")) {
        withoutNegativeZeros(numbers);
      }
      cases.add(new RecordedModule(one.getKey(), config, tensors, numbers));
    }
    return cases;
  }

  /// A codebook of whole numbers has one zero.
  private static void withoutNegativeZeros(float[] numbers) {
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] += 0f;
    }
  }

  private static Tensor tensor(String part, JsonNode recorded) {
    List<Integer> shape = new ArrayList<>();
    recorded.path("shape").forEach(size -> shape.add(size.asInt()));
    return new Tensor(
        "model.m." + part,
        recorded.path("format").asText(),
        shape,
        MemorySegment.ofArray(bytes(recorded.path("bytes"))));
  }

  private static byte[] bytes(JsonNode text) {
    return Base64.getDecoder().decode(text.asText());
  }
}
