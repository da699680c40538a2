package dev.sgl.local.kernel.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.sgl.local.kernel.gpu.port.Gpu.Boxes;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.kernel.gpu.port.GpuException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The arguments of kernels, which are records: their components in the order of the parameters. A
/// record among them stands for its own components.
final class Parameters {
  private static final int INVALID_VALUE = 1; // of the driver: there is no such parameter

  /// Records that are arguments by themselves.
  private static final Set<Class<?>> WHOLE = Set.of(Memory.class, Boxes.class);

  private final Optional<NativeLibrary.Function> info = info();
  private final TensorMaps maps = new TensorMaps();

  /// An argument in a record, or in a record in it.
  ///
  /// @param path accessors from the outer record on
  private record Argument(List<Method> path) {
    static Stream<Argument> of(List<Method> outer, RecordComponent component) {
      Method accessor = component.getAccessor();
      accessor.setAccessible(true);
      List<Method> path = Stream.concat(outer.stream(), Stream.of(accessor)).toList();
      Class<?> type = component.getType();
      return type.isRecord() && !WHOLE.contains(type)
          ? Arrays.stream(type.getRecordComponents()).flatMap(inner -> of(path, inner))
          : Stream.of(new Argument(path));
    }

    Object in(Record arguments) {
      Object value = arguments;
      try {
        for (Method accessor : path) {
          value = accessor.invoke(value);
        }
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
      return value;
    }

    String name() {
      return path.stream().map(Method::getName).collect(Collectors.joining("."));
    }

    /// Bytes of the parameter.
    int size() {
      Class<?> type = path.getLast().getReturnType();
      if (type == Boxes.class) {
        return TensorMaps.BYTES;
      }
      return type == int.class || type == float.class ? Integer.BYTES : Long.BYTES;
    }
  }

  /// The arguments in a class of records.
  private static final ClassValue<List<Argument>> ARGUMENTS =
      new ClassValue<>() {
        @Override
        protected List<Argument> computeValue(Class<?> type) {
          return Arrays.stream(type.getRecordComponents())
              .flatMap(component -> Argument.of(List.of(), component))
              .toList();
        }
      };

  /// `cuFuncGetParamInfo`, which drivers have from CUDA 12.4 on.
  private static Optional<NativeLibrary.Function> info() {
    return NativeLibrary.driver()
        .flatMap(driver -> driver.find("cuFuncGetParamInfo", ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));
  }

  /// The arguments as a launch takes them: the addresses of their values.
  MemorySegment of(Record arguments, Arena arena) {
    List<Argument> all = ARGUMENTS.get(arguments.getClass());
    MemorySegment addresses = arena.allocate(ADDRESS, all.size());
    MemorySegment values = arena.allocate(JAVA_LONG, all.size());
    for (int i = 0; i < all.size(); i++) {
      MemorySegment value = values.asSlice((long) i * Long.BYTES);
      switch (all.get(i).in(arguments)) {
        case Integer number -> value.set(JAVA_INT, 0, number);
        case Float number -> value.set(JAVA_FLOAT, 0, number);
        case Long number -> value.set(JAVA_LONG, 0, number);
        case Memory memory -> value.set(JAVA_LONG, 0, memory.address());
        case Boxes boxes -> value = maps.of(boxes, arena);
        default -> throw new IllegalArgumentException("no argument: " + arguments);
      }
      addresses.setAtIndex(ADDRESS, i, value);
    }
    return addresses;
  }

  /// Compares a record with the parameters of a kernel, if the driver tells them.
  ///
  /// @param function the kernel's handle
  /// @throws GpuException if their number or a size is another
  void check(String kernel, long function, Class<? extends Record> arguments) {
    if (info.isEmpty()) {
      return;
    }
    List<Argument> all = ARGUMENTS.get(arguments);
    for (int i = 0; i < all.size(); i++) {
      Optional<Long> size = size(info.get(), function, i);
      if (size.isEmpty()) {
        throw new GpuException(
            "the kernel %s has %d parameters, but %s has %d"
                .formatted(kernel, i, arguments.getSimpleName(), all.size()));
      }
      if (size.get() != all.get(i).size()) {
        throw new GpuException(
            "parameter %d of the kernel %s has %d bytes, but %s.%s has %d"
                .formatted(
                    i,
                    kernel,
                    size.get(),
                    arguments.getSimpleName(),
                    all.get(i).name(),
                    all.get(i).size()));
      }
    }
    if (size(info.get(), function, all.size()).isPresent()) {
      throw new GpuException(
          "the kernel %s has more parameters than %s".formatted(kernel, arguments.getSimpleName()));
    }
  }

  /// Bytes of a parameter of a kernel; empty if it has no such parameter.
  private static Optional<Long> size(NativeLibrary.Function info, long function, int index) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment offset = arena.allocate(JAVA_LONG);
      MemorySegment size = arena.allocate(JAVA_LONG);
      MemorySegment handle = MemorySegment.ofAddress(function);
      int status = info.status(handle, (long) index, offset, size);
      if (status != 0 && status != INVALID_VALUE) {
        throw new GpuException("cuFuncGetParamInfo failed with status " + status);
      }
      return status == 0 ? Optional.of(size.get(JAVA_LONG, 0)) : Optional.empty();
    }
  }
}
