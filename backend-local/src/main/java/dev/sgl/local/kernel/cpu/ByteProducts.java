package dev.sgl.local.kernel.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.sgl.local.kernel.host.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// Products of quantized weights by dot products of bytes, which Java's vectors do not have: the
/// functions of `src/main/c/products.c`, if they were built and the processor can run them.
///
/// Activations are rounded to 15 bits, 32 of a row with a scale.
@SuppressWarnings("restricted") // it calls foreign functions
final class ByteProducts {
  private static final String LIBRARY = "libsglproducts.so";

  /// The sets of instructions in the order of their bits in `instructions.c`, the fastest last.
  private static final List<String> SETS = List.of("avx2", "avxvnni", "avx512");

  /// Activations that share a scale.
  private static final int ROUNDED_TOGETHER = 32;

  private static final List<Functions> LOADED = load();

  private final Functions functions;
  private MemorySegment rounded = MemorySegment.NULL; // activations of the last product

  private ByteProducts(Functions functions) {
    this.functions = functions;
  }

  /// The functions, if they are there. Those of one object serve one product at a time.
  static Optional<ByteProducts> create() {
    return LOADED.isEmpty() ? Optional.empty() : Optional.of(new ByteProducts(LOADED.getLast()));
  }

  /// The functions for each set of instructions that the processor has.
  static List<ByteProducts> all() {
    return LOADED.stream().map(ByteProducts::new).toList();
  }

  @Override
  public String toString() {
    return functions.set();
  }

  /// @param tile rows of activations that are multiplied at once
  private record Functions(String set, MethodHandle quantize, MethodHandle multiply, int tile) {}

  private static List<Functions> load() {
    try (InputStream in = ByteProducts.class.getResourceAsStream(LIBRARY)) {
      if (in == null) {
        return List.of();
      }
      Path file = Files.createTempFile("sgl", ".so");
      try {
        Files.write(file, in.readAllBytes());
        return functions(SymbolLookup.libraryLookup(file, Arena.global()));
      } finally {
        Files.deleteIfExists(file); // it stays mapped
      }
    } catch (IOException | IllegalArgumentException e) {
      return List.of(); // no place for the file, or not a library of this system
    }
  }

  private static List<Functions> functions(SymbolLookup library) {
    Linker linker = Linker.nativeLinker();
    MethodHandle instructions =
        linker.downcallHandle(library.findOrThrow("instructions"), FunctionDescriptor.of(JAVA_INT));
    int sets;
    try {
      sets = (int) instructions.invokeExact();
    } catch (Throwable e) {
      throw unexpected(e);
    }
    return IntStream.range(0, SETS.size())
        .filter(bit -> (sets >> bit & 1) == 1)
        .mapToObj(bit -> functions(library, SETS.get(bit)))
        .toList();
  }

  private static Functions functions(SymbolLookup library, String set) {
    Linker linker = Linker.nativeLinker();
    Linker.Option heap = Linker.Option.critical(true); // arrays of Java are read where they lie
    MethodHandle quantize =
        linker.downcallHandle(
            library.findOrThrow("quantize_" + set),
            FunctionDescriptor.ofVoid(
                ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT),
            heap);
    MethodHandle multiply =
        linker.downcallHandle(
            library.findOrThrow("multiply_" + set),
            FunctionDescriptor.of(
                JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS,
                ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG),
            heap);
    int tile = library.findOrThrow("tile_" + set).reinterpret(Integer.BYTES).get(JAVA_INT, 0);
    return new Functions(set, quantize, multiply, tile);
  }

  /// Rounds the first `rows` rows of `x` for products with `weight`.
  void round(Tensor x, int rows, Packed weight, Workers workers) {
    int tile = functions.tile();
    long room = (rows + tile) * roundedBytes(x.columns(), weight.layout().group());
    if (rounded.byteSize() < room) {
      rounded = Arena.ofAuto().allocate(room, 64);
    }
    int tiles = rows == 1 ? 1 : (rows + tile - 1) / tile;
    MemorySegment numbers = MemorySegment.ofArray(x.values());
    workers.run(tiles, (index, _) -> round(numbers, rows, weight, index));
  }

  /// Bytes of a row of activations: codes, scales, and two sums for each group.
  private static long roundedBytes(int columns, int group) {
    return 2L * columns + 4L * columns / ROUNDED_TOGETHER + 8L * columns / group;
  }

  private void round(MemorySegment numbers, int rows, Packed weight, int index) {
    try {
      functions
          .quantize()
          .invokeExact(
              numbers,
              rows,
              weight.columns(),
              weight.layout().group(),
              weight.layout().zero(),
              rounded,
              index);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /// Writes the outputs of `blocks` blocks for the rows that were rounded last.
  ///
  /// @param to where the first row of `out` has the outputs
  void multiply(Packed weight, int block, int blocks, int rows, float[] out, int to, int stride) {
    Layout layout = weight.layout();
    int columns = weight.columns();
    int isKnown;
    try {
      isKnown =
          (int)
              functions
                  .multiply()
                  .invokeExact(
                      layout.bits(),
                      layout.group(),
                      layout.hasMinimums() ? 1 : 0,
                      rows,
                      columns,
                      rounded,
                      weight.codes().asSlice(block * layout.blockBytes(columns)),
                      weight.scales().asSlice(2L * block * layout.blockScales(columns)),
                      weight.factors().asSlice(4L * block),
                      weight.choices(),
                      blocks,
                      MemorySegment.ofArray(out).asSlice(4L * to),
                      (long) stride);
    } catch (Throwable e) {
      throw unexpected(e);
    }
    if (isKnown == 0) {
      throw new IllegalStateException("there are no products of bytes for " + layout);
    }
  }

  private static RuntimeException unexpected(Throwable e) {
    return switch (e) {
      case RuntimeException error -> error;
      case Error error -> throw error;
      default -> new IllegalStateException(e);
    };
  }
}
