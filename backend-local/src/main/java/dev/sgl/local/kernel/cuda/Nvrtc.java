package dev.sgl.local.kernel.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.sgl.local.kernel.gpu.port.GpuException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// NVRTC, the compiler of CUDA C++ as a library.
///
/// Reference: NVIDIA, "NVRTC", CUDA Toolkit documentation.
final class Nvrtc {
  private final NativeLibrary.Function create;
  private final NativeLibrary.Function compile;
  private final NativeLibrary.Function logSize;
  private final NativeLibrary.Function log;
  private final NativeLibrary.Function cubinSize;
  private final NativeLibrary.Function cubin;
  private final NativeLibrary.Function destroy;

  /// @throws GpuException if the library is not there
  Nvrtc() {
    NativeLibrary library = NativeLibrary.open("nvrtc");
    create =
        library.function(
            "nvrtcCreateProgram", ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);
    compile = library.function("nvrtcCompileProgram", ADDRESS, JAVA_INT, ADDRESS);
    logSize = library.ofAddresses("nvrtcGetProgramLogSize", 2);
    log = library.ofAddresses("nvrtcGetProgramLog", 2);
    cubinSize = library.ofAddresses("nvrtcGetCUBINSize", 2);
    cubin = library.ofAddresses("nvrtcGetCUBIN", 2);
    destroy = library.ofAddresses("nvrtcDestroyProgram", 1);
  }

  /// Machine code for a chip.
  ///
  /// @param name of the source in messages
  /// @throws GpuException with the compiler's messages if it does not compile
  byte[] compile(String name, String source, List<String> options) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment program = arena.allocate(ADDRESS);
      create.call(
          program,
          arena.allocateFrom(source),
          arena.allocateFrom(name),
          0,
          MemorySegment.NULL,
          MemorySegment.NULL);
      try {
        return compile(program.get(ADDRESS, 0), name, options, arena);
      } finally {
        destroy.call(program);
      }
    }
  }

  private byte[] compile(MemorySegment program, String name, List<String> options, Arena arena) {
    MemorySegment given = arena.allocate(ADDRESS, options.size());
    for (int i = 0; i < options.size(); i++) {
      given.setAtIndex(ADDRESS, i, arena.allocateFrom(options.get(i)));
    }
    if (compile.status(program, options.size(), given) != 0) {
      String messages = new String(read(program, logSize, log, arena)).strip();
      throw new GpuException(name + " does not compile:\n" + messages);
    }
    return read(program, cubinSize, cubin, arena);
  }

  private static byte[] read(
      MemorySegment program, NativeLibrary.Function size, NativeLibrary.Function get, Arena arena) {
    MemorySegment bytes = arena.allocate(JAVA_LONG);
    size.call(program, bytes);
    MemorySegment data = arena.allocate(Math.max(1, bytes.get(JAVA_LONG, 0)));
    get.call(program, data);
    return data.toArray(JAVA_BYTE);
  }
}
