package dev.sgl.local.kernel.host;

import dev.sgl.local.kernel.Activations;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.Pass;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.kernel.Vector;
import dev.sgl.local.weights.Storage;
import dev.sgl.local.weights.Weight;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/// The processor as a device: each operation by its steps, in single precision.
public final class HostDevice implements Device {
  /// Keys and values may take the `POOL_SHARE`th part of the virtual machine's memory.
  private static final int POOL_SHARE = 2;

  private final Kernels kernels;
  private Tensor normed = Tensor.of(0, 0);
  private Tensor product = Tensor.of(0, 0);
  private Tensor factors = Tensor.of(0, 0);
  private Tensor scores = Tensor.of(0, 0); // of experts
  private Tensor logits = Tensor.of(0, 0); // in place of large garbage
  private final ExpertRows routed = new ExpertRows();
  private final ExpertRows.Room ofAll = new ExpertRows.Room(); // for the expert of all rows

  /// @param kernels that do the steps; closed with the device
  public HostDevice(Kernels kernels) {
    this.kernels = kernels;
  }

  private record HostVector(List<float[]> parts) implements Vector {}

  /// Weights one below the other, each computed by itself.
  private record Stack(List<Matrix> parts) implements Matrix {
    @Override
    public int rows() {
      return parts.stream().mapToInt(Matrix::rows).sum();
    }

    @Override
    public int columns() {
      return parts.getFirst().columns();
    }

    @Override
    public List<Storage> storage() {
      return parts.stream().flatMap(part -> part.storage().stream()).toList();
    }
  }

  private record Parts(List<Tensor> parts) implements Activations {
    Tensor only() {
      return parts.getFirst();
    }
  }

  /// The angles of positions, as [Kernels#angles] gives them.
  private record Angles(Tensor ofQueries, Tensor ofKeys) {}

  /// @param angles of the batch's positions, computed at their first use
  private record HostPass(Batch batch, HostKvPool pool, Map<Rotary, Angles> angles)
      implements Pass {
    int rows() {
      return batch.rows();
    }
  }

  @Override
  public Matrix load(List<Weight> parts) {
    return new Stack(parts.stream().map(kernels::load).toList());
  }

  @Override
  public Matrix loadTable(Weight table) {
    return new Stack(List.of(kernels.loadTable(table)));
  }

  @Override
  public Vector vector(List<Weight> parts) {
    return new HostVector(parts.stream().map(Weight::floats).toList());
  }

  @Override
  public Activations activations(int rows, int... columns) {
    return new Parts(IntStream.of(columns).mapToObj(c -> Tensor.of(rows, c)).toList());
  }

  @Override
  public Activations residual(int rows, int columns) {
    return activations(rows, columns);
  }

  @Override
  public KvPool pool(Kept kept, int pages, int pageSize, int slots) {
    return new HostKvPool(kept, pages, pageSize, slots);
  }

  @Override
  public long bytesPerToken(Kept kept) {
    return kept.numbersPerToken() * Float.BYTES;
  }

  @Override
  public long room() {
    return Runtime.getRuntime().maxMemory() / POOL_SHARE;
  }

  @Override
  public boolean keepsWeightsInFiles() {
    return kernels.keepsWeightsInFiles();
  }

  @Override
  public void warmUp() {
    kernels.warmUp();
  }

  @Override
  public Pass begin(Batch batch, KvPool pool, Set<AttentionShape> shapes) {
    return new HostPass(batch, (HostKvPool) pool, new IdentityHashMap<>());
  }

  @Override
  public void embed(Pass pass, Matrix table, float scale, Activations x) {
    kernels.embed(only(table), pass.batch().tokens(), only(x));
    if (scale != 1) {
      kernels.scale(only(x), scale, pass.batch().rows());
    }
  }

  @Override
  public void addLearned(Pass pass, Vector positions, int first, Vector segments, Activations x) {
    Batch batch = pass.batch();
    int rows = batch.rows();
    product = room(product, rows, only(x).columns());
    take(only(positions), IntStream.of(batch.positions()).map(at -> first + at), product);
    kernels.add(only(x), product, rows);
    take(only(segments), IntStream.of(batch.segments()), product);
    kernels.add(only(x), product, rows);
  }

  /// Copies rows of a table.
  private static void take(float[] table, IntStream rows, Tensor out) {
    int columns = out.columns();
    int to = 0;
    for (int row : rows.toArray()) {
      System.arraycopy(table, row * columns, out.values(), to, columns);
      to += columns;
    }
  }

  @Override
  public void normalize(Pass pass, Activations x, Norm norm) {
    norm(only(x), norm, only(x), pass.batch().rows());
  }

