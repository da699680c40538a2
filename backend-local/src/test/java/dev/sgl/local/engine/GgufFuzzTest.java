package dev.sgl.local.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.local.weights.ModelException;
import dev.sgl.program.Type;
import dev.sgl.testing.Fuzz;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// GGUF files with random mistakes in their headers: each loads and answers, or is refused by a
/// message, and none makes the reader take memory for data that the file only claims to have.
class GgufFuzzTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final long MOST_ALLOCATED = 256L << 20; // of the Java heap, while a file loads
  private static final int HEADER = 16 << 10; // bytes in which most mistakes are made
  private static final List<Long> ODD =
      List.of(
          0L, 1L, -1L, 255L, 1L << 31, (1L << 31) - 1, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE);

  @TempDir Path folder = Path.of("");

  /// @param seed tells files apart that are alike in their length
  private record Changed(byte[] bytes, long seed) {
    @Override
    public String toString() {
      return bytes.length + " bytes of seed " + seed;
    }
  }

  private static Changed changed(byte[] file, SplittableRandom random) {
    long seed = random.nextLong();
    SplittableRandom own = new SplittableRandom(seed);
    byte[] bytes = file.clone();
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = own.nextInt(4); i >= 0; i--) {
      int at = own.nextInt(own.nextInt(4) == 0 ? 256 : HEADER);
      long odd = ODD.get(own.nextInt(ODD.size()));
      switch (own.nextInt(4)) {
        case 0 -> bytes[at] ^= (byte) (1 << own.nextInt(8));
        case 1 -> bytes[at] = (byte) own.nextInt(256);
        case 2 -> buffer.putInt(at, (int) odd);
        default -> buffer.putLong(at, odd);
      }
    }
    return own.nextInt(6) == 0
        ? new Changed(Arrays.copyOf(bytes, own.nextInt(bytes.length)), seed)
        : new Changed(bytes, seed);
  }

  @Test
  void eachLoadsOrIsRefused() throws IOException {
    byte[] file = Files.readAllBytes(Path.of("src/test/resources/gguf/qwen3.f16.gguf"));
    Fuzz.run(LIMIT, random -> changed(file, random), this::check);
  }

  private void check(Changed changed) throws IOException {
    Path file = folder.resolve("m.gguf");
    Files.write(file, changed.bytes());
    Allocations.atMost(MOST_ALLOCATED, () -> load(file));
  }

  private static void load(Path file) {
    try (LocalBackend backend =
        LocalBackend.open(file, LocalOptions.DEFAULT.withThreads(1), Progress.SILENT)) {
      answer(backend);
    } catch (ModelException e) {
      assertTrue(!String.valueOf(e.getMessage()).contains("null"), e.getMessage());
    }
  }

  private static void answer(LocalBackend backend) {
    Prompt prompt = new Prompt.Raw(List.of(new Prompt.Part.Written("hello")));
    try (Generation generation =
        backend.generate(new Request(prompt, Type.TEXT, Sampling.DEFAULT.withMaxTokens(2)))) {
      generation.reply();
    } catch (BackendException e) {
      assertTrue(!String.valueOf(e.getMessage()).isEmpty());
    }
  }
}
