package dev.sgl.local.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Model folders of a hub.
class HubTest {
  private static final ModelName MODEL = ModelName.parse("Org/Tiny").orElseThrow();

  @TempDir Path cache = Path.of("");
  private Optional<FakeHub> started = Optional.empty();

  @BeforeEach
  void open() {
    started = Optional.of(new FakeHub(cache));
    byte[] weights = new byte[3 << 20];
    new SplittableRandom(1).nextBytes(weights);
    hub().files.put("config.json", "{}".getBytes(StandardCharsets.UTF_8));
    hub().files.put("tokenizer.json", "{\"a\":1}".getBytes(StandardCharsets.UTF_8));
    hub().files.put("model.safetensors", weights);
    hub().files.put("pytorch_model.bin", new byte[9]);
  }

  @AfterEach
  void close() {
    hub().close();
  }

  private FakeHub hub() {
    return started.orElseThrow();
  }

  private Hub hub(String key) {
    return hub().client(Map.of("HF_TOKEN", key));
  }

  @Test
  void aModelIsFetchedOnceAndFoundFromThenOn() throws IOException {
    List<Long> heard = new ArrayList<>();
    Path folder = hub("").find(MODEL, (_, done, total) -> heard.add(total - done));
    assertEquals(FakeHub.COMMIT, String.valueOf(folder.getFileName()));
    assertArrayEquals(
        hub().files.get("model.safetensors"),
        Files.readAllBytes(folder.resolve("model.safetensors")));
    assertFalse(Files.exists(folder.resolve("pytorch_model.bin")), "not needed");
    assertEquals(0, heard.getLast());
    int before = hub().asked.size();
    assertEquals(folder, hub("").find(MODEL, (_, _, _) -> {}));
    assertEquals(before, hub().asked.size(), "nobody was asked");
  }

  @Test
  void aBrokenDownloadIsGoneOnFrom() throws IOException {
    hub().cutAfter = 1 << 20;
    Path folder = hub("").find(MODEL, (_, _, _) -> {});
    assertTrue(hub().asked.contains("range " + (1 << 20)), hub().asked.toString());
    assertArrayEquals(
        hub().files.get("model.safetensors"),
        Files.readAllBytes(folder.resolve("model.safetensors")));
  }

  @Test
  void whatIsLeftOfAnotherDownloadIsNoBeginningOfThisOne() throws IOException {
    String blob = FakeHub.blobId(Objects.requireNonNull(hub().files.get("config.json")));
    Path part = cache.resolve("models--Org--Tiny/blobs/" + blob + ".incomplete");
    Files.createDirectories(Objects.requireNonNull(part.getParent()));
    Files.writeString(part, "x".repeat(5000));
    Path folder = hub("").find(MODEL, (_, _, _) -> {});
    assertArrayEquals(
        hub().files.get("config.json"), Files.readAllBytes(folder.resolve("config.json")));
  }

  @Test
  void aFileThatIsNotWhatTheHubSaidIsNotTaken() {
    hub().description = new String(hub().description(), StandardCharsets.UTF_8);
    byte[] other = Objects.requireNonNull(hub().files.get("config.json")).clone();
    other[0] ^= 1;
    hub().files.put("config.json", other);
    ModelException error =
        assertThrows(ModelException.class, () -> hub("").find(MODEL, (_, _, _) -> {}));
    assertTrue(String.valueOf(error.getMessage()).contains("broken"), error.getMessage());
  }

  @Test
  void aCommitThatIsNoneIsRefused() {
    hub().description =
        new String(hub().description(), StandardCharsets.UTF_8)
            .replace(FakeHub.COMMIT, "../../../x");
    ModelException error =
        assertThrows(ModelException.class, () -> hub("").find(MODEL, (_, _, _) -> {}));
    assertTrue(String.valueOf(error.getMessage()).contains("which commit"), error.getMessage());
  }

  @Test
  void aTokenIsSentToTheHubOnly() {
    hub().token = "mine";
    ModelException refused =
        assertThrows(ModelException.class, () -> hub("").find(MODEL, (_, _, _) -> {}));
    assertTrue(String.valueOf(refused.getMessage()).contains("HF_TOKEN"));
    hub("mine").find(MODEL, (_, _, _) -> {});
  }

  @Test
  void whatTheHubDoesNotHaveIsSaid() {
    ModelName other = ModelName.parse("Org/Other").orElseThrow();
    ModelException none =
        assertThrows(ModelException.class, () -> hub("").find(other, (_, _, _) -> {}));
    assertEquals("the hub has no model Org/Other", none.getMessage());
    hub().files.remove("model.safetensors");
    ModelException bare =
        assertThrows(ModelException.class, () -> hub("").find(MODEL, (_, _, _) -> {}));
    assertTrue(String.valueOf(bare.getMessage()).contains("no weights"), bare.getMessage());
  }

  @Test
  void onlyNamesAreNames() {
    assertEquals("v1", ModelName.parse("a/b-1.5@v1").orElseThrow().revision());
    ModelName whole = ModelName.parse("a/b@v1.0:Q4_K_M").orElseThrow();
    assertEquals(new ModelName("a", "b", "v1.0", Optional.of("Q4_K_M")), whole);
    assertEquals("a/b@v1.0:Q4_K_M", whole.toString());
    assertEquals("a/b:Q4_K_M", whole.served());
    for (String text :
        List.of(
            "demo",
            "a/b/c",
            "../x",
            "a/..",
            "/tmp/model",
            "a/b@../../c",
            "a/b:",
            "a/b:../x",
            "a/b:Q8_0@v1")) {
      assertTrue(ModelName.parse(text).isEmpty(), text);
    }
  }
}
