package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.Cell;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.gpu.port.Gpu;
import java.util.List;

/// Keys and values on a device, layer by layer: `[keys | values, page, kvHead, numbers of a page]`,
/// in the format and the order of `kept.cuh`; followed by the states in single precision: `[layer,
/// slot, length]`.
final class GpuKvPool implements KvPool {
  private final Gpu gpu;
  private final Pages kernels;
  private final Gpu.Memory memory;
  private final List<Cell> cells;
  private final long[] begins; // of each cell in the memory, in bytes
  private final int pages;
  private final int pageSize;
  private final int slots;
  private final long[] stateBegins; // of each state in the memory, in bytes

  GpuKvPool(Gpu gpu, Pages kernels, Kept kept, int pages, int pageSize, int slots) {
    this.gpu = gpu;
    this.kernels = kernels;
    this.cells = kept.cells();
    this.pages = pages;
    this.pageSize = pageSize;
    this.slots = kept.states().isEmpty() ? 0 : slots;
    begins = new long[cells.size() + 1];
    for (int cell = 0; cell < cells.size(); cell++) {
      begins[cell + 1] = begins[cell] + 2 * bytesOfAPart(cell);
    }
    stateBegins = new long[kept.states().size() + 1];
    stateBegins[0] = begins[cells.size()];
    for (int state = 0; state < kept.states().size(); state++) {
      long bytes = (long) this.slots * kept.states().get(state).length() * Float.BYTES;
      stateBegins[state + 1] = stateBegins[state] + bytes;
    }
    this.memory = gpu.allocate(stateBegins[kept.states().size()]);
  }

  /// Bytes of the keys of a cell, and of its values.
  private long bytesOfAPart(int cell) {
    return (long) pages * pageSize * cells.get(cell).width() * kernels.bytes();
  }

  /// Where the keys of a cell are.
  long keys(int cell) {
    return memory.address() + begins[cell];
  }

  /// Where the values of a cell are.
  long values(int cell) {
    return keys(cell) + bytesOfAPart(cell);
  }

  /// Where a state of the first slot is.
  long states(int state) {
    return memory.address() + stateBegins[state];
  }

  Gpu.Memory memory() {
    return memory;
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
  public int slots() {
    return slots;
  }

  @Override
  public void prepare(int page) {
    // all memory is there already
  }

  /// Neighbours of one shape are copied together.
  @Override
  public void copy(int from, int to, int tokens) {
    if (tokens == 0) {
      return;
    }
    gpu.enter();
    for (int first = 0; first < cells.size(); ) {
      Cell shape = cells.get(first);
      int end = first + 1;
      while (end < cells.size() && cells.get(end).equals(shape)) {
        end++;
      }
      kernels.copyPage(
          keys(first),
          end - first,
          bytesOfAPart(first) / kernels.bytes(),
          from,
          to,
          tokens,
          pageSize,
          shape);
      first = end;
    }
  }
}
