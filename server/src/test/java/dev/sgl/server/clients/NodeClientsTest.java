package dev.sgl.server.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.compiler.Compiler;
import dev.sgl.run.RunOptions;
import dev.sgl.server.TestServer;
import dev.sgl.server.program.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Clients that are not Java's: those of OpenAI, Anthropic, Ollama and Vercel for JavaScript, and a
/// browser on the page. Their packages
/// come from the npm registry; without Node.js, the registry or Chromium the tests are skipped.
@Timeout(300)
class NodeClientsTest {
  private static final Path SCRIPTS = Path.of("src/test/clients").toAbsolutePath();
  private static final List<Path> BROWSERS =
      List.of(
          Path.of("/usr/bin/chromium"),
          Path.of("/usr/bin/chromium-browser"),
          Path.of("/usr/bin/google-chrome"));
  private static final Path FOLDER = Path.of("target/clients").toAbsolutePath();

  @BeforeAll
  static void install() throws IOException, InterruptedException {
    Files.createDirectories(FOLDER);
    for (String name :
        List.of("package.json", "package-lock.json", "openai.mjs", "apis.mjs", "page.mjs")) {
      Files.write(FOLDER.resolve(name), Files.readAllBytes(SCRIPTS.resolve(name)));
    }
    if (!Files.isDirectory(FOLDER.resolve("node_modules/ollama"))) {
      Outcome installed = run(List.of("npm", "ci", "--no-audit", "--no-fund"));
      Assumptions.assumeTrue(installed.code() == 0, "npm: " + installed.said());
    }
  }

  private record Outcome(int code, String said) {}

  private static Outcome run(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(FOLDER.toFile()).redirectErrorStream(true);
    try {
      Process process = builder.start();
      String said = new String(process.getInputStream().readAllBytes());
      assertTrue(process.waitFor(240, TimeUnit.SECONDS));
      return new Outcome(process.exitValue(), said);
    } catch (IOException e) {
      Assumptions.abort(command.getFirst() + " is not there");
      throw e;
    }
  }

  @Test
  void openAisClientForJavaScriptWorks() throws IOException, InterruptedException {
    try (TestServer server = TestServer.withTemplateOf("Qwen-Qwen2.5-7B-Instruct")) {
      Outcome outcome = run(List.of("node", "openai.mjs", server.url("/v1")));
      assertEquals(0, outcome.code(), outcome.said());
    }
  }

  @Test
  void theClientsOfOtherApisWork() throws IOException, InterruptedException {
    try (TestServer server = TestServer.withQwen3()) {
      Outcome outcome = run(List.of("node", "apis.mjs", server.url("")));
      assertEquals(0, outcome.code(), outcome.said());
    }
  }

  @Test
  void thePageRunsProgramsAndChats() throws IOException, InterruptedException {
    Path browser = BROWSERS.stream().filter(Files::exists).findFirst().orElse(Path.of(""));
    Assumptions.assumeTrue(!browser.toString().isEmpty(), "there is no Chromium");
    var two = Compiler.compile("two.sgl", "program two() -> int { return 1 + 1 }").program();
    Programs served = new Programs(Map.of("two", two.orElseThrow()), _ -> RunOptions.DEFAULT);
    try (TestServer server = TestServer.open(options -> options.withPrograms(served))) {
      Outcome outcome = run(List.of("node", "page.mjs", server.url("/"), browser.toString()));
      assertEquals(0, outcome.code(), outcome.said());
    }
  }
}
