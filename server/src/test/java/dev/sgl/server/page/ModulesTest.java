package dev.sgl.server.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The modules of the page that need no browser, tested by Node if it is there.
class ModulesTest {
  private static final Path MODULES = Path.of("src/main/resources/dev/sgl/server/page");
  private static final Path TESTS = Path.of("src/test/page");
  private static final Path FOLDER = Path.of("target/page");

  @Test
  @Timeout(120)
  void theModulesPassTheirTests() throws IOException, InterruptedException {
    Files.createDirectories(FOLDER);
    copy(MODULES);
    copy(TESTS);
    Files.writeString(FOLDER.resolve("package.json"), "{\"type\": \"module\"}");
    Process node = start(List.of("node", "--test", "modules.test.js"));
    String told = new String(node.getInputStream().readAllBytes());
    assertTrue(node.waitFor(100, TimeUnit.SECONDS));
    assertEquals(0, node.exitValue(), told);
  }

  private static void copy(Path folder) throws IOException {
    try (var files = Files.newDirectoryStream(folder, "*.js")) {
      for (Path file : files) {
        Path target = FOLDER.resolve(file.getFileName());
        Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private static Process start(List<String> command) {
    try {
      return new ProcessBuilder(command)
          .directory(FOLDER.toFile())
          .redirectErrorStream(true)
          .start();
    } catch (IOException e) {
      return Assumptions.abort("node is not there");
    }
  }
}
