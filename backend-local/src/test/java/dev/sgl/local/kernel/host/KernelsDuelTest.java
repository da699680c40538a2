package dev.sgl.local.kernel.host;

import static dev.sgl.local.kernel.host.TestTensors.fill;
import static dev.sgl.local.kernel.host.TestTensors.poisoned;
import static dev.sgl.local.kernel.host.TestTensors.random;
import static dev.sgl.local.kernel.host.TestTensors.weight;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sgl.local.kernel.Activation;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.AttentionShape.Scoring;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Cell;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.kernel.cpu.VectorKernels;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Weight;
import dev.sgl.testing.Property;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// The vector kernels against their plain twins, on random shapes and numbers. Outputs are poisoned
/// first, so that what nobody writes is seen.
class KernelsDuelTest {
  private static final Kernels PLAIN = new PlainKernels();
  private static final Kernels FAST = new VectorKernels(3);

  @AfterAll
  static void close() {
    FAST.close();
  }

  @Test
  void linear() {
    Property.forAll(
        150,
        (random, size) -> {
          int rows = 1 + random.nextInt(Math.max(1, size / 8));
          int in = random.nextBoolean() ? 16 * (1 + random.nextInt(12)) : 1 + random.nextInt(100);
          int out = 1 + random.nextInt(70);
          Tensor x = random(random, rows, in);
          DType type = DType.values()[random.nextInt(3)];
          Weight weight = weight(random, type, out, in, 1);
          Optional<float[]> bias =
              random.nextBoolean()
                  ? Optional.of(random(random, 1, out).values())
                  : Optional.empty();
          Tensor plain = poisoned(rows, out);
          Tensor fast = poisoned(rows, out);
          PLAIN.linear(x, PLAIN.load(weight), bias, plain, rows);
          FAST.linear(x, FAST.load(weight), bias, fast, rows);
          same(plain, fast, type + " " + rows + "x" + in + "x" + out);
        });
  }

  @Test
  void aRowOfLinearHasTheSameBitsInAnyBatch() {
    SplittableRandom random = new SplittableRandom(5);
    for (DType type : DType.values()) {
      int in = 96;
      int out = 70;
      Matrix matrix = FAST.load(weight(random, type, out, in, 1));
      Tensor x = random(random, 33, in);
      Tensor alone = poisoned(33, out);
      for (int row = 0; row < 33; row++) {
        Tensor one = new Tensor(1, in, x.row(row));
        Tensor result = poisoned(1, out);
        FAST.linear(one, matrix, Optional.empty(), result, 1);
        System.arraycopy(result.values(), 0, alone.values(), row * out, out);
      }
      for (int rows : new int[] {2, 7, 8, 9, 16, 33}) {
        Tensor together = poisoned(rows, out);
        FAST.linear(x, matrix, Optional.empty(), together, rows);
        assertArrayEquals(
            Arrays.copyOf(alone.values(), rows * out),
            Arrays.copyOf(together.values(), rows * out),
            type + ", " + rows + " rows");
      }
    }
  }

  @Test
  void norms() {
    Property.forAll(
        160,
        (random, size) -> {
          int rows = 1 + random.nextInt(5);
          int group = 1 + random.nextInt(size + 20);
          Tensor x = random(random, rows, group * (1 + random.nextInt(3)));
          float[] weight = random(random, 1, group).values();
          Optional<float[]> bias =
              random.nextBoolean()
                  ? Optional.of(random(random, 1, group).values())
                  : Optional.empty();
          sameNorm(x, rows, (kernels, out) -> kernels.rmsNorm(x, weight, 1e-5f, out, rows));
          sameNorm(x, rows, (kernels, out) -> kernels.layerNorm(x, weight, bias, 1e-5f, out, rows));
        });
  }

  private static void sameNorm(Tensor x, int rows, BiConsumer<Kernels, Tensor> norm) {
    Tensor plain = poisoned(rows, x.columns());
    Tensor fast = poisoned(rows, x.columns());
    norm.accept(PLAIN, plain);
    norm.accept(FAST, fast);
    same(plain, fast, "norm of " + x.columns());
  }

