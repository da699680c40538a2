package dev.sgl.local.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Weight;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Model folders that are not whole get one clear message.
class CheckpointTest {
  @TempDir Path folder = Path.of("");

  @BeforeEach
  void copyAModel() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/resources/models/llama"))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
  }

  private void refused(String part) {
    ModelException error =
        assertThrows(ModelException.class, () -> Checkpoint.open(folder).close());
    assertTrue(String.valueOf(error.getMessage()).contains(part), error.getMessage());
  }

  private Path shard() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().contains("00001-of")).findFirst().orElseThrow();
    }
  }

  @Test
  void aWholeFolderOpens() {
    try (Checkpoint model = Checkpoint.open(folder)) {
      Weight embedding = model.find("model.embed_tokens.weight").orElseThrow();
      assertEquals(List.of(320, 64), embedding.shape());
    }
  }

  @Test
  void aMissingFolder() throws IOException {
    Path missing = folder.resolve("nothing");
    ModelException error =
        assertThrows(ModelException.class, () -> Checkpoint.open(missing).close());
    assertTrue(
        String.valueOf(error.getMessage()).startsWith("there is no model folder"),
        error.getMessage());
  }

  @Test
  void aFolderOfAnotherKindIsNamed() throws IOException {
    Files.delete(folder.resolve("config.json"));
    Files.writeString(folder.resolve("m.gguf"), "GGUF");
    refused("m.gguf is truncated: its header is not whole");
    Files.delete(folder.resolve("m.gguf"));
    Files.writeString(folder.resolve("adapter_config.json"), "{}");
    refused("but an adapter");
  }

  @Test
  void aMissingConfig() throws IOException {
    Files.delete(folder.resolve("config.json"));
    refused("no config.json");
  }

  @Test
  void aMissingShard() throws IOException {
    Files.delete(shard());
    refused("is missing");
  }

  @Test
  void aTruncatedShard() throws IOException {
    byte[] bytes = Files.readAllBytes(shard());
    Files.write(shard(), Arrays.copyOf(bytes, bytes.length - 1000));
    refused("is truncated");
  }

  @Test
  void aTruncatedHeader() throws IOException {
    byte[] bytes = Files.readAllBytes(shard());
    Files.write(shard(), Arrays.copyOf(bytes, 60));
    refused("is truncated");
  }

  @Test
  void aFileThatIsNoSafetensors() throws IOException {
    Files.writeString(shard(), "weights, but in another format");
    refused("is not a safetensors file");
  }

  @Test
  void aHeaderThatIsNoJson() throws IOException {
    byte[] bytes = Files.readAllBytes(shard());
    bytes[8] = 'x';
    Files.write(shard(), bytes);
    refused("its header is not JSON");
  }

  private void replaceInHeader(String from, String to) throws IOException {
    String bytes = Files.readString(shard(), StandardCharsets.ISO_8859_1);
    int at = bytes.indexOf(from);
    assertEquals(from.length(), to.length());
    String changed = bytes.substring(0, at) + to + bytes.substring(at + from.length());
    Files.writeString(shard(), changed, StandardCharsets.ISO_8859_1);
  }

  @Test
  void aShapeThatIsNoListOfSizes() throws IOException {
    replaceInHeader("\"shape\":[320,64]", "\"shape\":{\"a\":64}");
    refused("the shape of the tensor model.embed_tokens.weight makes no sense");
  }

  @Test
  void sizesBelowZeroThatMakeAProduct() throws IOException {
    replaceInHeader("[320,64]", "[-10,-8]");
    refused("makes no sense");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\u0000", "../other.safetensors", "/etc/passwd", ""})
  void anIndexThatNamesNoFileBesideIt(String name) throws IOException {
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(index, "{\"weight_map\":{\"a\":\"" + name + "\"}}");
    refused("which is no file beside it");
  }
}
