package dev.sgl.local.kernel.gpu;

import static dev.sgl.local.kernel.gpu.OperationsDuelTest.open;
import static dev.sgl.local.kernel.gpu.OperationsDuelTest.poison;
import static dev.sgl.local.kernel.gpu.OperationsDuelTest.read;
import static dev.sgl.local.kernel.gpu.OperationsDuelTest.rounded;
import static dev.sgl.local.kernel.gpu.OperationsDuelTest.same;
import static dev.sgl.local.kernel.gpu.OperationsDuelTest.tolerance;
import static dev.sgl.local.kernel.gpu.OperationsDuelTest.write;
import static dev.sgl.local.kernel.host.TestTensors.poisoned;

import dev.sgl.local.kernel.Activation;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Device.Inner;
import dev.sgl.local.kernel.Device.Norm;
import dev.sgl.local.kernel.Device.Projection;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.Pass;
import dev.sgl.local.kernel.cuda.Gpus;
import dev.sgl.local.kernel.gpu.GpuDevice.GpuActivations;
import dev.sgl.local.kernel.gpu.products.CodedWeights;
import dev.sgl.local.kernel.host.Kernels;
import dev.sgl.local.kernel.host.PlainKernels;
import dev.sgl.local.kernel.host.Tensor;
import dev.sgl.local.kernel.host.TestTensors;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding.RoundedRows;
import dev.sgl.local.weights.Scaled;
import dev.sgl.local.weights.Weight;
import dev.sgl.testing.Property;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Products with codes of every kind, of few rows and of many, against those of their numbers.
class CodedProductsDuelTest {
  private static final Kernels PLAIN = new PlainKernels();
  private static final int BLOCK = 128;

  /// Rows up to which activations keep 16 bits where weights are floating-point numbers of 8 bits.
  private static final int WIDE_ROWS = 64;

