package dev.sgl.local.kernel.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.kernel.gpu.KernelFiles;
import dev.sgl.local.kernel.gpu.port.Gpu.KernelFile;
import dev.sgl.local.kernel.gpu.port.GpuException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every kernel compiles, without a warning and without registers that do not fit, wherever there
/// is a compiler: `nvcc`, or NVRTC. No GPU is needed.
@Timeout(300)
class KernelSourcesTest {
  /// Bytes that a compiler may keep outside of registers to run more blocks at a time: those of a
  /// few numbers that are used once.
  private static final int FEW = 32;

  /// The size of heads whose attention has more numbers than there are registers.
  private static final String SPILLING = "256";

  /// Products whose largest tile has, too.
  private static final String WIDE = "wide";

  /// Said where products of warpgroups do not run beside the program.
  private static final String SERIALIZED = "Potential Performance Loss";

  /// The registers that a kernel begins with, where its warps change theirs, in its source.
  private static final Pattern BEGINNING = Pattern.compile("#define BEGINNING (\\d+)");

  private static final Pattern USED = Pattern.compile("Used (\\d+) registers");

  private static final Pattern SPILLED = Pattern.compile("(\\d+) bytes spill stores");

  private static final List<String> CHIPS = List.of("sm_80", "sm_90", "sm_100");

  @TempDir Path folder = Path.of("");

  static List<KernelFile> files() {
    return KernelFiles.all();
  }

  /// A compiler at work.
  private record Compilation(Process nvcc, Path messages) {}

  /// For all chips at the same time.
  @ParameterizedTest
  @MethodSource("files")
  void compiles(KernelFile file) throws IOException, InterruptedException {
    Path source = folder.resolve(file.name() + ".cu");
    Files.writeString(source, Cubins.source(file.name()));
    List<Compilation> compilations = new ArrayList<>();
    for (String chip : file.isOfOneChip() ? List.of("sm_90a") : CHIPS) {
      compilations.add(compile(file, source, chip));
    }
    for (Compilation compilation : compilations) {
      assertTrue(compilation.nvcc().waitFor(100, TimeUnit.SECONDS));
      check(file, compilation.nvcc().exitValue(), Files.readString(compilation.messages()));
    }
  }

  private Compilation compile(KernelFile file, Path source, String chip)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of(nvcc(), "-cubin", "-std=c++17", "-arch=" + chip, "-Xptxas", "-v"));
    file.defines().forEach((name, value) -> command.add("-D" + name + "=" + value));
    command.addAll(List.of("-o", folder.resolve(chip + ".cubin").toString(), source.toString()));
    Path messages = folder.resolve(chip + ".log");
    return new Compilation(start(command, messages), messages);
  }

  private static void check(KernelFile file, int status, String said) {
    assertEquals(0, status, said);
    assertTrue(!said.contains("warning"), said);
    assertTrue(!said.contains(SERIALIZED), said);
    Matcher begins = BEGINNING.matcher(Cubins.source(file.name()));
    if (begins.find()) { // warps give registers away and take them, of as many as there are
      USED.matcher(said).results().forEach(used -> assertEquals(begins.group(1), used.group(1)));
    }
    if (!SPILLING.equals(file.defines().get("DIM")) && !file.name().equals(WIDE)) {
      SPILLED
          .matcher(said)
          .results()
          .forEach(spilled -> assertTrue(Integer.parseInt(spilled.group(1)) <= FEW, said));
    }
  }

  /// The compiler: `SGL_NVCC`, or `nvcc` of the path.
  private static String nvcc() {
    return Optional.ofNullable(System.getenv("SGL_NVCC")).orElse("nvcc");
  }

  private static Process start(List<String> command, Path messages) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(messages.toFile())
          .start();
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
    for (KernelFile file : files()) {
      assertTrue(cubins.of(file).length > 0);
    }
    try (var kept = Files.list(folder)) {
      assertEquals(files().size(), kept.count());
    }
  }
}
