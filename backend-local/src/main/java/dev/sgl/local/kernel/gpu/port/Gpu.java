package dev.sgl.local.kernel.gpu.port;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/// One GPU through its driver: memory, one stream of work, and the kernels and products that run
/// there. All work is done in order.
///
/// All methods throw a [GpuException] if the GPU, or a library for it, fails.
public interface Gpu extends AutoCloseable {

  /// Binds the calling thread to the GPU, which it may use from then on.
  void enter();

  /// Such as `NVIDIA H200`.
  String name();

  /// The number of streaming multiprocessors (SM).
  int multiprocessors();

  /// Ten times the compute capability, such as 90 for 9.0.
  int capability();

  /// Whether it has the instructions of Hopper's warpgroups: of this chip only, not of later ones.
  default boolean isHopper() {
    return capability() == 90;
  }

  /// Most bytes of shared memory of a block.
  int mostShared();

  /// Bytes that are free.
  long free();

  // --- memory

  /// Numbers on the GPU.
  record Memory(long address, long bytes) {
    /// All of it from a byte on.
    public Memory from(long offset) {
      return new Memory(address + offset, bytes - offset);
    }
  }

  /// Memory of the host that the GPU copies from and to by itself.
  record Pinned(MemorySegment segment) {
    /// Its bytes, in the order of the GPU.
    public ByteBuffer buffer() {
      return segment.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /// Its size.
    public long bytes() {
      return segment.byteSize();
    }
  }

  /// Allocates memory of the GPU, with undefined content.
  ///
  /// @throws OutOfDeviceMemory if `bytes` bytes are not free
  Memory allocate(long bytes);

  /// Frees memory of the GPU; does nothing if it is free already.
  void free(Memory memory);

  /// Allocates pinned memory of the host.
  Pinned pin(long bytes);

  /// Frees pinned memory, which no copy may use any more.
  void unpin(Pinned memory);

  /// Starts to copy `bytes` bytes to `to`, from its byte `offset` on.
  void upload(Pinned from, Memory to, long offset, long bytes);

  /// Starts to copy `bytes` bytes to memory that no work under way uses, beside that work; launches
  /// after this call wait for it.
  void uploadBeside(Pinned from, Memory to, long bytes);

  /// Starts to copy the first `bytes` bytes to the host; readable after [#await].
  void download(Memory from, Pinned to, long bytes);

  /// Copies the first `bytes` bytes from one place on the GPU to another.
  void copy(Memory from, Memory to, long bytes);

  /// Fills memory with a byte.
  void fill(Memory memory, int value);

  // --- work

  /// A kernel, ready to run.
  interface Kernel {}

  /// A file of kernels, compiled with some names defined.
  ///
  /// @param name without its ending
  /// @param isOfOneChip whether it uses instructions that only chips of one compute capability have
  record KernelFile(String name, Map<String, String> defines, boolean isOfOneChip) {
    public KernelFile {
      defines = Map.copyOf(defines);
    }
  }

  /// A kernel of a file. The file is compiled for this GPU at the first call.
  ///
  /// @param shared most bytes of shared memory of a block
  Kernel kernel(KernelFile file, String name, int shared);

  /// How many threads run a kernel.
  ///
  /// @param shared bytes of shared memory of each block
  /// @param isClustered whether the blocks of a column, `blocksY`, see each other's shared memory
  /// @param isEarly whether it may begin while the kernel before it still runs: it waits by itself
  ///     before it reads or writes a result of others of the same batch. Batches do not overlap,
  ///     since each begins with a copy to the GPU.
  record Grid(
      int blocks, int blocksY, int threads, int shared, boolean isClustered, boolean isEarly) {
    /// Blocks that know nothing of each other.
    public Grid(int blocks, int blocksY, int threads, int shared) {
      this(blocks, blocksY, threads, shared, false, false);
    }

    /// Blocks in a row, without shared memory.
    public static Grid of(int blocks, int threads) {
      return new Grid(blocks, 1, threads, 0);
    }

    /// A block for each row.
    ///
    /// @param each numbers of each thread, or more if there would be over 1,024 threads
    public static Grid ofRows(int rows, int columns, int each) {
      int warps = (columns + each * 32 - 1) / (each * 32);
      return of(rows, Math.min(warps, 32) * 32);
    }

    /// The same, begun early.
    public Grid early() {
      return new Grid(blocks, blocksY, threads, shared, isClustered, true);
    }
  }

