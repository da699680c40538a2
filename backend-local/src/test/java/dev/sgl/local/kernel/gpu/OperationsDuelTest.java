package dev.sgl.local.kernel.gpu;

import static dev.sgl.local.kernel.host.TestTensors.bits;
import static dev.sgl.local.kernel.host.TestTensors.poisoned;
import static dev.sgl.local.kernel.host.TestTensors.random;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sgl.local.kernel.Activation;
import dev.sgl.local.kernel.Activations;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Cell;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.Device.ConvolutionLayer;
import dev.sgl.local.kernel.Device.Inner;
import dev.sgl.local.kernel.Device.Norm;
import dev.sgl.local.kernel.Device.Projection;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.Pass;
import dev.sgl.local.kernel.State;
import dev.sgl.local.kernel.Vector;
import dev.sgl.local.kernel.cuda.CudaDriver;
import dev.sgl.local.kernel.cuda.Gpus;
import dev.sgl.local.kernel.gpu.GpuDevice.GpuActivations;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.kernel.host.Kernels;
import dev.sgl.local.kernel.host.PlainKernels;
import dev.sgl.local.kernel.host.Tensor;
import dev.sgl.local.kernel.host.TestTensors;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.Weight;
import dev.sgl.testing.Property;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Each operation of the GPU against its plain twin, on random shapes and numbers. Outputs are
/// poisoned first, so that what nobody writes is seen.
class OperationsDuelTest {
  private static final Kernels PLAIN = new PlainKernels();
  private static final int PAGE = Sequences.PAGE;
  private static final int PAGES = Sequences.PAGES;