  @Override
  public void project(
      Pass pass, Activations x, Optional<Norm> norm, Projection projection, Activations out) {
    int rows = pass.batch().rows();
    Tensor input = norm.map(by -> normed(only(x), by, rows)).orElse(only(x));
    linear(input, projection, (Parts) out, rows);
  }

  @Override
  public void multiply(Pass pass, Activations in, Projection projection, Activations out) {
    linear(only(in), projection, (Parts) out, pass.batch().rows());
  }

  private Tensor normed(Tensor x, Norm norm, int rows) {
    normed = room(normed, rows, x.columns());
    norm(x, norm, normed, rows);
    return normed;
  }

  private void norm(Tensor x, Norm norm, Tensor out, int rows) {
    float[] weights = only(norm.weights());
    if (norm.isCentered()) {
      kernels.layerNorm(x, weights, norm.bias().map(HostDevice::only), norm.epsilon(), out, rows);
    } else {
      kernels.rmsNorm(x, weights, norm.epsilon(), out, rows);
    }
  }

  private static Tensor room(Tensor old, int rows, int columns) {
    return old.rows() >= rows && old.columns() == columns ? old : Tensor.of(rows, columns);
  }

  private void linear(Tensor x, Projection projection, Parts out, int rows) {
    List<Matrix> matrices = ((Stack) projection.weight()).parts();
    for (int i = 0; i < matrices.size(); i++) {
      int part = i;
      kernels.linear(
          x,
          matrices.get(part),
          projection.bias().map(b -> ((HostVector) b).parts().get(part)),
          out.parts().get(part),
          rows);
    }
  }

  @Override
  public void attention(Pass pass, AttentionLayer layer, Activations heads, Activations out) {
    HostPass host = (HostPass) pass;
    AttentionShape shape = layer.shape();
    List<Tensor> parts = ((Parts) heads).parts();
    Tensor queries = parts.getFirst();
    Angles angles =
        host.angles()
            .computeIfAbsent(layer.rotary(), rotary -> angles(host.batch().positions(), rotary));
    turn(queries, layer.queryNorm(), angles.ofQueries(), host.rows(), shape);
    if (!layer.sharesKv()) {
      Tensor keys = parts.get(1);
      Tensor values = parts.get(2);
      turn(keys, layer.keyNorm(), angles.ofKeys(), host.rows(), shape);
      layer.valueNorm().ifPresent(norm -> norm(values, norm, values, host.rows()));
      kernels.store(keys, values, host.pool(), layer.cell(), host.batch());
    }
    kernels.attention(queries, host.pool(), layer.cell(), host.batch(), shape, only(out));
  }

  private void turn(
      Tensor heads, Optional<Norm> norm, Tensor angles, int rows, AttentionShape shape) {
    norm.ifPresent(by -> norm(heads, by, heads, rows));
    kernels.rope(heads, shape.headDim(), angles, rows);
  }

  private Angles angles(int[] positions, Rotary rotary) {
    Tensor ofKeys = kernels.angles(positions, rotary, false);
    return new Angles(
        rotary.growth().isEmpty() ? ofKeys : kernels.angles(positions, rotary, true), ofKeys);
  }

  @Override
  public void convolve(Pass pass, ConvolutionLayer layer, Activations parts, Activations out) {
    HostPass host = (HostPass) pass;
    List<Tensor> gates = ((Parts) parts).parts();
    Tensor products = gates.get(2);
    kernels.multiply(products, gates.get(0), host.rows());
    Convolution convolution =
        new Convolution(
            layer.channels(),
            layer.taps(),
            only(layer.weights()),
            layer.bias().map(HostDevice::only));
    kernels.convolve(
        convolution,
        products,
        host.batch(),
        slot -> host.pool().state(layer.state(), slot),
        only(out));
    kernels.multiply(only(out), gates.get(1), host.rows());
  }

  @Override
  public void addProjection(Pass pass, Activations in, Projection projection, Activations x) {
    int rows = pass.batch().rows();
    product = room(product, rows, projection.weight().rows());
    linear(only(in), projection, new Parts(List.of(product)), rows);
    kernels.add(only(x), product, rows);
  }

  @Override
  public void addNormed(Pass pass, Activations in, Norm norm, float factor, Activations x) {
    int rows = pass.batch().rows();
    kernels.add(only(x), normed(only(in), norm, rows), rows);
    if (factor != 1) {
      kernels.scale(only(x), factor, rows);
    }
  }

  @Override
  public void gated(Pass pass, Activations x, Optional<Norm> norm, Inner gates, Activations out) {
    int rows = pass.batch().rows();
    Tensor gate = only(out);
    product = room(product, rows, gate.columns());
    project(pass, x, norm, gates.projection(), new Parts(List.of(gate, product)));
    kernels.gate(gate, product, gates.activation(), rows);
  }

