package dev.sgl.server.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sgl.testing.Suites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Which format is taken for which chat template; none where the calls would be others than the
/// model was trained on.
class ToolFormatTest {
  private static final Map<ToolFormat, List<String>> KNOWN =
      Map.of(
          ToolFormat.HERMES,
          List.of(
              "Bielik-11B-v3.0-Instruct",
              "MiMo-VL",
              "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use",
              "NousResearch-Hermes-3-Llama-3.1-8B-tool_use",
              "Qwen-QwQ-32B",
              "Qwen-Qwen2.5-7B-Instruct",
              "Qwen-Qwen3-0.6B",
              "Reka-Edge"),
          ToolFormat.LLAMA,
          List.of(
              "meta-llama-Llama-3.1-8B-Instruct",
              "meta-llama-Llama-3.2-3B-Instruct",
              "meta-llama-Llama-3.3-70B-Instruct"),
          ToolFormat.MISTRAL,
          List.of("mistralai-Mistral-Nemo-Instruct-2407"),
          ToolFormat.MISTRAL_ARGS,
          List.of(
              "Mistral-Small-3.2-24B-Instruct-2506",
              "mistralai-Ministral-3-14B-Reasoning-2512",
              "unsloth-mistral-Devstral-Small-2507"));

  @Test
  void everyTemplateHasItsFormatOrNone() throws IOException {
    TreeMap<String, Optional<ToolFormat>> expected = new TreeMap<>();
    TreeMap<String, Optional<ToolFormat>> found = new TreeMap<>();
    try (Stream<Path> files = Files.list(Suites.folder("chat-templates"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".jinja")).toList()) {
        String name = String.valueOf(file.getFileName()).replace(".jinja", "");
        found.put(name, ToolFormat.of(Files.readString(file)));
        expected.put(name, Optional.empty());
      }
    }
    KNOWN.forEach((format, names) -> names.forEach(n -> expected.put(n, Optional.of(format))));
    assertEquals(expected, found);
  }
}
