package dev.sgl.local.kernel.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.port.Gpu.Operand;
import dev.sgl.local.kernel.gpu.port.Gpu.Operands;
import dev.sgl.local.kernel.gpu.port.Gpu.ProductShape;
import dev.sgl.local.kernel.gpu.port.Gpu.Result;
import dev.sgl.local.kernel.gpu.port.GpuException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Matrix products by cuBLASLt. Of the algorithms that its heuristic names for a shape, products of
/// few rows take the one that is the fastest when it is tried.
///
/// Matrices here are row by row; cuBLASLt sees them column by column, so it computes the transposed
/// product: `outᵀ[outputs, rows] = weight[outputs, columns] · xᵀ[columns, rows]`.
///
/// Sums of products in e4m3 with scales of rows are added up in the registers of the tensor
/// cores, which keep fewer bits than single precision: results are off by 0.2 to 0.3 %, where
/// rounding them to bf16 costs 0.17 %, and the operands' 8 bits 3.7 % (`bench/notes/gpu.md`).
///
/// Reference: NVIDIA, "Using the cuBLASLt API", cuBLAS documentation.
final class CublasLt {
  /// Bytes that a product may use beside its operands.
  private static final long WORKSPACE = 32L << 20;

  // enumerations of cublasLt.h, cublas_api.h and library_types.h
  private static final int COMPUTE_32F = 68;
  private static final int R_32F = 0;
  private static final int R_16F = 2;
  private static final int R_16BF = 14;
  private static final int R_8F_E4M3 = 28;
  private static final int DESC_TRANSA = 3;
  private static final int DESC_A_SCALE_POINTER = 17;
  private static final int DESC_B_SCALE_POINTER = 18;
  private static final int DESC_FAST_ACCUM = 25;
  private static final int DESC_A_SCALE_MODE = 31;
  private static final int DESC_B_SCALE_MODE = 32;
  private static final int SCALE_OUTER_VECTORS = 3;
  private static final int SCALE_VECTORS_OF_128 = 4;
  private static final int SCALE_BLOCKS_OF_128 = 5;
  private static final int PREF_MAX_WORKSPACE = 1;
  private static final int TRANSPOSED = 1;
  private static final long HEURISTIC_BYTES = 96;

  /// The most algorithms that are tried for a product.
  private static final int TRIED = 8;

  /// The most rows of a product whose algorithms are tried.
  private static final int TRIED_ROWS = 512;

  /// Runs of each algorithm.
  private static final int TRIES = 3;

  private final CudaDriver gpu;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment handle;
  private final NativeLibrary.Function createDesc;
  private final NativeLibrary.Function setDesc;
  private final NativeLibrary.Function createLayout;
  private final NativeLibrary.Function createPreference;
  private final NativeLibrary.Function setPreference;
  private final NativeLibrary.Function heuristic;
  private final NativeLibrary.Function matmul;
  private final NativeLibrary.Function destroy;
  private final MemorySegment one = arena.allocateFrom(JAVA_FLOAT, 1);
  private final MemorySegment zero = arena.allocateFrom(JAVA_FLOAT, 0);
  private final MemorySegment preference;
  private final Memory workspace;
  private final Map<ProductShape, Plan> plans = new HashMap<>();

  private record Plan(
      MemorySegment desc,
      MemorySegment weight,
      MemorySegment input,
      MemorySegment output,
      MemorySegment algorithm,
      boolean isScaled) {}

