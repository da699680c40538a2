package dev.sgl.local.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.kernel.cuda.Gpus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A GPU that fails in the middle of its work.
class CudaFailuresTest {
  private static final Path MODEL =
      Path.of(System.getProperty("sgl.models", "src/test/resources/models"), "llama");

  @Test
  @Timeout(120)
  void allRequestsAreAnsweredAndTheProcessEnds() throws IOException, InterruptedException {
    Gpus.assume();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                BrokenDevice.class.getName(),
                MODEL.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes());
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), said);
    assertEquals(0, process.exitValue(), said);
    List<String> lines = said.lines().filter(line -> !line.startsWith("WARNING")).toList();
    assertEquals(10, lines.size(), said); // eight requests, one that comes late, the end
    assertTrue(lines.subList(0, 9).stream().allMatch(l -> l.contains("Unavailable")), said);
    assertEquals("closed", lines.getLast());
  }
}
