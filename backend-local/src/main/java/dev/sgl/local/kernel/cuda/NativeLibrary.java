package dev.sgl.local.kernel.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.sgl.local.kernel.gpu.port.GpuException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// A shared library of CUDA, whose functions return a status that is 0 if all went well.
@SuppressWarnings("restricted") // it calls foreign functions
final class NativeLibrary {
  /// Major versions of the libraries' names, the newest first.
  private static final List<Integer> VERSIONS = List.of(13, 12);

  private static final String DRIVER = "libcuda.so.1";

  private final String name;
  private final SymbolLookup symbols;

  private NativeLibrary(String name, SymbolLookup symbols) {
    this.name = name;
    this.symbols = symbols;
  }

  /// Opens `libNAME.so.13`, or `.12`.
  ///
  /// @throws GpuException if there is neither
  static NativeLibrary open(String name) {
    for (int version : VERSIONS) {
      String file = "lib" + name + ".so." + version;
      try {
        return new NativeLibrary(file, SymbolLookup.libraryLookup(file, Arena.global()));
      } catch (IllegalArgumentException e) {
        continue; // the next may be there
      }
    }
    throw new GpuException(
        "the library lib"
            + name
            + ".so is not found in version "
            + String.join(" or ", VERSIONS.stream().map(String::valueOf).toList())
            + "; install the CUDA libraries, or name their folder in LD_LIBRARY_PATH");
  }

  /// The driver, if it has its usual name.
  static Optional<NativeLibrary> driver() {
    try {
      SymbolLookup symbols = SymbolLookup.libraryLookup(DRIVER, Arena.global());
      return Optional.of(new NativeLibrary(DRIVER, symbols));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /// A function that returns a status.
  Function function(String symbol, MemoryLayout... parameters) {
    return find(symbol, parameters)
        .orElseThrow(() -> new GpuException(name + " has no function " + symbol));
  }

  /// The same, of a library that may be too old for it.
  Optional<Function> find(String symbol, MemoryLayout... parameters) {
    FunctionDescriptor descriptor = FunctionDescriptor.of(JAVA_INT, parameters);
    return symbols
        .find(symbol)
        .map(
            address ->
                new Function(symbol, Linker.nativeLinker().downcallHandle(address, descriptor)));
  }

  /// A function whose parameters are all addresses.
  Function ofAddresses(String symbol, int count) {
    return function(
        symbol, Stream.generate(() -> ADDRESS).limit(count).toArray(MemoryLayout[]::new));
  }

  /// A function of a library.
  static final class Function {
    private final String name;
    private final MethodHandle handle; // of an array of the arguments

    Function(String name, MethodHandle plain) {
      this.name = name;
      this.handle =
          plain
              .asSpreader(Object[].class, plain.type().parameterCount())
              .asType(MethodType.methodType(int.class, Object[].class));
    }

    /// @throws GpuException unless it returns 0
    void call(Object... arguments) {
      int status = status(arguments);
      if (status != 0) {
        throw new GpuException(name + " failed with status " + status);
      }
    }

    int status(Object... arguments) {
      try {
        return (int) handle.invokeExact(arguments);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new GpuException(name + " cannot be called", e);
      }
    }
  }
}
