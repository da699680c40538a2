package dev.sgl.lsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The extension of Visual Studio Code is built from what is in the repository, and its grammar
/// reads the samples.
@Timeout(300)
class ExtensionTest {
  private static final Path HOME = Path.of(System.getProperty("sgl.home", ".."));

  @TempDir Path folder = Path.of("");

  private record Ended(int status, String output) {}

  private Ended run(String... command) throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (!process.waitFor(240, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return new Ended(-1, "no end: " + String.join(" ", command));
    }
    return new Ended(process.exitValue(), Files.readString(output));
  }

  private boolean hasNpm() throws InterruptedException {
    try {
      return run("npm", "ping").status() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(file.getFileName());
        boolean isBuilt = List.of("node_modules", "dist").contains(file.getFileName().toString());
        if (Files.isDirectory(file) && !isBuilt) {
          copy(file, target);
        } else if (Files.isRegularFile(file)) {
          Files.copy(file, target);
        }
      }
    }
  }

  @Test
  void isBuiltAndReadsTheSamples() throws IOException, InterruptedException {
    assumeTrue(hasNpm(), "npm is not here, or reaches no registry");
    copy(HOME.resolve("editors/vscode"), folder);
    for (String[] command : new String[][] {{"npm", "ci"}, {"npm", "run", "build"}}) {
      Ended ended = run(command);
      assertEquals(0, ended.status(), ended.output());
    }
    assertTrue(Files.size(folder.resolve("dist/extension.js")) > 100_000);
    Ended read = run("npm", "test", "--", HOME.resolve("samples").toRealPath().toString());
    assertEquals(0, read.status(), read.output());
  }
}
