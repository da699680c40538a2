package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Device.AttentionLayer;
import dev.sgl.local.kernel.Device.Norm;
import dev.sgl.local.kernel.KvCacheType;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.kernel.gpu.GpuDevice.GpuActivations;
import dev.sgl.local.kernel.gpu.GpuDevice.GpuPass;
import dev.sgl.local.kernel.gpu.GpuDevice.GpuVector;
import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.port.GpuException;
import dev.sgl.local.kernel.gpu.port.Growing;
import dev.sgl.local.kernel.gpu.products.Loader;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// The attention of all layers: the kernels for each kind of heads, the division of batches for
/// them, and the operations on heads before they are attended.
final class AttentionLayers {
  /// Bytes of the integers of a batch that there is room for from the beginning.
  private static final long BATCH_BYTES = 4 << 20;

  private final Gpu gpu;
  private final Format format;
  private final KvCacheType kept;
  private final Loader loader;
  private final Pages pages;
  private final Variants variants;
  private final Runnable moved;
  private final Map<AttentionShape, Uploads> batches = new HashMap<>();
  private final Map<Attention.Kind, Attention> attentions = new HashMap<>();
  private final Map<Rotary, Memory> frequencies = new IdentityHashMap<>();
  private final Growing<Memory> turned; // queries, where they cannot stay in their place
  private Optional<Memory> turnedRoom = Optional.empty();

  /// @param moved is called if memory that recordings use has moved
  AttentionLayers(
      Gpu gpu,
      Format format,
      KvCacheType kept,
      Loader loader,
      Pages pages,
      Variants variants,
      Runnable moved) {
    this.gpu = gpu;
    this.format = format;
    this.kept = kept;
    this.loader = loader;
    this.pages = pages;
    this.variants = variants;
    this.moved = moved;
    turned = Growing.onGpu(gpu, 0);
  }

  // --- batches

  /// Divides a batch for the heads of each shape.
  List<Attention.Division> divide(Batch batch, Set<AttentionShape> shapes, int pageSize) {
    return shapes.stream().map(shape -> divide(batch, shape, pageSize)).toList();
  }

  private Attention.Division divide(Batch batch, AttentionShape shape, int pageSize) {
    Attention attention = attention(shape, pageSize);
    BatchPlan plan = new BatchPlan(batch, shape, pageSize, attention.items());
    if (attention.prepare(plan.partVectors(), batch.rows() * shape.kvHeads())) {
      moved.run();
    }
    Uploads uploads = batches.computeIfAbsent(shape, _ -> Uploads.inOrder(gpu, BATCH_BYTES));
    return new Attention.Division(shape, plan, uploads.upload(plan.integers()));
  }

  private Attention attention(AttentionShape shape, int pageSize) {
    return attentions.computeIfAbsent(
        Attention.Kind.of(shape), kind -> new Attention(gpu, format, kept, kind, pageSize));
  }

  /// What tells recordings of the same number of rows apart, for each shape.
  List<Integer> recordingKeys(GpuPass pass) {
    int pageSize = pass.pool().pageSize();
    return pass.divisions().stream()
        .map(division -> attention(division.shape(), pageSize).variant(division.plan()))
        .toList();
  }

  // --- layers

  /// The attention of a layer.
  ///
  /// @param heads queries, keys and values, or queries alone
  void attend(GpuPass pass, AttentionLayer layer, GpuActivations heads, Memory out) {
    GpuKvPool pool = pass.pool();
    AttentionShape shape = layer.shape();
    Attention.Division division = pass.division(shape);
    Attention attention = attention(shape, pool.pageSize());
    boolean single = normsSingleHeads(layer);
    prepare(pass, layer, single, heads);
    Attention.Operands operands =
        new Attention.Operands(
            layer.sharesKv() ? turnedRoom(heads, shape) : heads.memory(),
            out,
            new Attention.Cells(pool.keys(layer.cell()), pool.values(layer.cell())),
            turning(layer, single));
    boolean isUsual = !layer.sharesKv() && layer.valueNorm().isEmpty() && !shape.seesAhead();
    boolean places = isUsual && attention.places(division.plan());
    if (!places) {
      pages.place(
          pass.rows(),
          division.integers(),
          shape,
          pool.pageSize(),
          new Pages.Given(heads.memory(), heads.columns() / shape.headDim()),
          operands,
          layer.valueNorm().map(AttentionLayers::weights).orElse(0L));
    }
    attention.run(division, shape.window(), operands, places, pass.isRecorded());
  }

