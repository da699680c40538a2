package dev.sgl.local.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.cpu.VectorKernels;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.kernel.host.Kernels;
import dev.sgl.local.kernel.host.PlainKernels;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A model whose layers have different heads, windows and rotaries, or keep states.
class MixedLayersTest {
  private static final int[][] SEQUENCES = TinyDecoder.sequences(1, 17, 90, 300);

  private static List<float[]> states(Kernels kernels, int[][] sequences, int chunk) {
    try (Device device = new HostDevice(kernels)) {
      Model model = new Transformer(TinyDecoder.DECODER, new TinyDecoder(), device, 512, _ -> {});
      return TinyDecoder.logits(model, sequences, chunk);
    }
  }

  @Test
  void vectorKernelsAgreeWithPlainOnes() {
    List<float[]> plain = states(new PlainKernels(), SEQUENCES, 512);
    List<float[]> fast = states(new VectorKernels(2), SEQUENCES, 512);
    for (int s = 0; s < SEQUENCES.length; s++) {
      assertArrayEquals(plain.get(s), fast.get(s), 1e-4f);
    }
  }

  @Test
  void aSequenceGetsTheSameBitsAloneAndInChunks() {
    List<float[]> together = states(new VectorKernels(2), SEQUENCES, 512);
    for (int s = 0; s < SEQUENCES.length; s++) {
      int[][] alone = {SEQUENCES[s]};
      assertArrayEquals(together.get(s), states(new VectorKernels(2), alone, 7).getFirst());
    }
  }

  /// 2 · 4 bytes for each number of the keys of five layers, and 4 for each of the states of two.
  @Test
  void aTokenTakesTheSumOfItsCellsAndASequenceThatOfItsStates() {
    try (Device device = new HostDevice(new PlainKernels())) {
      Model model = new Transformer(TinyDecoder.DECODER, new TinyDecoder(), device, 8, _ -> {});
      assertEquals(8 * (2 * 16 + 32 + 32 + 3 * 16 + 384), model.bytesPerToken());
      assertEquals(4 * (3 * 48 + 64), model.bytesPerSequence());
    }
  }
}
