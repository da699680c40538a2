package dev.sgl.local.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.Iterables;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.FaultException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.local.quantized.QuantizedModels;
import dev.sgl.local.weights.ModelException;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import dev.sgl.testing.Fuzz;
import dev.sgl.testing.Json;
import dev.sgl.testing.JsonMutator;
import dev.sgl.testing.Mutator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Model folders with random mistakes: each loads and answers, or is refused by a message that
/// names a file, and no file makes the reader take memory for what it only claims to hold.
class FoldersFuzzTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final long MOST_ALLOCATED = 256L << 20; // of the Java heap, while one folder loads

  private static final String WEIGHTS = ".safetensors"; // at the end of a file's name

  private static final String CONFIG = "tokenizer_config.json";
  private static final String TEMPLATE =
      "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}{{ eos_token }}";

  private static final String ADDED =
      """
      {"319":{"content":"<|tool|>","special":true,"lstrip":false,"rstrip":false,
       "normalized":false,"single_word":false}}
      """;

  @TempDir Path folder = Path.of("");

  private static final List<String> MODELS =
      List.of("lfm2", "llama", "mistral", "qwen2", "qwen3", "qwen3-yarn");

  @TempDir static Path quantized = Path.of("");

  private static final List<String> QUANTIZED =
      List.of("awq", "floats", "fp8", "gptq", "mixed", "mxfp4", "packed");

  @BeforeAll
  static void writeQuantizedModels() throws IOException {
    for (String model : QUANTIZED) {
      QuantizedModels.write(model, Files.createDirectory(quantized.resolve(model)));
    }
  }

  /// A file of a model, as JSON: of weights the header.
  private record Source(String model, String name, JsonNode json) {}

  private static List<Path> paths(String model) throws IOException {
    Path models = QUANTIZED.contains(model) ? quantized : Path.of("src/test/resources/models");
    try (Stream<Path> all = Files.list(models.resolve(model))) {
      return all.filter(file -> !file.endsWith("expected.json")).sorted().toList();
    }
  }

  private static List<Source> sources() throws IOException {
    List<Source> sources = new ArrayList<>();
    for (String model : Iterables.concat(MODELS, QUANTIZED)) {
      for (Path file : paths(model)) {
        String name = file.getFileName().toString();
        JsonNode json = name.endsWith(WEIGHTS) ? header(file) : Json.read(file);
        if (name.equals(CONFIG) && json instanceof ObjectNode config) {
          config.put("chat_template", TEMPLATE).set("added_tokens_decoder", Json.parse(ADDED));
        }
        sources.add(new Source(model, name, json));
      }
    }
    return sources;
  }

  private static JsonNode header(Path file) throws IOException {
    ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    return Json.parse(new String(all.array(), 8, (int) all.getLong(), StandardCharsets.UTF_8));
  }

  /// A folder of `model`, with other bytes in the place of some files.
  private record Changed(String model, Map<String, byte[]> files) {
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder(model);
      files.forEach(
          (name, bytes) ->
              text.append("\n" + name + ": ").append(new String(bytes, StandardCharsets.UTF_8)));
      return text.toString();
    }

    void write(Path folder) throws IOException {
      try (Stream<Path> old = Files.list(folder)) {
        for (Path file : old.toList()) {
          Files.delete(file);
        }
      }
      for (Path file : paths(model)) {
        Path to = folder.resolve(file.getFileName().toString());
        byte[] bytes = files.get(to.getFileName().toString());
        if (bytes == null) {
          Files.copy(file, to);
        } else {
          Files.write(to, to.toString().endsWith(WEIGHTS) ? weights(file, bytes) : bytes);
        }
      }
    }

    /// The weights of `file` with another header.
    private static byte[] weights(Path file, byte[] header) throws IOException {
      ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      all.position(8 + (int) all.getLong());
      ByteBuffer out = ByteBuffer.allocate(8 + header.length + all.remaining());
      return out.order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header).put(all).array();
    }
  }

  private static Changed changed(JsonMutator json, List<Source> sources, SplittableRandom random) {
    Source first = Mutator.any(sources, random);
    Source second = Mutator.any(sources, random);
    Map<String, byte[]> files = new TreeMap<>();
    for (Source source : sources) {
      if (source.model().equals(first.model()) && source.name().equals(CONFIG)) {
        files.put(CONFIG, source.json().toString().getBytes(StandardCharsets.UTF_8));
      }
    }
    for (Source source : List.of(first, second)) {
      if (source.model().equals(first.model())) {
        files.put(source.name(), Mutator.bytes(json.mutate(source.json(), random), random));
      }
    }
    return new Changed(first.model(), files);
  }

  @Test
  void eachLoadsOrIsRefusedByItsFile() throws IOException {
    List<Source> sources = sources();
    JsonMutator json = new JsonMutator(sources.stream().map(Source::json).toList());
    Fuzz.run(LIMIT, random -> changed(json, sources, random), this::check);
  }

  private void check(Changed changed) throws IOException {
    changed.write(folder);
    Allocations.atMost(MOST_ALLOCATED, this::load);
  }

  private void load() {
    try (LocalBackend backend =
        LocalBackend.open(folder, LocalOptions.DEFAULT.withThreads(1), Progress.SILENT)) {
      answer(backend);
    } catch (ModelException e) {
      String message = String.valueOf(e.getMessage());
      assertTrue(message.contains(".json") || message.contains(folder.toString()), message);
    }
  }

  private static void answer(LocalBackend backend) {
    Prompt.Message hello = new Prompt.Message(Role.USER, List.of(new Prompt.Part.Written("hello")));
    Prompt prompt = new Prompt.Chat(List.of(hello), List.of(), Map.of());
    try (Generation generation =
        backend.generate(new Request(prompt, Type.TEXT, Sampling.DEFAULT.withMaxTokens(2)))) {
      generation.reply();
    } catch (FaultException e) {
      throw e;
    } catch (ModelException | BackendException e) {
      return; // the template refuses the conversation, say
    }
  }
}
