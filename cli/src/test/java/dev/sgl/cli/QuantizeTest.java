package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `sglc quantize` on the demo model: its files, its output and its refusals.
class QuantizeTest {
  private static final Path HOME = Path.of(System.getProperty("sgl.home", ".."));
  private static final String DEMO = HOME.resolve("samples/model/demo").toString();

  @TempDir Path folder;

  private String in(String name) {
    return folder.resolve(name).toString();
  }

  private Sglc quantize(String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "quantize";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return Sglc.run(all);
  }

  /// A copy of the demo model that cuts text as GPT-2 does: its own pattern has no name in GGUF
  /// files.
  private String gpt2() throws IOException {
    Path copy = Files.createDirectory(folder.resolve("gpt2"));
    try (Stream<Path> files = Files.list(Path.of(DEMO))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    Path file = copy.resolve("tokenizer.json");
    ObjectNode tokenizer = (ObjectNode) Json.read(file);
    tokenizer.set(
        "pre_tokenizer",
        Json.parse(
            "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true}"));
    Files.writeString(file, tokenizer.toString());
    return copy.toString();
  }

  /// The text that a model continues.
  private String continued(String model) throws IOException {
    Path source =
        Files.writeString(
            folder.resolve("one.sgl"),
            "program one() { user \"Hello!\" assistant gen x (max_tokens: 12, temperature: 0) return x }");
    Sglc run = Sglc.run("run", source.toString(), "--model", model, "--device", "cpu", "--json");
    assertEquals(0, run.code(), run.err());
    return run.out();
  }

  @Test
  void aFileAndAFolderAnswerAsTheModelDoes() throws IOException {
    String model = gpt2();
    String wanted = continued(model);
    for (String out : new String[] {in("demo.gguf"), in("demo-q8_0")}) {
      Sglc written = quantize(model, out, "--quantization", "q8_0");
      assertEquals(0, written.code(), written.err());
      assertTrue(
          written.out().matches("(?s).*: [0-9.]+ MB, \\d+ % of the original's [0-9.]+ MB; .*\n"),
          written.out());
      assertEquals("", written.err());
      assertEquals(wanted, continued(out));
    }
  }

  @Test
  void theFormatFollowsFromTheNameOrIsNamed() throws IOException {
    assertEquals(0, quantize(DEMO, in("default")).code());
    assertTrue(Files.readString(folder.resolve("default/config.json")).contains("\"int\""));
    assertEquals(0, quantize(DEMO, in("fp8"), "--quantization", "fp8").code());
    assertTrue(Files.readString(folder.resolve("fp8/config.json")).contains("float-quantized"));
    quantize(DEMO, in("a.gguf"), "--quantization", "int4")
        .failed(2, "--quantization of a GGUF file must be q8_0 or q4_0, not `int4`");
    quantize(DEMO, in("a"), "--quantization", "q4_0")
        .failed(2, "--quantization of a folder must be int4, q8_0 or fp8, not `q4_0`");
    quantize(DEMO, in("a"), "--quantization", "q9").failed(2, "not `q9`");
  }

  @Test
  void olderFilesAreReplacedByForce() throws IOException {
    String model = gpt2();
    Path file = Files.writeString(folder.resolve("a.gguf"), "old");
    quantize(DEMO, file.toString()).failed(2, "a.gguf exists already; --force replaces it");
    assertEquals("old", Files.readString(file));
    assertEquals(0, quantize(model, file.toString(), "--force").code());
    assertTrue(Files.size(file) > 1_000_000);
    Path other = Files.createDirectory(folder.resolve("other"));
    Files.writeString(other.resolve("letter.txt"), "dear");
    quantize(DEMO, other.toString(), "--force").failed(2, "holds no model, so it is not replaced");
    assertTrue(Files.exists(other.resolve("letter.txt")));
    Files.writeString(other.resolve("config.json"), "{}");
    quantize(DEMO, other.toString(), "--force").failed(2, "holds letter.txt beside a model");
    Files.move(other.resolve("letter.txt"), folder.resolve("letter.txt"));
    Path sources = Files.createDirectory(other.resolve("src"));
    quantize(DEMO, other.toString(), "--force").failed(2, "holds src beside a model");
    Files.delete(sources);
    assertEquals(0, quantize(DEMO, other.toString(), "--force").code());
    quantize(DEMO, in("b.gguf/x")).failed(2, "there is no folder");
    Files.createDirectory(folder.resolve("c.gguf"));
    quantize(DEMO, in("c.gguf"), "--force").failed(2, "is a folder; choose another name");
    quantize(DEMO, in("letter.txt"), "--force").failed(2, "is a file; choose another name");
  }

  @Test
  void theModelItselfIsNotReplaced() throws IOException {
    Path model = folder.resolve("m");
    assertEquals(0, quantize(DEMO, model.toString(), "--quantization", "fp8").code());
    quantize(model.toString(), model.toString(), "--force").failed(2, "holds the model itself");
    assertTrue(Files.exists(model.resolve("model.safetensors")));
  }

  @Test
  void aModelThatCannotBeWrittenIsAnErrorOfTheModel() throws IOException {
    quantize(DEMO, in("q.gguf")).failed(3, "GGUF files have no form for its tokenizer");
    assertFalse(Files.exists(folder.resolve("q.gguf")));
    assertEquals(0, quantize(gpt2(), in("q.gguf")).code());
    quantize(in("q.gguf"), in("again.gguf")).failed(3, "is a GGUF file; name the model folder");
    assertEquals(0, quantize(DEMO, in("q")).code());
    quantize(in("q"), in("again")).failed(3, "is quantized already");
    quantize(in("none"), in("again")).failed(2, "there is no model folder");
    assertFalse(Files.exists(folder.resolve("again")));
  }

  @Test
  void bothNamesAreNeeded() {
    quantize(DEMO).failed(2, "Missing required parameter: 'OUT'");
    assertTrue(quantize("--help").out().contains("--force"));
  }
}