  @Override
  public void gatedBy(
      Pass pass, Activations x, Inner gate, Activations by, int first, Activations out) {
    int rows = pass.batch().rows();
    project(pass, x, Optional.empty(), gate.projection(), out);
    Tensor gates = only(out);
    Tensor all = only(by);
    factors = room(factors, rows, gates.columns());
    for (int row = 0; row < rows; row++) {
      System.arraycopy(
          all.values(),
          row * all.columns() + first,
          factors.values(),
          row * gates.columns(),
          gates.columns());
    }
    kernels.gate(gates, factors, gate.activation(), rows);
  }

  @Override
  public void activated(Pass pass, Activations x, Optional<Norm> norm, Inner up, Activations out) {
    project(pass, x, norm, up.projection(), out);
    kernels.activate(only(out), up.activation(), pass.batch().rows());
  }

  @Override
  public void experts(
      Pass pass, Activations x, Optional<Norm> norm, ExpertsLayer layer, Activations out) {
    int rows = pass.batch().rows();
    Tensor input = norm.map(by -> normed(only(x), by, rows)).orElse(only(x));
    Tensor sum = only(out);
    scores = room(scores, rows, layer.routing().experts());
    linear(input, layer.router(), new Parts(List.of(scores)), rows);
    Arrays.fill(sum.values(), 0, rows * sum.columns(), 0);
    layer.shared().ifPresent(shared -> addShared(shared, input, sum, rows));
    float[] corrections =
        layer.corrections().map(HostDevice::only).orElseGet(() -> new float[scores.columns()]);
    routed.forEach(
        layer.routing(),
        scores,
        corrections,
        rows,
        (expert, own) -> {
          Tensor some = routed.gather(input, own);
          routed.scatter(
              feed(layer.experts().get(expert), some, routed.room(), own.size()), own, sum);
        });
  }

  private void addShared(SharedExpert shared, Tensor input, Tensor sum, int rows) {
    Tensor result = feed(shared.expert(), input, ofAll, rows);
    if (shared.factor().isPresent()) {
      factors = room(factors, rows, 1);
      linear(input, shared.factor().get(), new Parts(List.of(factors)), rows);
      for (int row = 0; row < rows; row++) {
        float factor = (float) (1 / (1 + Math.exp(-factors.values()[row])));
        for (int i = row * result.columns(); i < (row + 1) * result.columns(); i++) {
          result.values()[i] *= factor;
        }
      }
    }
    kernels.add(sum, result, rows);
  }

  /// The result of an expert, in the room that is given.
  private Tensor feed(Expert expert, Tensor input, ExpertRows.Room room, int rows) {
    int inner = expert.down().weight().columns();
    room.fit(rows, inner, expert.down().weight().rows());
    Inner gates = expert.gates();
    linear(input, gates.projection(), new Parts(List.of(room.gate(), room.up())), rows);
    kernels.gate(room.gate(), room.up(), gates.activation(), rows);
    linear(room.gate(), expert.down(), new Parts(List.of(room.result())), rows);
    return room.result();
  }

  @Override
  public void add(Pass pass, Activations in, Activations x) {
    kernels.add(only(x), only(in), pass.batch().rows());
  }

  @Override
  public Logits logits(Pass pass, Activations x, Optional<Norm> norm, Optional<Head> head) {
    int[] sampled = pass.batch().sampled();
    Tensor all = only(x);
    Tensor last = Tensor.of(sampled.length, all.columns());
    for (int i = 0; i < sampled.length; i++) {
      System.arraycopy(
          all.values(),
          sampled[i] * all.columns(),
          last.values(),
          i * all.columns(),
          all.columns());
    }
    norm.ifPresent(by -> norm(last, by, last, sampled.length));
    return new HostLogits(last, states -> logits(states, head.orElseThrow()));
  }

  private Tensor logits(Tensor states, Head head) {
    logits = room(logits, states.rows(), head.weight().rows());
    Projection projection = new Projection(head.weight(), Optional.empty());
    linear(states, projection, new Parts(List.of(logits)), states.rows());
    if (head.isCapped()) {
      kernels.cap(logits, head.cap(), states.rows());
    }
    return logits;
  }

  /// A part of rows of numbers.
  public static Tensor part(Activations activations, int part) {
    return ((Parts) activations).parts().get(part);
  }

  private static float[] only(Vector vector) {
    return ((HostVector) vector).parts().getFirst();
  }

  private static Tensor only(Activations activations) {
    return ((Parts) activations).only();
  }

  private static Matrix only(Matrix matrix) {
    return ((Stack) matrix).parts().getFirst();
  }

  @Override
  public void close() {
    kernels.close();
  }
}