  /// A matrix that the tensor memory accelerator (TMA) of Hopper copies to shared memory in boxes,
  /// with zeros outside of the matrix. As an argument of a kernel it is a `TensorMap` of 128 bytes.
  ///
  /// @param elementBytes 1, 2, 4 or 8
  /// @param columns elements of a row, which are a multiple of 16 bytes
  /// @param isSwizzled whether rows of a box, which then have 128 bytes, have their pieces of 16
  ///     bytes swizzled
  record Boxes(
      Memory memory,
      int elementBytes,
      long columns,
      long rows,
      int boxColumns,
      int boxRows,
      boolean isSwizzled) {}

  /// Launches a kernel.
  ///
  /// @param arguments a record of `int`, `long`, `float`, [Memory] and [Boxes], in the order of the
  ///     kernel's parameters; the first time, their number and sizes are compared with those
  void launch(Kernel kernel, Grid grid, Record arguments);

  /// Where a product is written, and in which format.
  enum Result {
    /// Written in the weight's format.
    WRITTEN,
    /// Added to numbers in single precision.
    ADDED,
    /// Written in single precision.
    WRITTEN_SINGLE
  }

  /// The operands of a product.
  enum Operands {
    /// Numbers of 16 bits.
    PLAIN,
    /// Numbers in e4m3 with a scale for each row.
    SCALED_ROWS,
    /// Numbers in e4m3 with a scale for 128 columns of each row of `x`, and for blocks of 128 rows
    /// and columns of the weight, those of a row of blocks padded to a multiple of 4.
    SCALED_BLOCKS
  }

  /// The size of a product, and its formats.
  ///
  /// @param stride numbers from a row of the output to the next
  /// @param bf16 whether numbers of 16 bits are bfloat16
  record ProductShape(
      int rows,
      int columns,
      int outputs,
      int stride,
      boolean bf16,
      Operands operands,
      Result result) {}

  /// A matrix of a product.
  ///
  /// @param scales of 32 bits; the numbers themselves again if they have none
  record Operand(Memory numbers, Memory scales) {
    /// Numbers without scales.
    public static Operand plain(Memory numbers) {
      return new Operand(numbers, numbers);
    }
  }

  /// `out = factor · x · weightᵀ`, by the library of the vendor.
  ///
  /// @param x `[rows, columns]`; its scales in blocks are `[columns / 128, rows]`
  /// @param weight `[outputs, columns]`
  void multiply(Operand x, Operand weight, float factor, Memory out, ProductShape shape);

  // --- recordings

  /// Work that was recorded.
  interface Recorded {}

  /// Records the launches of `work` without running them.
  Recorded record(Runnable work);

  /// Launches the recorded work.
  void replay(Recorded recorded);

  /// Frees the recorded work, which cannot be replayed any more.
  void forget(Recorded recorded);

  // --- time

  /// A place in the stream.
  interface Mark {}

  /// Places a mark after all work up to now.
  Mark mark();

  /// Waits until the work before a mark is done.
  void await(Mark mark);

  /// Frees a mark, which must not be used any more.
  void forget(Mark mark);

  /// Nanoseconds between two marks that the stream has passed: to about half a microsecond if they
  /// are not far apart, and to one in ten million else.
  long nanos(Mark begin, Mark end);

  /// Nanoseconds that the GPU takes for `work`.
  default long nanos(Runnable work) {
    Mark begin = mark();
    work.run();
    Mark end = mark();
    await(end);
    long nanos = nanos(begin, end);
    forget(begin);
    forget(end);
    return nanos;
  }

  /// Waits until all work is done.
  void await();

  @Override
  void close();
}
