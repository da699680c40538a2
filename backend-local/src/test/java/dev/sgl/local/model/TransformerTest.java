package dev.sgl.local.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.cpu.VectorKernels;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.kernel.host.HostLogits;
import dev.sgl.local.kernel.host.PlainKernels;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Logits against those that `transformers` recorded for tiny models of each family.
class TransformerTest {
  private static final float TOLERANCE = 2e-3f;
  static final int ROWS = 512;

  static List<String> families() throws IOException {
    return RecordedModels.names();
  }

  @ParameterizedTest
  @MethodSource("families")
  void vectorKernelsAgreeWithTransformers(String family) {
    try (Device device = new HostDevice(new VectorKernels(2))) {
      agree(family, device);
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void plainKernelsAgreeWithTransformers(String family) {
    try (Device device = new HostDevice(new PlainKernels())) {
      agree(family, device);
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void aPromptInPiecesGivesTheLogitsOfTheWhole(String family) {
    try (Checkpoint checkpoint = Checkpoint.open(RecordedModels.folder(family));
        Device device = new HostDevice(new VectorKernels(2))) {
      Transformer model = Families.open(checkpoint, device, ROWS);
      int[] tokens = IntStream.range(0, 100).map(i -> 2 + i * 7 % 300).toArray();
      float[] whole = logits(model, tokens, tokens.length);
      for (int piece : new int[] {1, 2, 7, 9, 13, 33}) {
        assertArrayEquals(whole, logits(model, tokens, piece)); // the very same bits
      }
    }
  }

  /// Texts that are longer than the usual context belong to the model that is loaded for them.
  private static void agree(String family, Device device) {
    try (Checkpoint checkpoint = Checkpoint.open(RecordedModels.folder(family))) {
      JsonNode expected = checkpoint.json("expected.json");
      Transformer model = Families.open(checkpoint, device, ROWS);
      float worst = worst(model, expected, 1);
      if (model.context() < ROWS) {
        OptionalInt context = OptionalInt.of(ROWS);
        Transformer other =
            Families.open(checkpoint, context, Optional.empty(), device, ROWS, _ -> {});
        worst = Math.max(worst, worst(other, expected, model.context() + 1));
      }
      assertTrue(worst <= TOLERANCE, family + ": the logits differ by " + worst);
    }
  }

  /// The largest difference between the logits of a model and those that were recorded, of all
  /// texts that fit.
  static float worst(Transformer model, JsonNode expected) {
    return worst(model, expected, 1);
  }

  private static float worst(Transformer model, JsonNode expected, int shortest) {
    float worst = 0;
    for (JsonNode recorded : expected.path("logits")) {
      int[] tokens = ints(recorded.path("tokens"));
      if (tokens.length < shortest || tokens.length > model.context()) {
        continue;
      }
      float[] logits = logits(model, tokens, tokens.length);
      for (int i = 0; i < logits.length; i++) {
        float wanted = (float) recorded.path("logits").path(i).asDouble();
        worst = Math.max(worst, Math.abs(logits[i] - wanted));
      }
    }
    return worst;
  }

  /// The logits after the last token, computed in pieces of at most `piece` tokens.
  static float[] logits(Transformer model, int[] tokens, int piece) {
    KvPool pool = model.pool(20, 16, 1);
    int[] table = new int[20];
    for (int i = 0; i < table.length; i++) {
      table[i] = table.length - 1 - i; // pages in no special order
      pool.prepare(i);
    }
    float[] last = {};
    for (int from = 0; from < tokens.length; from += piece) {
      int to = Math.min(tokens.length, from + piece);
      int[][] tables = new int[to - from][];
      Arrays.fill(tables, table);
      Batch batch =
          new Batch(
              Arrays.copyOfRange(tokens, from, to),
              IntStream.range(from, to).toArray(),
              tables,
              new int[] {to - from - 1});
      last = ((HostLogits) model.forward(batch, pool)).values().row(0);
    }
    return last;
  }

  static int[] ints(JsonNode list) {
    return IntStream.range(0, list.size()).map(i -> list.get(i).asInt()).toArray();
  }
}
