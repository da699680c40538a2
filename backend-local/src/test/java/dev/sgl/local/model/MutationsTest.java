package dev.sgl.local.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.kernel.host.PlainKernels;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each key of each configuration, changed and removed: the logits change as those of
/// `transformers` do, or the model is refused. Where `transformers` cannot compute, it is refused.
class MutationsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int[] TOKENS = IntStream.range(0, 40).map(i -> 2 + i * 7 % 300).toArray();
  private static final int EVERY = 23;
  private static final double TOLERANCE = 2e-3;
  private static final int MOST_REFUSED = 3;

  private static final Path MUTATIONS = Path.of("src/test/resources/mutations");

  @TempDir Path folder;

  static List<String> names() throws IOException {
    try (Stream<Path> all = Files.list(MUTATIONS)) {
      return all.map(file -> file.getFileName().toString().replace(".json", "")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void eachKeyCounts(String name) throws IOException {
    Path reader = ReadersTest.FOLDER.resolve(name);
    Path original = Files.exists(reader) ? reader : RecordedModels.folder(name);
    try (Stream<Path> files = Files.list(original)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    JsonNode config = JSON.readTree(original.resolve("config.json").toFile());
    List<String> wrong = new ArrayList<>();
    List<String> refused = new ArrayList<>(); // although `transformers` computes
    for (JsonNode mutation : JSON.readTree(MUTATIONS.resolve(name + ".json").toFile())) {
      JsonNode change = mutation.path("change");
      JsonNode wanted = mutation.path("logits");
      JSON.writeValue(folder.resolve("config.json").toFile(), merged(config, change));
      try {
        float[] found = numbers();
        if (!wanted.isArray()) {
          wrong.add(change + ": not refused");
        } else if (!isNear(wanted, found)) {
          wrong.add(change + ": other logits");
        }
      } catch (ModelException e) {
        if (wanted.isArray()) {
          refused.add(change + ": " + e.getMessage());
        }
      }
    }
    assertEquals(List.of(), wrong);
    assertTrue(refused.size() <= MOST_REFUSED, refused::toString);
  }

  private static JsonNode merged(JsonNode config, JsonNode change) {
    ObjectNode merged = config.deepCopy();
    change
        .properties()
        .forEach(
            entry -> {
              JsonNode old = merged.path(entry.getKey());
              JsonNode value = entry.getValue();
              if (value.isNull()) {
                merged.remove(entry.getKey());
              } else {
                boolean isInner = value.isObject() && old.isObject();
                merged.set(entry.getKey(), isInner ? merged(old, value) : value);
              }
            });
    return merged;
  }

  /// Some numbers of the model: of its logits or its last state, or all scores of labels.
  private float[] numbers() {
    try (Checkpoint checkpoint = Checkpoint.open(folder);
        HostDevice device = new HostDevice(new PlainKernels())) {
      Transformer model = Families.open(checkpoint, device, TransformerTest.ROWS);
      JsonNode config = checkpoint.json("config.json");
      return switch (Families.purpose(config)) {
        case TEXT -> some(TransformerTest.logits(model, TOKENS, TOKENS.length));
        case STATES -> some(ReadersTest.states(model, TOKENS)[TOKENS.length - 1]);
        case LABELS -> {
          Scorer scorer = Families.scorer(config);
          int last = scorer.state() == Scorer.State.FIRST ? 0 : scorer.length(TOKENS) - 1;
          yield DenseLayers.load(scorer.layers(), Families.weights(checkpoint))
              .of(ReadersTest.states(model, TOKENS)[last]);
        }
      };
    }
  }

  private static float[] some(float[] all) {
    float[] some = new float[(all.length + EVERY - 1) / EVERY];
    for (int i = 0; i < some.length; i++) {
      some[i] = all[i * EVERY];
    }
    return some;
  }

  private static boolean isNear(JsonNode wanted, float[] found) {
    for (int i = 0; i < wanted.size(); i++) {
      if (!(Math.abs(wanted.path(i).asDouble() - found[i]) <= TOLERANCE)) {
        return false;
      }
    }
    return wanted.size() == found.length;
  }
}
