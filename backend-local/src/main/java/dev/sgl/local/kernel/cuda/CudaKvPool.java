package dev.sgl.local.kernel.cuda;

import dev.sgl.local.kernel.Kernels.AttentionShape;
import dev.sgl.local.kernel.KvPool;

/// Keys and values on a device, `[layer, keys | values, page, kvHead, slot, headDim]` in 16 bits.
final class CudaKvPool implements KvPool {
  private final Gpu gpu;
  private final Gpu.Kernel copyPage;
  private final Gpu.Memory memory;
  private final int layers;
  private final int pages;
  private final int pageSize;
  private final AttentionShape shape;

  CudaKvPool(
      Gpu gpu, Gpu.Kernel copyPage, int layers, int pages, int pageSize, AttentionShape shape) {
    this.gpu = gpu;
    this.copyPage = copyPage;
    this.layers = layers;
    this.pages = pages;
    this.pageSize = pageSize;
    this.shape = shape;
    this.memory = gpu.allocate(bytesPerToken(layers, shape) * pages * pageSize);
  }

  static long bytesPerToken(int layers, AttentionShape shape) {
    return 2L * layers * shape.width() * CudaDevice.BYTES;
  }

  private long numbersOfAPart() {
    return (long) pages * pageSize * shape.width();
  }

  /// Where the keys of a layer are.
  long keys(int layer) {
    return memory.address() + 2L * layer * numbersOfAPart() * CudaDevice.BYTES;
  }

  /// Where the values of a layer are.
  long values(int layer) {
    return keys(layer) + numbersOfAPart() * CudaDevice.BYTES;
  }

  Gpu.Memory memory() {
    return memory;
  }

  AttentionShape shape() {
    return shape;
  }

  @Override
  public int pages() {
    return pages;
  }

  @Override
  public int pageSize() {
    return pageSize;
  }

  @Override
  public void prepare(int page) {
    // all memory is there already
  }

  @Override
  public void copy(int from, int to, int tokens) {
    if (tokens > 0) {
      gpu.enter();
      gpu.launch(
          copyPage,
          2 * layers,
          shape.kvHeads(),
          128,
          memory,
          numbersOfAPart(),
          from,
          to,
          tokens,
          pageSize,
          shape.headDim());
    }
  }
}