  @Test
  void ropeGateAndAdd() {
    Property.forAll(
        80,
        (random, size) -> {
          int rows = 1 + random.nextInt(6);
          int headDim = 2 * (1 + random.nextInt(40));
          Tensor a = random(random, rows, headDim * (1 + random.nextInt(4)));
          Tensor b = copy(a);
          int[] positions = random.ints(rows, 0, 1000).toArray();
          float[] frequencies = random(random, 1, headDim / 2).values();
          Rotary.Growth growth = new Rotary.Growth(0.1f, 64);
          Rotary rotary = new Rotary(frequencies, 1.25f, Optional.of(growth));
          Tensor angles = PLAIN.angles(positions, rotary, random.nextBoolean());
          PLAIN.rope(a, headDim, angles, rows);
          FAST.rope(b, headDim, angles, rows);
          same(a, b, "rope");
          Tensor up = random(random, rows, a.columns());
          Activation activation = Activation.values()[random.nextInt(Activation.values().length)];
          PLAIN.gate(a, up, activation, rows);
          FAST.gate(b, up, activation, rows);
          same(a, b, "gate " + activation);
          PLAIN.activate(a, activation, rows);
          FAST.activate(b, activation, rows);
          same(a, b, "" + activation);
          PLAIN.cap(a, 2, rows);
          FAST.cap(b, 2, rows);
          same(a, b, "cap");
          PLAIN.add(a, up, rows);
          FAST.add(b, up, rows);
          same(a, b, "add");
        });
  }

  @Test
  void attention() {
    Property.forAll(
        60,
        (random, size) -> {
          int kvHeads = 1 + random.nextInt(3);
          int heads = kvHeads * (1 + random.nextInt(3));
          int headDim = 2 * (1 + random.nextInt(24));
          int pageSize = 1 + random.nextInt(17);
          int window = random.nextBoolean() ? AttentionShape.ALL : 1 + random.nextInt(size);
          HostKvPool pool =
              new HostKvPool(
                  Kept.of(new Cell(1, 4)).plus(Kept.of(new Cell(kvHeads, headDim))),
                  40,
                  pageSize,
                  0);
          for (int page = 0; page < 40; page++) {
            pool.prepare(page);
            fill(random, pool.keys(1, page));
            fill(random, pool.values(1, page));
          }
          int rows = 1 + random.nextInt(6);
          int[] positions = random.ints(rows, 0, pageSize * 10).toArray();
          int[][] tables = new int[rows][];
          for (int r = 0; r < rows; r++) {
            boolean isNew = r == 0 || random.nextBoolean(); // or one more row of the same sequence
            tables[r] = isNew ? random.ints(10, 0, 40).toArray() : tables[r - 1];
          }
          Batch batch = new Batch(new int[rows], positions, tables, new int[0]);
          Scoring scoring = random.nextBoolean() ? Scoring.usual(headDim) : new Scoring(0.3f, 2);
          AttentionShape shape =
              new AttentionShape(heads, kvHeads, headDim, window, scoring, random.nextInt(3) == 0);
          Tensor queries = random(random, rows, heads * headDim);
          Tensor plain = poisoned(rows, heads * headDim);
          Tensor fast = poisoned(rows, heads * headDim);
          PLAIN.attention(queries, pool, 1, batch, shape, plain);
          FAST.attention(queries, pool, 1, batch, shape, fast);
          same(plain, fast, shape.toString());
        });
  }

  private static void same(Tensor plain, Tensor fast, String what) {
    for (int i = 0; i < plain.values().length; i++) {
      float wanted = plain.values()[i];
      assertEquals(wanted, fast.values()[i], 1e-4f * (1 + Math.abs(wanted)), what + " at " + i);
    }
  }

  private static Tensor copy(Tensor x) {
    return new Tensor(x.rows(), x.columns(), x.values().clone());
  }
}
