package dev.sgl.local.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Role;
import dev.sgl.local.weights.Weight;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Weights by their roles, under the names that files have.
class NamedWeightsTest {
  private static final Names NAMES =
      Names.of(
          Map.of(Role.QUERY, "model.layers.{}.q", Role.UP, "model.layers.{}.up"),
          new Names.Prefix("model.", ""));

  @TempDir Path folder;

  /// A folder with one file: a tensor of 6 × 4 numbers that count from 0, and a bias of 6.
  private Checkpoint checkpoint(String name, String type) throws IOException {
    String header =
        "{\"%1$s.weight\":{\"dtype\":\"%2$s\",\"shape\":[2,3,4],\"data_offsets\":[0,96]},"
                .formatted(name, type)
            + "\"%1$s.bias\":{\"dtype\":\"F32\",\"shape\":[6],\"data_offsets\":[96,120]}}"
                .formatted(name);
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + text.length + 120).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(text.length).put(text);
    IntStream.range(0, 30).forEach(i -> file.putFloat(i));
    Files.write(folder.resolve("model.safetensors"), file.array());
    Files.writeString(folder.resolve("config.json"), "{}");
    return Checkpoint.open(folder);
  }

  private static float[] from(int first, int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = first + i;
    }
    return numbers;
  }

  @Test
  void aNameHasTheLayerAndEitherPrefix() throws IOException {
    for (String name : new String[] {"model.layers.7.q", "layers.7.q"}) {
      try (Checkpoint checkpoint = checkpoint(name, "F32")) {
        NamedWeights weights = new NamedWeights(checkpoint, NAMES);
        assertArrayEquals(from(0, 24), weights.weight(Role.QUERY, 7, 6, 4).floats());
        assertArrayEquals(from(24, 6), weights.bias(Role.QUERY, 7, 6).floats());
        assertTrue(weights.find(Role.QUERY, 8).isEmpty());
      }
    }
  }

  @Test
  void aFusedTensorIsTakenApart() throws IOException {
    Names fused =
        NAMES
            .withRows(Role.QUERY, "model.layers.{}.qkv", 0, 2)
            .withRows(Role.KEY, "model.layers.{}.qkv", 2, 4);
    try (Checkpoint checkpoint = checkpoint("model.layers.0.qkv", "F32")) {
      NamedWeights weights = new NamedWeights(checkpoint, fused);
      assertArrayEquals(from(0, 8), weights.weight(Role.QUERY, 0, 2, 4).floats());
      assertArrayEquals(from(8, 16), weights.weight(Role.KEY, 0, 4, 4).floats());
      assertArrayEquals(from(24, 2), weights.bias(Role.QUERY, 0, 2).floats());
      assertArrayEquals(from(26, 4), weights.bias(Role.KEY, 0, 4).floats());
    }
  }

  @Test
  void partsOfAWeightAreViews() throws IOException {
    try (Checkpoint checkpoint = checkpoint("w", "F32")) {
      Weight weight = checkpoint.find("w.weight").orElseThrow();
      float[] wanted = {9, 10, 13, 14, 17, 18};
      assertArrayEquals(wanted, weight.rows(2, 3).columns(1, 2).floats());
      assertArrayEquals(wanted, weight.columns(1, 2).rows(2, 3).floats());
      assertEquals(24, weight.numbers());
    }
  }

  @Test
  void whatIsNotThereIsNamed() throws IOException {
    try (Checkpoint checkpoint = checkpoint("layers.0.q", "F32")) {
      NamedWeights weights = new NamedWeights(checkpoint, NAMES);
      refused("the tensor model.layers.0.up.weight is missing", weights, Role.UP, 4);
      refused(
          "the tensor layers.0.q.weight is 6 × 4, but config.json wants 5 × 4",
          weights,
          Role.QUERY,
          5);
    }
    try (Checkpoint checkpoint = checkpoint("layers.0.q", "I32")) {
      refused("is in the format I32", new NamedWeights(checkpoint, NAMES), Role.QUERY, 6);
    }
  }

  private static void refused(String message, NamedWeights weights, Role role, int rows) {
    ModelException error =
        assertThrows(ModelException.class, () -> weights.weight(role, 0, rows, 4));
    assertTrue(String.valueOf(error.getMessage()).contains(message), error.getMessage());
  }
}
