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
  private Tensor logits = Tensor.of(0, 0); // in place of large garbage

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

  /// @param angles of the batch's positions, computed at their first use
  private record HostPass(Batch batch, HostKvPool pool, Map<Rotary, Tensor> angles)
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
  public void embed(Pass pass, Matrix table, Activations x) {
    kernels.embed(only(table), pass.batch().tokens(), only(x));
  }

  @Override
  public void project(
      Pass pass, Activations x, Norm norm, Matrix weight, Optional<Vector> bias, Activations out) {
    int rows = pass.batch().rows();
    linear(norm(only(x), norm, rows), weight, bias, (Parts) out, rows);
  }

  private Tensor norm(Tensor x, Norm norm, int rows) {
    normed = room(normed, rows, x.columns());
    kernels.rmsNorm(x, only(norm.weights()), norm.epsilon(), normed, rows);
    return normed;
  }

  private static Tensor room(Tensor old, int rows, int columns) {
    return old.rows() >= rows && old.columns() == columns ? old : Tensor.of(rows, columns);
  }

  private void linear(Tensor x, Matrix weight, Optional<Vector> bias, Parts out, int rows) {
    List<Matrix> matrices = ((Stack) weight).parts();
    for (int i = 0; i < matrices.size(); i++) {
      int part = i;
      kernels.linear(
          x,
          matrices.get(part),
          bias.map(b -> ((HostVector) b).parts().get(part)),
          out.parts().get(part),
          rows);
    }
  }

  @Override
  public void attention(Pass pass, AttentionLayer layer, Activations heads, Activations out) {
    HostPass host = (HostPass) pass;
    AttentionShape shape = layer.shape();
    List<Tensor> parts = ((Parts) heads).parts();
    Tensor queries = parts.get(0);
    Tensor keys = parts.get(1);
    turn(host, queries, layer, layer.queryNorm());
    turn(host, keys, layer, layer.keyNorm());
    kernels.store(keys, parts.get(2), host.pool(), layer.cell(), host.batch());
    kernels.attention(queries, host.pool(), layer.cell(), host.batch(), shape, only(out));
  }

  private void turn(HostPass pass, Tensor heads, AttentionLayer layer, Optional<Norm> norm) {
    norm.ifPresent(n -> kernels.rmsNorm(heads, only(n.weights()), n.epsilon(), heads, pass.rows()));
    Tensor angles =
        pass.angles()
            .computeIfAbsent(
                layer.rotary(), rotary -> kernels.angles(pass.batch().positions(), rotary));
    kernels.rope(heads, layer.shape().headDim(), angles, pass.rows());
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
  public void addProjection(
      Pass pass, Activations in, Matrix weight, Optional<Vector> bias, Activations x) {
    int rows = pass.batch().rows();
    product = room(product, rows, weight.rows());
    linear(only(in), weight, bias, new Parts(List.of(product)), rows);
    kernels.add(only(x), product, rows);
  }

  @Override
  public void gated(
      Pass pass, Activations x, Norm norm, Matrix weight, Optional<Vector> bias, Activations out) {
    int rows = pass.batch().rows();
    Tensor gate = only(out);
    product = room(product, rows, gate.columns());
    project(pass, x, norm, weight, bias, new Parts(List.of(gate, product)));
    kernels.gate(gate, product, rows);
  }

  @Override
  public Logits logits(Pass pass, Activations x, Norm norm, Matrix head) {
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
    kernels.rmsNorm(last, only(norm.weights()), norm.epsilon(), last, sampled.length);
    return new HostLogits(last, states -> logits(states, head));
  }

  private Tensor logits(Tensor states, Matrix head) {
    logits = room(logits, states.rows(), head.rows());
    linear(states, head, Optional.empty(), new Parts(List.of(logits)), states.rows());
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
