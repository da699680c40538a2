package dev.sgl.local.kernel.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// Memory for weights, in huge pages where Linux offers them (`transparent_hugepage` is `madvise`
/// or `always`): a forward pass walks through all of it, and each small page would cost a look into
/// the page table.
@SuppressWarnings("restricted") // three functions of the operating system
final class HugePages {
  private static final long SIZE = 2 << 20;

  // from <sys/mman.h> of Linux
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
  private static final int MADV_WILLNEED = 3;
  private static final int MADV_DONTNEED = 4;
  private static final int MADV_HUGEPAGE = 14;
  private static final long PAGE = 64 << 10; // the largest that Linux is run with

  private static final boolean LINUX = System.getProperty("os.name").equals("Linux");
  private static final Optional<MethodHandle> MMAP =
      function(
          "mmap",
          FunctionDescriptor.of(
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));
  private static final Optional<MethodHandle> MADVISE =
      function(
          "madvise",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final Optional<MethodHandle> MUNMAP =
      function(
          "munmap",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));

  private HugePages() {}

  private static Optional<MethodHandle> function(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    SymbolLookup library = linker.defaultLookup();
    return LINUX ? library.find(name).map(f -> linker.downcallHandle(f, type)) : Optional.empty();
  }

  /// `bytes` bytes of zeros that live as long as `arena`.
  static MemorySegment allocate(Arena arena, long bytes) {
    if (bytes < SIZE || MMAP.isEmpty() || MADVISE.isEmpty() || MUNMAP.isEmpty()) {
      return arena.allocate(bytes, 64);
    }
    try {
      long length = bytes + SIZE;
      MemorySegment mapped =
          (MemorySegment)
              MMAP.get()
                  .invokeExact(
                      MemorySegment.NULL, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
      if (mapped.address() == -1) {
        throw new OutOfMemoryError("there is no memory for " + (bytes >> 20) + " MiB of weights");
      }
      long start = (mapped.address() + SIZE - 1) & -SIZE;
      int _ = (int) MADVISE.get().invokeExact(MemorySegment.ofAddress(start), bytes, MADV_HUGEPAGE);
      return MemorySegment.ofAddress(start)
          .reinterpret(bytes, arena, _ -> unmap(mapped.address(), length));
    } catch (Error | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /// Asks the operating system to read a file's mapped part ahead, which is looked at soon.
  static void expect(MemorySegment mapped) {
    advise(mapped, MADV_WILLNEED);
  }

  /// Lets the operating system take back the memory of a file's mapped part that was copied and is
  /// not looked at any more; if it is, it comes from the file again.
  static void forget(MemorySegment mapped) {
    advise(mapped, MADV_DONTNEED);
  }

  private static void advise(MemorySegment mapped, int advice) {
    long start = (mapped.address() + PAGE - 1) & -PAGE;
    long length = ((mapped.address() + mapped.byteSize()) & -PAGE) - start;
    if (!mapped.isMapped() || length <= 0 || MADVISE.isEmpty()) {
      return;
    }
    try {
      int _ = (int) MADVISE.get().invokeExact(MemorySegment.ofAddress(start), length, advice);
    } catch (Error | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void unmap(long address, long length) {
    try {
      int _ = (int) MUNMAP.orElseThrow().invokeExact(MemorySegment.ofAddress(address), length);
    } catch (Error | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
