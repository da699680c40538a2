package dev.sgl.local.quantized;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Weight;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Quantized folders with mistakes get one clear message, which names the key or the tensor.
class OddQuantizationTest {
  private static Stream<RecordedModule> cases() throws IOException {
    return RecordedModule.quantized();
  }

  private static RecordedModule module(String name) throws IOException {
    return RecordedModule.all().stream()
        .filter(one -> one.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static String refusal(JsonNode config, Map<String, Tensor> tensors) {
    return String.valueOf(
        assertThrows(ModelException.class, () -> join(config, tensors)).getMessage());
  }

  private static Map<String, Weight> join(JsonNode config, Map<String, Tensor> tensors) {
    return QuantizedFolder.join(Path.of("folder"), config, new LinkedHashMap<>(tensors));
  }

  /// Joins a module and reads its numbers, or gets a refusal that names its place.
  private static boolean isRead(JsonNode config, Map<String, Tensor> tensors) {
    try {
      join(config, tensors).values().forEach(Weight::floats);
      return true;
    } catch (ModelException e) {
      String message = String.valueOf(e.getMessage());
      assertTrue(message.startsWith("folder: ") || message.startsWith("config.json: "), message);
      return false;
    }
  }

  private static Map<String, Tensor> with(RecordedModule one, Tensor... others) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(one.tensors());
    for (Tensor other : others) {
      tensors.put(other.name(), other);
    }
    return tensors;
  }

  private static Tensor ones(String part, int... shape) {
    List<Integer> sizes = new ArrayList<>();
    int numbers = 1;
    for (int size : shape) {
      sizes.add(size);
      numbers *= size;
    }
    float[] values = new float[numbers];
    Arrays.fill(values, 1);
    return new Tensor("model.m." + part, "F32", sizes, MemorySegment.ofArray(values));
  }

  // --- tensors

  @ParameterizedTest
  @MethodSource("cases")
  void aTensorThatIsMissingIsNamed(RecordedModule one) {
    for (String name : one.tensors().keySet()) {
      Map<String, Tensor> rest = new LinkedHashMap<>(one.tensors());
      rest.remove(name);
      boolean isSpare = name.matches(".*(input_scale|[.]g_idx)");
      if (!isSpare || !isRead(one.config(), rest)) {
        String message = refusal(one.config(), rest);
        assertTrue(message.contains("model.m"), name + ": " + message);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aTensorOfAnotherShapeOrFormatIsRefused(RecordedModule one) {
    for (Tensor tensor : one.tensors().values()) {
      boolean isSpare = tensor.name().endsWith("input_scale");
      for (List<Integer> shape : shapes(tensor.shape())) {
        boolean isRead = isRead(one.config(), with(one, zeros(tensor, shape)));
        boolean neverFits = shape.contains(0) || shape.size() == 3;
        assertTrue(isSpare || !isRead || !neverFits, shape + " " + tensor);
      }
      for (String format : List.of("F64", "I16", "U8", "BOOL", "F8_E5M2", "")) {
        Tensor odd = new Tensor(tensor.name(), format, tensor.shape(), tensor.data());
        boolean isRight =
            format.equals(tensor.format())
                || format.equals("U8") && one.name().equals("fp8, powers of two");
        assertTrue(isSpare || isRight || !isRead(one.config(), with(one, odd)), odd + "");
      }
    }
  }

  private static Tensor zeros(Tensor tensor, List<Integer> shape) {
    long numbers = shape.stream().mapToLong(size -> size).reduce(1, Math::multiplyExact);
    byte[] data = new byte[Math.toIntExact(numbers * Tensor.bytes(tensor.format()).orElseThrow())];
    return new Tensor(tensor.name(), tensor.format(), shape, MemorySegment.ofArray(data));
  }

  private static List<List<Integer>> shapes(List<Integer> shape) {
    List<List<Integer>> odd = new ArrayList<>();
    odd.add(List.of(0));
    odd.add(List.of(0, 1 << 30));
    odd.add(List.of(7, 7, 7));
    for (int i = 0; i < shape.size(); i++) {
      for (int size : new int[] {0, shape.get(i) + 1, 2 * shape.get(i)}) {
        List<Integer> other = new ArrayList<>(shape);
        other.set(i, size);
        odd.add(other);
      }
    }
    return odd;
  }

  @Test
  void tensorsThatAreNotUnderstoodAreNamed() throws IOException {
    for (String part : List.of("g_idx", "weight_scale_2", "perm_scale", "wonder")) {
      RecordedModule one = module("awq");
      String message = refusal(one.config(), with(one, ones(part, 2)));
      assertEquals(
          "folder: the tensor model.m.%s, F32 [2] of a quantized model is not supported"
              .formatted(part),
          message);
    }
    RecordedModule both = module("gptq, symmetric");
    assertEquals(
        "folder: the module model.m has a plain weight and a quantized one",
        refusal(both.config(), with(both, ones("weight", 2, 2))));
  }

  /// A scale of 1 says nothing; others would quantize keys and values.
  @Test
  void scalesOfKeysAndValuesAreReadIfTheySayNothing() throws IOException {
    RecordedModule one = module("fp8, one scale");
    Tensor neutral = ones("k_scale", 1);
    assertTrue(isRead(one.config(), with(one, neutral, ones("v_scale"))));
    float[] half = {0.5f};
    Tensor other = new Tensor(neutral.name(), "F32", List.of(1), MemorySegment.ofArray(half));
    assertTrue(refusal(one.config(), with(one, other)).contains("model.m.k_scale, F32 [1]"));
  }

  @Test
  void aGroupThatThereIsNotIsNamed() throws IOException {
    RecordedModule one = module("gptq, columns in another order");
    Tensor order = Objects.requireNonNull(one.tensors().get("model.m.g_idx"));
    for (int group : new int[] {-1, 4, Integer.MAX_VALUE}) {
      int[] groups = new int[32];
      groups[9] = group;
      Tensor odd = new Tensor(order.name(), "I32", order.shape(), MemorySegment.ofArray(groups));
      assertTrue(
          refusal(one.config(), with(one, odd)).endsWith("has the group " + group + " of 4"));
    }
  }

  @Test
  void tensorsWithoutAConfigurationAreNamed() throws IOException {
    assertEquals(
        "folder: the tensor model.m.qweight is quantized, but config.json has no quantization_config",
        refusal(Json.parse("{}"), module("awq").tensors()));
  }

  // --- keys

  private static String refusal(String name, Consumer<ObjectNode> change) throws IOException {
    RecordedModule one = module(name);
    change.accept((ObjectNode) one.config().path("quantization_config"));
    return refusal(one.config(), one.tensors());
  }

  private static ObjectNode group(ObjectNode config) {
    return (ObjectNode) config.path("config_groups").path("group_0");
  }

  @Test
  void valuesThatAreNotSupportedAreNamed() throws IOException {
    assertEquals(
        "config.json: quantization_config.quant_method is bitsandbytes, which is not supported; supported are awq, compressed-tensors, fbgemm_fp8, fp8, gptq, and models in 16 bits",
        refusal("awq", c -> c.put("quant_method", "bitsandbytes")));
    assertEquals(
        "config.json: quantization_config.bits is 3, which is not supported; supported are 4, 8",
        refusal("gptq, symmetric", c -> c.put("bits", 3)));
    assertEquals(
        "config.json: quantization_config.group_size is 0, not −1 or a whole number from 1 to 16777216",
        refusal("gptq, symmetric", c -> c.put("group_size", 0)));
    assertEquals(
        "config.json: quantization_config.version is gemv, which is not supported; supported is gemm",
        refusal("awq", c -> c.put("version", "gemv")));
    assertEquals(
        "config.json: quantization_config.checkpoint_format is marlin, which is not supported; supported are gptq, gptq_v2",
        refusal("gptq, symmetric", c -> c.put("checkpoint_format", "marlin")));
    assertEquals(
        "config.json: quantization_config.wonder is not a key that is known",
        refusal("fp8, blocks", c -> c.put("wonder", 1)));
    assertTrue(
        refusal("packed, groups", c -> c.put("format", "marlin-24"))
            .startsWith(
                "config.json: quantization_config.config_groups.group_0.format is marlin-24, which is not supported"));
    assertTrue(
        refusal("fp8, blocks", c -> c.putObject("kv_cache_scheme").put("num_bits", 8))
            .startsWith("config.json: quantization_config.kv_cache_scheme is {"));
    assertTrue(
        refusal("packed, groups", c -> group(c).withObject("/weights").put("num_bits", 3))
            .contains("group_0.weights.num_bits is 3"));
  }

  @Test
  void modulesAreQuantizedByTheListsOfTheConfiguration() throws IOException {
    assertEquals(
        "folder: the module model.m is quantized, but ignore of config.json has it",
        refusal("packed, groups", c -> c.putArray("ignore").add("re:.*\\.m$")));
    assertEquals(
        "folder: the module model.m is quantized, but in no group of config_groups of config.json",
        refusal("packed, groups", c -> group(c).putArray("targets").add("Conv1d").add("re:other")));
    assertEquals(
        "folder: the module model.m is quantized, but not by dynamic of config.json",
        refusal("gptq, symmetric", c -> c.putObject("dynamic").putObject("-:.*m")));
    String slow = ".*".repeat(30) + "X";
    assertEquals(
        "config.json: the pattern " + slow + " takes too long",
        refusal("packed, groups", c -> c.putArray("ignore").add("re:" + slow)));
    assertEquals(
        "config.json: quantization_config.ignore has re:(, which is no pattern",
        refusal("packed, groups", c -> c.putArray("ignore").add("re:(")));
  }

  /// Each value of each key in turn is something else.
  @ParameterizedTest
  @MethodSource("cases")
  void anyValueIsReadOrRefused(RecordedModule one) {
    change(one, (ObjectNode) one.config().path("quantization_config"));
  }

  private static void change(RecordedModule one, ObjectNode object) {
    List<String> keys = new ArrayList<>();
    object.fieldNames().forEachRemaining(keys::add);
    for (String key : keys) {
      JsonNode old = object.path(key);
      for (String odd :
          List.of(
              "null",
              "0",
              "-1",
              "1",
              "8",
              "-2147483648",
              "1e9",
              "4294967296",
              "true",
              "\"\"",
              "\"re:[\"",
              "[]",
              "[0,0]",
              "[1,1]",
              "[16777216,16777216]",
              "[\"Linear\"]",
              "{}",
              "{\"a\":1}")) {
        object.set(key, Json.parse(odd));
        boolean isRead = isRead(one.config(), one.tensors());
        assertTrue(!isRead || !odd.equals("4294967296") || !key.matches("bits|group_size"), key);
      }
      object.set(key, old);
      if (old instanceof ObjectNode inner) {
        change(one, inner);
      }
    }
  }
}