  @BeforeAll
  static void requireGpu() {
    Gpus.assume();
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "F16"})
  void productsWithCodes(DType type) {
    for (CodedWeights kind : CodedWeights.all()) {
      try (GpuDevice device = open(type)) {
        Property.forAll(
            8,
            (random, size) -> {
              int rows =
                  switch (random.nextInt(4)) {
                    case 0 -> 1 + random.nextInt(4);
                    case 1 -> 5 + random.nextInt(60);
                    case 2 -> 65 + random.nextInt(100);
                    default -> 257 + random.nextInt(50);
                  };
              int step = Math.max(16, kind.columns());
              int columns = kind.columns() * (1 + random.nextInt(Math.max(1, 800 / step)));
              int outputs = kind.rows() * (1 + random.nextInt(Math.max(1, 400 / kind.rows())));
              new Case(device, type, kind, random, rows, columns, outputs).run();
            });
      }
    }
  }

  /// The operations with a weight of one kind.
  private record Case(
      GpuDevice device,
      DType type,
      CodedWeights kind,
      SplittableRandom random,
      int rows,
      int columns,
      int outputs) {

    void run() {
      Weight table = kind.make(random, 48 / Math.min(48, kind.rows()) * kind.rows(), columns);
      Matrix deviceTable = device.load(List.of(table));
      AttentionShape shape = new AttentionShape(1, 1, 16, AttentionShape.ALL);
      KvPool pool = device.pool(Kept.of(shape.cell()), rows, 16, 0);
      int[][] tables = IntStream.range(0, rows).mapToObj(r -> new int[] {r}).toArray(int[][]::new);
      int[] tokens = random.ints(rows, 0, table.rows()).toArray();
      Batch batch = new Batch(tokens, new int[rows], tables, new int[0]);
      Supplier<Pass> begin =
          () -> device.begin(batch, pool, Set.of(shape)); // once weights are there
      GpuActivations x = (GpuActivations) device.residual(rows + 8, columns);
      Tensor plainX = Tensor.of(rows, columns);
      poison(device, x);
      device.embed(begin.get(), deviceTable, 1, x);
      PLAIN.embed(PLAIN.load(table), tokens, plainX);
      same(plainX, read(device, x, type, rows), tolerance(type) / 4, what("embed"));

      // blocks of random bits have large numbers, whose products half precision must hold
      Weight weights = TestTensors.weight(random, DType.F32, 1, columns, 0.05);
      Norm norm = new Norm(device.vector(List.of(weights)), 1e-5f);
      Tensor normed = poisoned(rows, columns);
      PLAIN.rmsNorm(plainX, weights.floats(), 1e-5f, normed, rows);
      rounded(normed, type);
      project(begin, x, norm, normed);
      gated(begin, x, norm, normed);
      addProjection(begin, x, plainX);
      feedForward(begin, x, norm, plainX, weights);
      device.gpu().free(x.memory());
      device.gpu().free(((GpuKvPool) pool).memory());
    }

    private void project(Supplier<Pass> begin, GpuActivations x, Norm norm, Tensor normed) {
      Weight first = kind.make(random, outputs, columns);
      Weight second =
          random.nextBoolean()
              ? kind.make(random, kind.rows(), columns)
              : OperationsDuelTest.weight(random, type, 16, columns); // lies in another way
      int all = outputs + second.rows();
      GpuActivations out = (GpuActivations) device.activations(rows + 8, all);
      poison(device, out);
      Matrix both = device.load(List.of(first, second));
      device.project(begin.get(), x, Optional.of(norm), plain(both), out);
      Tensor one = product(normed, first);
      Tensor two = product(normed, second);
      Tensor wanted = Tensor.of(rows, all);
      for (int r = 0; r < rows; r++) {
        System.arraycopy(one.values(), r * outputs, wanted.values(), r * all, outputs);
        System.arraycopy(
            two.values(), r * second.rows(), wanted.values(), r * all + outputs, second.rows());
      }
      same(wanted, read(device, out, type, rows), bound(first), what("project"));
      device.gpu().free(out.memory());
    }

    private void gated(Supplier<Pass> begin, GpuActivations x, Norm norm, Tensor normed) {
      Weight gate = kind.make(random, outputs, columns);
      Weight up = kind.make(random, outputs, columns);
      GpuActivations out = (GpuActivations) device.activations(rows + 8, outputs);
      poison(device, out);
      Matrix gateUp = device.load(List.of(gate, up));
      device.gated(begin.get(), x, Optional.of(norm), silu(gateUp), out);
      Tensor wanted = product(normed, gate);
      PLAIN.gate(wanted, product(normed, up), Activation.SILU, rows);
      same(wanted, read(device, out, type, rows), 4 * bound(gate), what("gated"));
      device.gpu().free(out.memory());
    }

    private void addProjection(Supplier<Pass> begin, GpuActivations x, Tensor plainX) {
      int inputs = kind.columns() * (1 + random.nextInt(3));
      int width = columns / kind.rows() * kind.rows();
      if (width != columns) {
        return; // the sum has as many numbers as a row of the table
      }
      Weight weight = kind.make(random, columns, inputs);
      GpuActivations in = (GpuActivations) device.activations(rows + 8, inputs);
      Tensor numbers = rounded(TestTensors.random(random, rows, inputs), type);
      write(device, in, type, numbers);
      Matrix loaded = device.load(List.of(weight));
      device.addProjection(begin.get(), in, plain(loaded), x);
      PLAIN.add(plainX, product(numbers, weight), rows);
      same(plainX, read(device, x, type, rows), bound(weight), what("addProjection"));
      device.gpu().free(in.memory());
    }

    private void feedForward(
        Supplier<Pass> begin, GpuActivations x, Norm norm, Tensor plainX, Weight weights) {
      if (columns % kind.rows() != 0 || outputs % kind.columns() != 0) {
        return; // there is no weight of this kind that leads back
      }
      Weight gate = kind.make(random, outputs, columns);
      Weight up = kind.make(random, outputs, columns);
      Weight down = kind.make(random, columns, outputs);
      GpuActivations inner = (GpuActivations) device.activations(rows + 8, outputs);
      poison(device, inner);
      Inner gates = silu(device.load(List.of(gate, up)));
      Projection back = plain(device.load(List.of(down)));
      device.feedForward(begin.get(), x, Optional.of(norm), gates, back, inner);
      Tensor normed = poisoned(rows, columns);
      PLAIN.rmsNorm(plainX, weights.floats(), norm.epsilon(), normed, rows);
      rounded(normed, type);
      Tensor wanted = product(normed, gate);
      PLAIN.gate(wanted, product(normed, up), Activation.SILU, rows);
      PLAIN.add(plainX, product(rounded(wanted, type), down), rows);
      same(plainX, read(device, x, type, rows), 8 * bound(down), what("feedForward"));
      device.gpu().free(inner.memory());
    }

    private static Projection plain(Matrix weight) {
      return new Projection(weight, Optional.empty());
    }

    private static Inner silu(Matrix weight) {
      return new Inner(plain(weight), Activation.SILU);
    }

    private Tensor product(Tensor x, Weight weight) {
      Tensor out = poisoned(rows, weight.rows());
      Tensor seen = narrowed(x, weight);
      PLAIN.linear(seen, PLAIN.load(weight), Optional.empty(), out, rows);
      return out;
    }

    /// A norm that is rounded another way may make another code of a number in e4m3.
    private double bound(Weight weight) {
      return isNarrowed(weight) ? 5 * tolerance(type) : tolerance(type);
    }

    private boolean isNarrowed(Weight weight) {
      return rows > WIDE_ROWS
          && type == DType.BF16
          && device.gpu().isHopper()
          && (weight.encoding() instanceof Scaled || weight.encoding() instanceof RoundedRows);
    }

    /// As the library sees the activations of many rows if the weights are in e4m3.
    private Tensor narrowed(Tensor x, Weight weight) {
      if (!isNarrowed(weight)) {
        return x;
      }
      boolean inBlocks = weight.encoding() instanceof Scaled;
      Tensor narrow = Tensor.of(rows, x.columns());
      int group = inBlocks ? BLOCK : x.columns();
      for (int row = 0; row < rows; row++) {
        for (int first = 0; first < x.columns(); first += group) {
          int from = row * x.columns() + first;
          int to = row * x.columns() + Math.min(first + group, x.columns());
          float most = 0;
          for (int i = from; i < to; i++) {
            most = Math.max(most, Math.abs(x.values()[i]));
          }
          float scale = most / 448;
          float inverse = most == 0 ? 0 : 448 / most;
          for (int i = from; i < to; i++) {
            narrow.values()[i] = Scaled.number(Scaled.code(x.values()[i] * inverse)) * scale;
          }
        }
      }
      return narrow;
    }

    private String what(String operation) {
      return "%s, %s in %s: %d rows, %d columns, %d outputs"
          .formatted(operation, kind.name(), type, rows, columns, outputs);
    }
  }
}