  /// @throws GpuException if the library is not there
  CublasLt(CudaDriver gpu) {
    this.gpu = gpu;
    NativeLibrary library = NativeLibrary.open("cublasLt");
    workspace = gpu.allocate(WORKSPACE);
    createDesc = library.function("cublasLtMatmulDescCreate", ADDRESS, JAVA_INT, JAVA_INT);
    setDesc =
        library.function("cublasLtMatmulDescSetAttribute", ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG);
    createLayout =
        library.function(
            "cublasLtMatrixLayoutCreate", ADDRESS, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    createPreference = library.ofAddresses("cublasLtMatmulPreferenceCreate", 1);
    setPreference =
        library.function(
            "cublasLtMatmulPreferenceSetAttribute", ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG);
    heuristic =
        library.function(
            "cublasLtMatmulAlgoGetHeuristic",
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            JAVA_INT,
            ADDRESS,
            ADDRESS);
    matmul =
        library.function(
            "cublasLtMatmul",
            ADDRESS, // handle
            ADDRESS, // description
            ADDRESS, // alpha
            JAVA_LONG, // A
            ADDRESS,
            JAVA_LONG, // B
            ADDRESS,
            ADDRESS, // beta
            JAVA_LONG, // C
            ADDRESS,
            JAVA_LONG, // D
            ADDRESS,
            ADDRESS, // algorithm
            JAVA_LONG, // workspace
            JAVA_LONG,
            JAVA_LONG); // stream
    destroy = library.ofAddresses("cublasLtDestroy", 1);
    MemorySegment created = arena.allocate(ADDRESS);
    library.ofAddresses("cublasLtCreate", 1).call(created);
    handle = created.get(ADDRESS, 0);
    createPreference.call(created);
    preference = created.get(ADDRESS, 0);
    setPreference.call(
        preference, PREF_MAX_WORKSPACE, arena.allocateFrom(JAVA_LONG, WORKSPACE), 8L);
  }

  /// `out = factor · x · weightᵀ`, or added to `out`.
  void multiply(Operand x, Operand weight, float factor, Memory out, ProductShape shape) {
    Plan plan = plans.computeIfAbsent(shape, _ -> plan(shape, x, weight));
    multiply(plan, shape.result() == Result.ADDED, x, weight, factor, out);
  }

  private void multiply(
      Plan plan, boolean adds, Operand x, Operand weight, float factor, Memory out) {
    try (Arena call = Arena.ofConfined()) {
      if (plan.isScaled()) {
        setPointer(plan.desc(), DESC_A_SCALE_POINTER, weight.scales(), call);
        setPointer(plan.desc(), DESC_B_SCALE_POINTER, x.scales(), call);
      }
      matmul.call(
          handle,
          plan.desc(),
          factor == 1 ? one : call.allocateFrom(JAVA_FLOAT, factor),
          weight.numbers().address(),
          plan.weight(),
          x.numbers().address(),
          plan.input(),
          adds ? one : zero,
          out.address(),
          plan.output(),
          out.address(),
          plan.output(),
          plan.algorithm(),
          workspace.address(),
          WORKSPACE,
          gpu.stream());
    }
  }

  private void setPointer(MemorySegment desc, int attribute, Memory scales, Arena arena) {
    setDesc.call(
        desc, attribute, arena.allocateFrom(JAVA_LONG, scales.address()), (long) Long.BYTES);
  }

  private void set(MemorySegment desc, int attribute, int value) {
    setDesc.call(desc, attribute, arena.allocateFrom(JAVA_INT, value), (long) Integer.BYTES);
  }

  private Plan plan(ProductShape shape, Operand x, Operand weight) {
    int half = shape.bf16() ? R_16BF : R_16F;
    boolean isScaled = shape.operands() != Operands.PLAIN;
    int type = isScaled ? R_8F_E4M3 : half;
    MemorySegment created = arena.allocate(ADDRESS);
    createDesc.call(created, COMPUTE_32F, R_32F);
    MemorySegment desc = created.get(ADDRESS, 0);
    set(desc, DESC_TRANSA, TRANSPOSED);
    switch (shape.operands()) {
      case PLAIN -> {}
      case SCALED_ROWS -> {
        set(desc, DESC_A_SCALE_MODE, SCALE_OUTER_VECTORS);
        set(desc, DESC_B_SCALE_MODE, SCALE_OUTER_VECTORS);
        setDesc.call(desc, DESC_FAST_ACCUM, arena.allocateFrom(JAVA_BYTE, (byte) 1), 1L);
      }
      case SCALED_BLOCKS -> {
        set(desc, DESC_A_SCALE_MODE, SCALE_BLOCKS_OF_128);
        set(desc, DESC_B_SCALE_MODE, SCALE_VECTORS_OF_128);
      }
    }
    if (isScaled) { // the heuristic asks for them
      setPointer(desc, DESC_A_SCALE_POINTER, weight.scales(), arena);
      setPointer(desc, DESC_B_SCALE_POINTER, x.scales(), arena);
    }
    MemorySegment weights = layout(type, shape.columns(), shape.outputs(), shape.columns());
    MemorySegment input = layout(type, shape.columns(), shape.rows(), shape.columns());
    MemorySegment output =
        layout(
            shape.result() == Result.WRITTEN ? half : R_32F,
            shape.outputs(),
            shape.rows(),
            shape.stride());
    MemorySegment found = arena.allocate(TRIED * HEURISTIC_BYTES, 8);
    MemorySegment count = arena.allocate(JAVA_INT);
    int status =
        heuristic.status(
            handle, desc, weights, input, output, output, preference, TRIED, found, count);
    List<Plan> plans = new ArrayList<>();
    for (int i = 0; status == 0 && i < count.get(JAVA_INT, 0); i++) {
      MemorySegment algorithm = found.asSlice(i * HEURISTIC_BYTES, HEURISTIC_BYTES);
      plans.add(new Plan(desc, weights, input, output, algorithm, isScaled));
    }
    if (plans.isEmpty()) {
      throw new GpuException("cuBLASLt knows no way to compute %s: %d".formatted(shape, status));
    }
    return shape.rows() <= TRIED_ROWS ? fastest(plans, shape, x, weight) : plans.getFirst();
  }

  /// Tries all of `plans`, with results that go nowhere.
  private Plan fastest(List<Plan> plans, ProductShape shape, Operand x, Operand weight) {
    if (plans.size() == 1) {
      return plans.getFirst();
    }
    Memory out = gpu.allocate(4L * shape.rows() * shape.stride());
    Plan best = plans.getFirst();
    long least = Long.MAX_VALUE;
    for (Plan plan : plans) {
      multiply(plan, false, x, weight, 1, out); // the first is not counted
      long nanos =
          gpu.nanos(
              () -> {
                for (int i = 0; i < TRIES; i++) {
                  multiply(plan, false, x, weight, 1, out);
                }
              });
      if (nanos < least) {
        least = nanos;
        best = plan;
      }
    }
    gpu.free(out);
    return best;
  }

  /// @param rows of the transposed matrix, `stride` numbers from one of its columns to the next
  private MemorySegment layout(int type, long rows, long columns, long stride) {
    MemorySegment created = arena.allocate(ADDRESS);
    createLayout.call(created, type, rows, columns, stride);
    return created.get(ADDRESS, 0);
  }

  void close() {
    destroy.status(handle); // fails if the device is lost, and then nothing is to be freed
    arena.close();
  }
}
