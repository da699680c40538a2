package dev.sgl.local.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Models in GGUF of a hub, by the names of their quantizations.
class HubGgufTest {
  private static final Map<String, String> OFFLINE = Map.of("HF_HUB_OFFLINE", "1");

  @TempDir Path cache = Path.of("");
  private Optional<FakeHub> started = Optional.empty();

  @BeforeEach
  void open() {
    started = Optional.of(new FakeHub(cache));
    List.of(
            "README.md",
            "mmproj-F16.gguf",
            "tiny.imatrix.gguf",
            "mtp-tiny-Q4_K_M.gguf",
            "tiny-Q2_K.gguf",
            "tiny-Q8_0.gguf",
            "tiny-UD-Q4_K_M.gguf",
            "tiny-q4_k_m.gguf",
            "BF16/tiny-BF16-00001-of-00002.gguf",
            "BF16/tiny-BF16-00002-of-00002.gguf")
        .forEach(this::put);
  }

  @AfterEach
  void close() {
    hub().close();
  }

  private FakeHub hub() {
    return started.orElseThrow();
  }

  private void put(String file) {
    hub().files.put(file, ("content of " + file).getBytes(StandardCharsets.UTF_8));
  }

  private Path find(String name) {
    return find(name, Map.of());
  }

  private Path find(String name, Map<String, String> environment) {
    ModelName model = ModelName.parse(name).orElseThrow();
    return hub().client(environment).find(model, (_, _, _) -> {});
  }

  private String found(String name) {
    return relative(find(name));
  }

  private String relative(Path file) {
    Path snapshot = cache.resolve("models--Org--Tiny/snapshots").resolve(hub().commit);
    return snapshot.relativize(file).toString();
  }

  @ParameterizedTest
  @CsvSource({
    "Org/Tiny, tiny-q4_k_m.gguf",
    "Org/Tiny:Q4_K_M, tiny-q4_k_m.gguf",
    "Org/Tiny:q8_0, tiny-Q8_0.gguf",
    "Org/Tiny@main:Q2_K, tiny-Q2_K.gguf",
    "Org/Tiny:UD-Q4_K_M, tiny-UD-Q4_K_M.gguf",
    "Org/Tiny:bf16, BF16/tiny-BF16-00001-of-00002.gguf"
  })
  void aNameChoosesAFile(String name, String file) throws IOException {
    Path path = find(name);
    assertEquals(file, relative(path));
    assertArrayEquals(hub().files.get(file), Files.readAllBytes(path));
    assertEquals(file, relative(find(name, OFFLINE)));
  }

  @Test
  void withoutAQuantizationThePreferredOneIsTaken() {
    hub().files.remove("tiny-q4_k_m.gguf");
    hub().files.remove("tiny-UD-Q4_K_M.gguf");
    assertEquals("tiny-Q8_0.gguf", found("Org/Tiny"));
    hub().files.remove("tiny-Q8_0.gguf");
    hub().commit = hub().commit.replace('0', 'a');
    assertEquals("BF16/tiny-BF16-00001-of-00002.gguf", found("Org/Tiny"));
  }

  @Test
  void allShardsAreFetchedAndNoOtherFile() {
    Path first = find("Org/Tiny:BF16");
    assertEquals(
        List.of("tiny-BF16-00001-of-00002.gguf", "tiny-BF16-00002-of-00002.gguf"),
        names(first.resolveSibling("")));
    assertEquals(List.of("BF16"), names(first.resolveSibling("..").normalize()));
    hub().files.remove("BF16/tiny-BF16-00002-of-00002.gguf");
    hub().commit = hub().commit.replace('0', 'a');
    assertEquals(
        "Org/Tiny@%s:BF16 is not whole on the hub: BF16/tiny-BF16-00002-of-00002.gguf is missing"
            .formatted("main2"),
        assertThrows(ModelException.class, () -> find("Org/Tiny@main2:BF16")).getMessage());
  }

  private static List<String> names(Path folder) {
    try (var all = Files.list(folder)) {
      return all.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aCachedFileIsFoundWithoutTheHub() {
    Path file = find("Org/Tiny:Q8_0");
    int before = hub().asked.size();
    assertEquals(file, find("Org/Tiny:q8_0"));
    assertEquals(before, hub().asked.size(), "the hub is not asked");
    assertEquals(file, find("Org/Tiny", OFFLINE), "the only file that is here");
    assertEquals(
        "Org/Tiny:Q2_K is not in the cache, and HF_HUB_OFFLINE is set",
        assertThrows(ModelException.class, () -> find("Org/Tiny:Q2_K", OFFLINE)).getMessage());
  }

  @Test
  void aSecondQuantizationFetchesOnlyItsFile() {
    Path first = find("Org/Tiny:Q8_0");
    hub().asked.clear();
    hub().commit = hub().commit.replace('0', 'a'); // the branch has moved meanwhile
    Path second = find("Org/Tiny:Q2_K");
    assertEquals(1, hub().asked.stream().filter(path -> path.contains("/resolve/")).count());
    assertEquals(second, find("Org/Tiny:Q2_K", OFFLINE));
    Path again = find("Org/Tiny:Q8_0", OFFLINE);
    assertEquals(first.getFileName(), again.getFileName());
    assertFalse(again.equals(first), "it is in the snapshot of the branch's commit");
  }

  @Test
  void withoutAQuantizationTheHubIsAskedIfItCanBe() {
    find("Org/Tiny:Q2_K");
    assertEquals("tiny-q4_k_m.gguf", found("Org/Tiny"));
    hub().close();
    assertEquals("tiny-q4_k_m.gguf", found("Org/Tiny"));
  }

  @Test
  void aQuantizationThatIsMissingNamesTheOthers() {
    ModelException error = assertThrows(ModelException.class, () -> find("Org/Tiny:Q5_K_M"));
    assertEquals(
        "Org/Tiny has no GGUF file of Q5_K_M; it has BF16, Q2_K, Q8_0, UD-Q4_K_M, q4_k_m",
        error.getMessage());
    hub().files.keySet().removeIf(name -> name.endsWith(".gguf"));
    ModelException none = assertThrows(ModelException.class, () -> find("Org/Tiny:Q8_0"));
    assertEquals("Org/Tiny has no GGUF file of Q8_0; it has no GGUF files", none.getMessage());
  }

  @Test
  void safetensorsComeFirstUnlessAQuantizationIsNamed() {
    List.of("config.json", "tokenizer.json", "model.safetensors").forEach(this::put);
    assertEquals("tiny-Q8_0.gguf", found("Org/Tiny:Q8_0"));
    assertEquals("", found("Org/Tiny"), "the snapshot itself");
    assertEquals("", relative(find("Org/Tiny", OFFLINE)));
    assertEquals("tiny-Q8_0.gguf", relative(find("Org/Tiny:Q8_0", OFFLINE)));
  }

  @Test
  void aFileOutsideOfTheRepositoryIsNone() {
    hub().files.clear();
    List.of("../tiny-Q8_0.gguf", "/tiny-Q8_0.gguf", "a/../../tiny-Q8_0.gguf").forEach(this::put);
    ModelException error = assertThrows(ModelException.class, () -> find("Org/Tiny:Q8_0"));
    assertEquals("Org/Tiny has no GGUF file of Q8_0; it has no GGUF files", error.getMessage());
  }
}