  @BeforeAll
  static void requireGpu() {
    Gpus.assume();
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "F16"})
  void productsNormsAndGates(DType type) {
    try (GpuDevice device = open(type)) {
      Property.forAll(
          120,
          (random, size) -> {
            int rows = random.nextBoolean() ? 1 + random.nextInt(5) : 1 + random.nextInt(2 * size);
            int hidden = 8 * (1 + random.nextInt(size));
            int columns = 8 * (1 + random.nextInt(size));
            Case duel = new Case(device, type, random, rows, hidden, columns);
            duel.embed();
            duel.project();
            duel.addProjection();
            duel.addNormed();
            duel.gatedBy();
            duel.gated();
            duel.activated();
            duel.close();
          });
    }
  }

  static GpuDevice open(DType type) {
    return CudaDriver.device(GpuDevice.Options.DEFAULT.withFormat(type));
  }

  /// The operations on rows of one size.
  private static final class Case {
    private final GpuDevice device;
    private final DType type;
    private final SplittableRandom random;
    private final int rows;
    private final int hidden;
    private final int columns;
    private final KvPool pool;
    private final Pass pass;
    private final Batch batch;
    private final Weight table;
    private final Matrix deviceTable;
    private final GpuActivations x;
    private final Tensor plainX;
    private final Optional<Norm> norm;
    private final Function<Tensor, Tensor> plainNorm;
    private final float scale;

    Case(GpuDevice device, DType type, SplittableRandom random, int rows, int hidden, int columns) {
      this.device = device;
      this.type = type;
      this.random = random;
      this.rows = rows;
      this.hidden = hidden;
      this.columns = columns;
      table = weight(random, type, 30, hidden);
      deviceTable = device.load(List.of(table));
      AttentionShape shape = new AttentionShape(1, 1, 16, AttentionShape.ALL);
      pool = device.pool(Kept.of(shape.cell()), rows, PAGE, 0);
      int[][] tables = IntStream.range(0, rows).mapToObj(r -> new int[] {r}).toArray(int[][]::new);
      batch = new Batch(random.ints(rows, 0, 30).toArray(), new int[rows], tables, new int[0]);
      pass = device.begin(batch, pool, Set.of(shape));
      // recorded passes may compute some rows more
      x = (GpuActivations) device.residual(rows + 8, hidden);
      plainX = Tensor.of(rows, hidden);
      scale = random.nextBoolean() ? 1 : 3;
      float[] weights = weight(random, DType.F32, 1, hidden).floats();
      Optional<float[]> added = bias(hidden).map(Weight::floats);
      switch (random.nextInt(4)) {
        case 0 -> {
          norm = Optional.empty();
          plainNorm = x -> x;
        }
        case 1 -> {
          norm = Optional.of(new Norm(vector(weights), 1e-5f, true, added.map(this::vector)));
          plainNorm = x -> layerNorm(x, weights, added);
        }
        default -> {
          norm = Optional.of(new Norm(vector(weights), 1e-5f));
          plainNorm = x -> rmsNorm(x, weights);
        }
      }
    }

    private Vector vector(float[] numbers) {
      Encoding.Plain encoding = Encoding.Plain.of(numbers);
      return device.vector(List.of(Weight.plain("v", 1, numbers.length, encoding)));
    }

    private Tensor rmsNorm(Tensor x, float[] weights) {
      Tensor out = poisoned(rows, x.columns());
      PLAIN.rmsNorm(x, weights, 1e-5f, out, rows);
      return out;
    }

    private Tensor layerNorm(Tensor x, float[] weights, Optional<float[]> added) {
      Tensor out = poisoned(rows, x.columns());
      PLAIN.layerNorm(x, weights, added, 1e-5f, out, rows);
      return out;
    }

    void embed() {
      poison(device, x);
      device.embed(pass, deviceTable, scale, x);
      PLAIN.embed(PLAIN.load(table), batch.tokens(), plainX);
      PLAIN.scale(plainX, scale, rows);
      same(plainX, read(device, x, type, rows), 1e-6, "embed");
    }

    void project() {
      Weight weight = weight(random, type, columns, hidden);
      Optional<Weight> bias = bias(columns);
      GpuActivations out = (GpuActivations) device.activations(rows + 8, columns);
      poison(device, out);
      device.project(pass, x, norm, projection(bias, weight), out);
      Tensor wanted = poisoned(rows, columns);
      PLAIN.linear(normed(), PLAIN.load(weight), bias.map(Weight::floats), wanted, rows);
      same(wanted, read(device, out, type, rows), tolerance(type), what("project"));
      device.gpu().free(out.memory());
    }

    private Tensor normed() {
      return plainNorm.apply(plainX);
    }

    private Projection projection(Optional<Weight> bias, Weight... weights) {
      return new Projection(device.load(List.of(weights)), onDevice(bias));
    }

    void addProjection() {
      Weight weight = weight(random, type, hidden, columns);
      Optional<Weight> bias = bias(hidden);
      GpuActivations in = (GpuActivations) device.activations(rows + 8, columns);
      Tensor numbers = rounded(random(random, rows, columns), type);
      write(device, in, type, numbers);
      device.addProjection(pass, in, projection(bias, weight), x);
      Tensor product = poisoned(rows, hidden);
      PLAIN.linear(numbers, PLAIN.load(weight), bias.map(Weight::floats), product, rows);
      PLAIN.add(plainX, product, rows);
      same(plainX, read(device, x, type, rows), tolerance(type), what("addProjection"));
      device.gpu().free(in.memory());
    }

    /// The norm of a product of activations, which is added to the sum.
    void addNormed() {
      Weight weight = weight(random, type, hidden, columns);
      Optional<Weight> bias = bias(hidden);
      GpuActivations in = (GpuActivations) device.activations(rows + 8, columns);
      Tensor numbers = rounded(random(random, rows, columns), type);
      write(device, in, type, numbers);
      GpuActivations out = (GpuActivations) device.activations(rows + 8, hidden);
      poison(device, out);
      device.multiply(pass, in, projection(bias, weight), out);
      Tensor product = poisoned(rows, hidden);
      PLAIN.linear(numbers, PLAIN.load(weight), bias.map(Weight::floats), product, rows);
      same(product, read(device, out, type, rows), tolerance(type), what("multiply"));
      float[] weights = weight(random, DType.F32, 1, hidden).floats();
      write(device, out, type, rounded(product, type));
      device.addNormed(pass, out, new Norm(vector(weights), 1e-5f), 0.5f, x);
      PLAIN.add(plainX, rmsNorm(product, weights), rows);
      PLAIN.scale(plainX, 0.5f, rows);
      same(plainX, read(device, x, type, rows), tolerance(type), what("addNormed"));
      device.gpu().free(in.memory());
      device.gpu().free(out.memory());
    }

    /// A gate of the numbers that tokens have for a layer, which are the normed sum of two.
    void gatedBy() {
      int layers = 3;
      Weight table = weight(random, type, 30, layers * columns);
      Weight projection = weight(random, type, layers * columns, hidden);
      Weight gate = weight(random, type, columns, hidden);
      float[] weights = weight(random, DType.F32, 1, columns).floats();
      GpuActivations sum = (GpuActivations) device.residual(rows + 8, layers * columns);
      GpuActivations projected = (GpuActivations) device.activations(rows + 8, layers * columns);
      GpuActivations out = (GpuActivations) device.activations(rows + 8, columns);
      Stream.of(sum, projected, out).forEach(each -> poison(device, each));
      device.embed(pass, device.load(List.of(table)), 3, sum);
      device.project(
          pass, x, Optional.empty(), projection(Optional.empty(), projection), projected);
      device.addNormed(pass, projected, new Norm(vector(weights), 1e-5f), 1, sum);
      Tensor plainSum = poisoned(rows, layers * columns);
      PLAIN.embed(PLAIN.load(table), batch.tokens(), plainSum);
      PLAIN.scale(plainSum, 3, rows);
      Tensor product = poisoned(rows, layers * columns);
      PLAIN.linear(plainX, PLAIN.load(projection), Optional.empty(), product, rows);
      PLAIN.add(plainSum, rmsNorm(product, weights), rows);
      same(plainSum, read(device, sum, type, rows), tolerance(type), what("numbers of layers"));

      Activation activation = activation();
      int first = columns * random.nextInt(layers);
      device.gatedBy(
          pass, x, new Inner(projection(Optional.empty(), gate), activation), sum, first, out);
      Tensor gates = poisoned(rows, columns);
      PLAIN.linear(plainX, PLAIN.load(gate), Optional.empty(), gates, rows);
      PLAIN.gate(gates, part(plainSum, first, columns), activation, rows);
      same(gates, read(device, out, type, rows), tolerance(type), what("gatedBy"));
      Stream.of(sum, projected, out).forEach(each -> device.gpu().free(each.memory()));
    }

    void activated() {
      Weight up = weight(random, type, columns, hidden);
      Optional<Weight> bias = bias(columns);
      Activation activation = activation();
      GpuActivations out = (GpuActivations) device.activations(rows + 8, columns);
      poison(device, out);
      device.activated(pass, x, norm, new Inner(projection(bias, up), activation), out);
      Tensor wanted = poisoned(rows, columns);
      PLAIN.linear(normed(), PLAIN.load(up), bias.map(Weight::floats), wanted, rows);
      PLAIN.activate(wanted, activation, rows);
      same(wanted, read(device, out, type, rows), 4 * tolerance(type), what("activated"));
      device.gpu().free(out.memory());
    }

    private Activation activation() {
      return Activation.values()[random.nextInt(Activation.values().length)];
    }

    void gated() {
      Activation activation = activation();
      Weight gate = weight(random, type, columns, hidden);
      Weight up = weight(random, type, columns, hidden);
      GpuActivations out = (GpuActivations) device.activations(rows + 8, columns);
      poison(device, out);
      Inner gates = new Inner(projection(Optional.empty(), gate, up), activation);
      device.gated(pass, x, norm, gates, out);
      Tensor wanted = poisoned(rows, columns);
      Tensor other = poisoned(rows, columns);
      PLAIN.linear(normed(), PLAIN.load(gate), Optional.empty(), wanted, rows);
      PLAIN.linear(normed(), PLAIN.load(up), Optional.empty(), other, rows);
      PLAIN.gate(wanted, other, activation, rows);
      same(wanted, read(device, out, type, rows), 4 * tolerance(type), what("gated"));
      device.gpu().free(out.memory());
    }

    private Optional<Weight> bias(int length) {
      return random.nextBoolean()
          ? Optional.of(weight(random, DType.F32, 1, length))
          : Optional.empty();
    }

    private Optional<Vector> onDevice(Optional<Weight> bias) {
      return bias.map(b -> device.vector(List.of(b)));
    }

    private String what(String operation) {
      return "%s %s: %d rows, %d hidden, %d columns"
          .formatted(type, operation, rows, hidden, columns);
    }

    void close() {
      device.gpu().free(x.memory());
    }
  }

  /// Sequences that grow by pieces of every length, with and without a bias.
  @ParameterizedTest
  @EnumSource(names = {"BF16", "F16"})
  void convolve(DType type) {
    try (GpuDevice device = open(type)) {
      device.load(List.of(weight(new SplittableRandom(1), type, 1, 8))); // says the format
      Property.forAll(40, (random, size) -> convolve(device, type, random, 1 + 2 * size));
    }
  }

  private static void convolve(
      GpuDevice device, DType type, SplittableRandom random, int channels) {
    int taps = 2 + random.nextInt(4);
    Weight weights = weight(random, DType.F32, channels, taps);
    Optional<Weight> bias =
        random.nextBoolean()
            ? Optional.of(weight(random, DType.F32, 1, channels))
            : Optional.empty();
    Kept kept =
        Kept.of(new State(5))
            .plus(Kept.of(new State((taps - 1) * channels)))
            .plus(Kept.of(new Cell(1, 16)));
    GpuKvPool pool = (GpuKvPool) device.pool(kept, PAGES, PAGE, Sequences.COUNT);
    try (HostDevice plain = new HostDevice(new PlainKernels())) {
      KvPool plainPool = plain.pool(kept, PAGES, PAGE, Sequences.COUNT);
      Set<AttentionShape> shapes = Set.of(new AttentionShape(1, 1, 16, AttentionShape.ALL));
      Sequences sequences = new Sequences(random, false);
      for (int step = 0; step < 8; step++) {
        Batch batch = sequences.next();
        int rows = batch.rows();
        Tensor given = rounded(random(random, rows, 3 * channels), type);
        GpuActivations in = (GpuActivations) device.activations(rows, channels, channels, channels);
        GpuActivations out = (GpuActivations) device.activations(rows, channels);
        write(device, in, type, given);
        poison(device, out);
        device.convolve(
            device.begin(batch, pool, shapes), layer(device, taps, weights, bias), in, out);

        Activations plainIn = plain.activations(rows, channels, channels, channels);
        for (int i = 0; i < 3; i++) {
          Tensor part = part(given, i * channels, channels);
          System.arraycopy(
              part.values(), 0, HostDevice.part(plainIn, i).values(), 0, rows * channels);
        }
        Activations plainOut = plain.activations(rows, channels);
        plain.convolve(
            plain.begin(batch, plainPool, shapes),
            layer(plain, taps, weights, bias),
            plainIn,
            plainOut);
        String what = "step %d, %d taps, %s".formatted(step, taps, Arrays.toString(batch.slots()));
        same(HostDevice.part(plainOut, 0), read(device, out, type, rows), tolerance(type), what);
        device.gpu().free(in.memory());
        device.gpu().free(out.memory());
      }
    }
    device.gpu().free(pool.memory());
  }

  private static ConvolutionLayer layer(
      Device device, int taps, Weight weights, Optional<Weight> bias) {
    return new ConvolutionLayer(
        1,
        weights.rows(),
        taps,
        device.vector(List.of(weights)),
        bias.map(b -> device.vector(List.of(b))));
  }

  static Norm norm(GpuDevice device, Weight weight) {
    return new Norm(device.vector(List.of(weight)), 1e-5f);
  }

  // --- numbers, here and there

  static double tolerance(DType type) {
    return type == DType.BF16 ? 2.5e-2 : 4e-3;
  }

  static void same(Tensor wanted, float[] found, double tolerance, String what) {
    int columns = wanted.columns();
    for (int row = 0; row < wanted.rows(); row++) {
      double scale = 0; // of the row, since errors are those of sums
      for (int i = 0; i < columns; i++) {
        scale = Math.max(scale, Math.abs(wanted.values()[row * columns + i]));
      }
      for (int i = 0; i < columns; i++) {
        int at = row * columns + i;
        int ofRow = row;
        int column = i;
        assertEquals(
            wanted.values()[at],
            found[at],
            tolerance * (scale + 1e-2),
            () -> "%s row %d at %d".formatted(what, ofRow, column));
      }
    }
  }

  static void poison(GpuDevice device, GpuActivations activations) {
    device.gpu().fill(activations.memory(), 0xff); // not a number in each of the formats
  }

  static float[] read(GpuDevice device, Activations from, DType type, int rows) {
    GpuActivations activations = (GpuActivations) from;
    int count = rows * activations.columns();
    Gpu gpu = device.gpu();
    Gpu.Pinned host = gpu.pin((long) count * activations.bytes());
    gpu.download(activations.memory(), host, (long) count * activations.bytes());
    gpu.await();
    DType stored = activations.bytes() == 4 ? DType.F32 : type;
    float[] numbers =
        Weight.plain("", 1, count, new Encoding.Plain(stored, host.segment(), count)).floats();
    gpu.unpin(host);
    return numbers;
  }

  static void write(GpuDevice device, GpuActivations to, DType type, Tensor numbers) {
    Gpu gpu = device.gpu();
    float[] values = numbers.values();
    Gpu.Pinned host = gpu.pin((long) values.length * to.bytes());
    for (int i = 0; i < values.length; i++) {
      host.buffer().putShort(2 * i, bits(values[i], type));
    }
    gpu.upload(host, to.memory(), 0, 2L * values.length);
    gpu.await();
    gpu.unpin(host);
  }

  static Tensor rounded(Tensor numbers, DType type) {
    for (int i = 0; i < numbers.values().length; i++) {
      short bits = bits(numbers.values()[i], type);
      numbers.values()[i] =
          type == DType.BF16 ? Float.intBitsToFloat(bits << 16) : Float.float16ToFloat(bits);
    }
    return numbers;
  }

  static Tensor part(Tensor all, int first, int columns) {
    Tensor part = Tensor.of(all.rows(), columns);
    for (int r = 0; r < all.rows(); r++) {
      System.arraycopy(
          all.values(), r * all.columns() + first, part.values(), r * columns, columns);
    }
    return part;
  }

  static Weight weight(SplittableRandom random, DType type, int rows, int columns) {
    double most = rows == 1 ? 2 : 2 / Math.sqrt(columns); // a sum of products is about as large
    return TestTensors.weight(random, type, rows, columns, most);
  }
}
