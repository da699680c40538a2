package dev.sgl.local.kernel.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every kernel compiles, without a warning and without registers that do not fit, wherever there
/// is a compiler: `nvcc`, or NVRTC. No GPU is needed.
@Timeout(120)
class KernelSourcesTest {
  @TempDir Path folder = Path.of("");

  @ParameterizedTest
  @CsvSource({
    "rows, BF16=1",
    "rows, BF16=0",
    "vector, BF16=1",
    "vector, BF16=0",
    "pick, BF16=1",
    "attention, BF16=1 DIM=128 PAGE=16",
    "attention, BF16=0 DIM=64 PAGE=16"
  })
  void compiles(String name, String defines) throws IOException, InterruptedException {
    Path source = folder.resolve(name + ".cu");
    Files.writeString(source, Cubins.source(name));
    List<String> command =
        new ArrayList<>(List.of("nvcc", "-cubin", "-std=c++17", "-arch=sm_90", "-Xptxas", "-v"));
    for (String define : defines.split(" ")) {
      command.add("-D" + define);
    }
    command.addAll(List.of("-o", folder.resolve("out.cubin").toString(), source.toString()));
    Process nvcc = start(command);
    String said = new String(nvcc.getInputStream().readAllBytes());
    assertTrue(nvcc.waitFor(100, TimeUnit.SECONDS));
    assertEquals(0, nvcc.exitValue(), said);
    assertTrue(!said.contains("warning"), said);
    said.lines()
        .filter(line -> line.contains("spill stores"))
        .forEach(line -> assertTrue(line.contains(" 0 bytes spill stores"), line));
  }

  private static Process start(List<String> command) throws InterruptedException {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      Assumptions.abort("no nvcc: " + e.getMessage());
      throw new InterruptedException();
    }
  }

  @Test
  void compilesByTheLibraryAndIsKept() throws IOException {
    try {
      new Nvrtc();
    } catch (GpuException e) {
      Assumptions.abort(e.getMessage());
    }
    Cubins cubins = new Cubins("sm_90", folder);
    for (String name : Cubins.SOURCES) {
      assertTrue(cubins.of(name, "BF16=1", "DIM=128", "PAGE=16").length > 0);
    }
    try (var files = Files.list(folder)) {
      assertEquals(Cubins.SOURCES.size(), files.count());
    }
  }
}
