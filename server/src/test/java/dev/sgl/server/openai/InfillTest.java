package dev.sgl.server.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.engine.LocalOptions;
import dev.sgl.server.TestServer;
import dev.sgl.server.TestServer.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Gaps that are filled: by the demo model, with the names of a coder's tokens for some of its own.
class InfillTest {
  private static final Path DEMO = Path.of("../samples/model/demo");

  @TempDir Path folder = Path.of("");

  /// @param names for three special tokens: before the prefix, the suffix and the middle
  private TestServer open(String... names) throws IOException {
    try (Stream<Path> files = Files.list(DEMO)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName().toString()));
      }
    }
    for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
      Path path = folder.resolve(file);
      String text = Files.readString(path);
      List<String> own = List.of("<|system|>", "<|user|>", "<|assistant|>");
      for (int i = 0; i < names.length; i++) {
        text = text.replace(own.get(i), names[i]);
      }
      Files.writeString(path, text);
    }
    return TestServer.of(folder, LocalOptions.DEFAULT);
  }

  private static String completion(String members) {
    return "{\"temperature\":0,\"max_tokens\":8," + members.replace('\'', '"') + "}";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<|fim_prefix|> <|fim_suffix|> <|fim_middle|>",
        "<fim_prefix> <fim_suffix> <fim_middle>",
        "<｜fim▁begin｜> <｜fim▁hole｜> <｜fim▁end｜>",
      })
  void aGapIsFilledOnEveryRoute(String names) throws IOException {
    try (TestServer server = open(names.split(" "))) {
      String[] name = names.split(" ");
      String raw = name[0] + "The lamp" + name[1] + " hills." + name[2];
      Answer plain = server.post("/v1/completions", completion("'prompt':'" + raw + "'"));
      String middle = plain.at("/choices/0/text").asText();
      String gap = "'prompt':'The lamp','suffix':' hills.'";
      Answer filled = server.post("/v1/completions", completion(gap));
      assertEquals(middle, filled.at("/choices/0/text").asText(), filled.text());
      assertEquals(plain.at("/usage/prompt_tokens"), filled.at("/usage/prompt_tokens"));
      String ollama =
          "{\"model\":\"%s\",\"stream\":false,\"prompt\":\"The lamp\",\"suffix\":\" hills.\",\"options\":{\"temperature\":0,\"num_predict\":8}}"
              .formatted(folder.getFileName());
      assertEquals(middle, server.post("/api/generate", ollama).at("/response").asText());
      String editor =
          "{\"input_prefix\":\"The \",\"prompt\":\"lamp\",\"input_suffix\":\" hills.\",\"n_predict\":8,\"temperature\":0,\"samplers\":[\"top_k\"],\"n_indent\":0}";
      Answer infill = server.post("/infill", editor);
      assertEquals(middle, infill.at("/content").asText(), infill.text());
      assertTrue(infill.at("/stop").asBoolean());
    }
  }

  @Test
  void theSuffixMayComeFirst() throws IOException {
    try (TestServer server = open("[PREFIX]", "[SUFFIX]")) {
      String raw = "'prompt':'[SUFFIX] hills.[PREFIX]The lamp'";
      assertEquals(
          server.post("/v1/completions", completion(raw)).at("/choices/0/text"),
          server
              .post("/v1/completions", completion("'prompt':'The lamp','suffix':' hills.'"))
              .at("/choices/0/text"));
    }
  }

  @Test
  void aModelWithoutTheTokensSaysSo() throws IOException {
    try (TestServer server = TestServer.open()) {
      Answer answer = server.post("/v1/completions", completion("'prompt':'a','suffix':'b'"));
      assertEquals("suffix", answer.at("/error/param").asText());
      assertTrue(answer.error().contains("has no tokens for filling a gap"), answer.error());
      assertEquals(
          400, server.post("/infill", "{\"input_prefix\":\"a\",\"input_suffix\":\"b\"}").status());
    }
  }
}
