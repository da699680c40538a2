package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Cell;
import dev.sgl.local.kernel.KvCacheType;
import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import java.util.HashMap;
import java.util.Map;

/// The kernels in `pages.cu`: operations on the pages of keys and values.
final class Pages {
  private static final int THREADS = 256;
  private static final int COPY_THREADS = 128;

  private final Gpu gpu;
  private final int bytes;
  private final Gpu.Kernel place128;
  private final Gpu.Kernel place256;
  private final Gpu.Kernel place512;
  private final Gpu.Kernel copyPage;

  Pages(Gpu gpu, Format format, KvCacheType type) {
    this.gpu = gpu;
    bytes = bytes(type);
    Gpu.KernelFile file = file(format, type);
    place128 = gpu.kernel(file, "place128", 0);
    place256 = gpu.kernel(file, "place256", 0);
    place512 = gpu.kernel(file, "place512", 0);
    copyPage = gpu.kernel(file, "copyPage", 0);
  }

  static Gpu.KernelFile file(Format format, KvCacheType type) {
    return format.file("pages", BatchPlan.defines(defines(type, Map.of())));
  }

  /// The names by which kernels know the format of keys and values.
  ///
  /// @param more names beside them
  static Map<String, String> defines(KvCacheType type, Map<String, String> more) {
    Map<String, String> defines = new HashMap<>(more);
    defines.put("KEPT_E4M3", type == KvCacheType.FP8 ? "1" : "0");
    return defines;
  }

  /// Bytes of a number of the keys and values.
  static int bytes(KvCacheType type) {
    return switch (type) {
      case AUTO -> Format.BYTES;
      case FP8 -> 1;
    };
  }

  /// Bytes of a number.
  int bytes() {
    return bytes;
  }

  /// Heads as the product left them.
  ///
  /// @param count of the heads of a row: of queries, keys and values, or of queries alone
  record Given(Memory memory, int count) {}

  private record Place(
      Memory batch,
      Given given,
      Memory turned,
      Attention.Cells cells,
      Attention.Heads shape,
      int dim,
      int pageSize,
      Attention.Turning turning,
      long valueNorm) {}

  /// Turns queries and keys, and writes keys and values, if they are given, into their pages.
  ///
  /// @param operands whose heads get the turned queries
  /// @param valueNorm weights of the norm of values: an address, or 0
  void place(
      int rows,
      Memory batch,
      AttentionShape shape,
      int pageSize,
      Given given,
      Attention.Operands operands,
      long valueNorm) {
    int dim = shape.headDim();
    gpu.launch(
        dim <= 128 ? place128 : dim <= 256 ? place256 : place512,
        new Grid(rows, 1, THREADS, 0).early(),
        new Place(
            batch,
            given,
            operands.heads(),
            operands.cells(),
            Attention.Heads.of(shape),
            dim,
            pageSize,
            operands.turning(),
            valueNorm));
  }

  private record CopyPage(
      long pool, long numbers, int from, int to, int tokens, int pageSize, int dim) {}

  /// Copies the first tokens of a page, in neighbouring cells of one shape.
  ///
  /// @param pool where the first of the cells begins
  /// @param count of the cells
  /// @param numbers of the keys of a cell
  void copyPage(
      long pool, int count, long numbers, int from, int to, int tokens, int pageSize, Cell cell) {
    gpu.launch(
        copyPage,
        new Grid(2 * count, cell.kvHeads(), COPY_THREADS, 0),
        new CopyPage(pool, numbers, from, to, tokens, pageSize, cell.headDim()));
  }
}