  /// Room for turned queries, in rows that have room for keys and values, too.
  private Memory turnedRoom(GpuActivations heads, AttentionShape shape) {
    long numbers = (long) heads.rows() * (shape.heads() + 2 * shape.kvHeads()) * shape.headDim();
    Optional<Memory> room = Optional.of(turned.atLeast(numbers * Format.BYTES));
    if (!room.equals(turnedRoom)) {
      moved.run();
      turnedRoom = room;
    }
    return room.get();
  }

  /// Norms all heads together, and lets queries grow: attention does neither on the way.
  ///
  /// @param single whether the norms are of single heads, which attention computes
  private void prepare(GpuPass pass, AttentionLayer layer, boolean single, GpuActivations heads) {
    AttentionShape shape = layer.shape();
    int queries = shape.heads() * shape.headDim();
    Variants.Part ofQueries = new Variants.Part(heads.memory(), heads.columns(), 0, queries);
    Variants.Part ofKeys =
        new Variants.Part(heads.memory(), heads.columns(), queries, shape.width());
    if (!single) {
      layer.queryNorm().ifPresent(norm -> normAll(pass, norm, ofQueries));
      layer.keyNorm().ifPresent(norm -> normAll(pass, norm, ofKeys));
    } else if (layer.queryNorm().isPresent() && layer.rotary().growth().isPresent()) {
      throw new GpuException("queries that are normed head by head, and grow, are not supported");
    }
    layer
        .rotary()
        .growth()
        .ifPresent(by -> variants.grow(pass.rows(), pass.integers(), ofQueries, by));
  }

  private void normAll(GpuPass pass, Norm norm, Variants.Part part) {
    variants.normPart(pass.rows(), part, ((GpuVector) norm.weights()).memory(), norm.epsilon());
  }

  /// Whether the norms of queries and keys are of single heads.
  private static boolean normsSingleHeads(AttentionLayer layer) {
    return Stream.of(layer.queryNorm(), layer.keyNorm())
        .flatMap(Optional::stream)
        .allMatch(norm -> ((GpuVector) norm.weights()).length() == layer.shape().headDim());
  }

  private Attention.Turning turning(AttentionLayer layer, boolean single) {
    Rotary rotary = layer.rotary();
    Optional<Norm> queries = layer.queryNorm().filter(_ -> single);
    Optional<Norm> keys = layer.keyNorm().filter(_ -> single);
    return new Attention.Turning(
        frequencies.computeIfAbsent(rotary, by -> loader.load(by.frequencies())),
        rotary.stretch(),
        queries.map(AttentionLayers::weights).orElse(0L),
        keys.map(AttentionLayers::weights).orElse(0L),
        epsilon(Stream.of(queries, keys, layer.valueNorm())));
  }

  /// The epsilon that norms of heads have in common.
  private static float epsilon(Stream<Optional<Norm>> norms) {
    List<Float> different = norms.flatMap(Optional::stream).map(Norm::epsilon).distinct().toList();
    if (different.size() > 1) {
      throw new GpuException("norms of heads with different epsilons are not supported");
    }
    return different.isEmpty() ? 0 : different.getFirst();
  }

  private static long weights(Norm norm) {
    return ((GpuVector) norm.weights()).memory().address();
  }
}
