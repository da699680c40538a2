package dev.sgl.local.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import dev.sgl.local.family.Purpose;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.cpu.VectorKernels;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.kernel.host.PlainKernels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// States and scores against those that `transformers` recorded for tiny models that only read.
class ReadersTest {
  static final Path FOLDER = Path.of("src/test/resources/readers");
  private static final float TOLERANCE = 2e-3f;
  private static final int ROWS = 320;
  private static final int PAGE = 16;

  static List<String> readers() throws IOException {
    try (Stream<Path> all = Files.list(FOLDER)) {
      return all.map(folder -> String.valueOf(folder.getFileName()))
          .filter(name -> Checkpoint.json(FOLDER.resolve(name), "expected.json").has("inputs"))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("readers")
  void vectorKernelsAgreeWithTransformers(String name) {
    try (Device device = new HostDevice(new VectorKernels(2))) {
      agree(name, device);
    }
  }

  @ParameterizedTest
  @MethodSource("readers")
  void plainKernelsAgreeWithTransformers(String name) {
    try (Device device = new HostDevice(new PlainKernels())) {
      agree(name, device);
    }
  }

  private static void agree(String name, Device device) {
    try (Checkpoint checkpoint = Checkpoint.open(FOLDER.resolve(name))) {
      Transformer model = Families.open(checkpoint, device, ROWS);
      JsonNode config = checkpoint.json("config.json");
      for (JsonNode input : checkpoint.json("expected.json").path("inputs")) {
        String what = name + ", " + input.path("tokens").size() + " tokens";
        float[][] states = states(model, List.of(input)).getFirst();
        float[] last = states[states.length - 1];
        assertArrayEquals(floats(input, "mean"), mean(states), TOLERANCE, what);
        assertArrayEquals(floats(input, "first"), states[0], TOLERANCE, what);
        assertArrayEquals(floats(input, "last"), last, TOLERANCE, what);
        if (Families.purpose(config) == Purpose.LABELS) {
          Scorer scorer = Families.scorer(config);
          DenseLayers layers = DenseLayers.load(scorer.layers(), Families.weights(checkpoint));
          float[] state = scorer.state() == Scorer.State.FIRST ? states[0] : last;
          assertArrayEquals(floats(input, "scores"), layers.of(state), 1e-3f, what);
        }
      }
    }
  }

  /// The very same bits.
  @ParameterizedTest
  @MethodSource("readers")
  void aTextInABatchGivesTheStatesOfItAlone(String name) {
    try (Checkpoint checkpoint = Checkpoint.open(FOLDER.resolve(name));
        Device device = new HostDevice(new VectorKernels(2))) {
      Transformer model = Families.open(checkpoint, device, ROWS);
      List<JsonNode> some = List.of(3, 0, 4, 1).stream().map(inputs(checkpoint)::path).toList();
      List<float[][]> together = states(model, some);
      for (int i = 0; i < some.size(); i++) {
        assertArrayEquals(states(model, List.of(some.get(i))).getFirst(), together.get(i));
      }
    }
  }

  private static JsonNode inputs(Checkpoint checkpoint) {
    return checkpoint.json("expected.json").path("inputs");
  }

  /// The last states of a text's tokens.
  static float[][] states(Transformer model, int[] tokens) {
    ObjectNode input = JsonNodeFactory.instance.objectNode();
    IntStream.of(tokens).forEach(input.putArray("tokens")::add);
    return states(model, List.of(input)).getFirst();
  }

  /// The last states of each input's tokens, all in one batch.
  private static List<float[][]> states(Transformer model, List<JsonNode> inputs) {
    int pages = (ROWS + PAGE - 1) / PAGE;
    KvPool pool = model.pool(pages * inputs.size(), PAGE, 1);
    IntStream.range(0, pages * inputs.size()).forEach(pool::prepare);
    int rows = inputs.stream().mapToInt(input -> input.path("tokens").size()).sum();
    int[] tokens = new int[rows];
    int[] segments = new int[rows];
    int[] positions = new int[rows];
    int[][] tables = new int[rows][];
    int row = 0;
    for (int i = 0; i < inputs.size(); i++) {
      int[] table = IntStream.range(i * pages, (i + 1) * pages).toArray();
      for (int at = 0; at < inputs.get(i).path("tokens").size(); at++) {
        tokens[row] = inputs.get(i).path("tokens").path(at).asInt();
        segments[row] = inputs.get(i).path("types").path(at).asInt();
        positions[row] = at;
        tables[row++] = table;
      }
    }
    int[] all = IntStream.range(0, rows).toArray();
    Logits logits =
        model.forward(new Batch(tokens, positions, tables, new int[rows], segments, all), pool);
    float[][] states = IntStream.range(0, rows).mapToObj(logits::state).toArray(float[][]::new);
    int[] ends = new int[inputs.size() + 1];
    for (int i = 0; i < inputs.size(); i++) {
      ends[i + 1] = ends[i] + inputs.get(i).path("tokens").size();
    }
    return IntStream.range(0, inputs.size())
        .mapToObj(i -> Arrays.copyOfRange(states, ends[i], ends[i + 1]))
        .toList();
  }

  private static float[] mean(float[][] states) {
    float[] mean = new float[states[0].length];
    for (float[] state : states) {
      for (int i = 0; i < mean.length; i++) {
        mean[i] += state[i] / states.length;
      }
    }
    return mean;
  }

  private static float[] floats(JsonNode input, String key) {
    JsonNode list = input.path(key);
    float[] floats = new float[list.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) list.path(i).asDouble();
    }
    return floats;
  }
}
