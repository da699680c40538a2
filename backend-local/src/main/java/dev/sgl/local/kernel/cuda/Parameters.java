package dev.sgl.local.kernel.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.sgl.local.kernel.gpu.Gpu.Memory;
import dev.sgl.local.kernel.gpu.GpuException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import jcuda.Pointer;

/// The arguments of kernels, which are records: their components in the order of the parameters.
final class Parameters {
  private static final int INVALID_VALUE = 1; // of the driver: there is no such parameter

  private final Optional<NativeLibrary.Function> info = info();

  /// The components of a class of records.
  private static final ClassValue<List<Method>> COMPONENTS =
      new ClassValue<>() {
        @Override
        protected List<Method> computeValue(Class<?> type) {
          List<Method> accessors =
              Arrays.stream(type.getRecordComponents()).map(RecordComponent::getAccessor).toList();
          accessors.forEach(accessor -> accessor.setAccessible(true));
          return accessors;
        }
      };

  /// `cuFuncGetParamInfo`, which drivers have from CUDA 12.4 on.
  private static Optional<NativeLibrary.Function> info() {
    return NativeLibrary.driver()
        .flatMap(driver -> driver.find("cuFuncGetParamInfo", ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));
  }

  /// The arguments as a launch takes them.
  static Pointer of(Record arguments) {
    List<Method> components = COMPONENTS.get(arguments.getClass());
    Pointer[] pointers = new Pointer[components.size()];
    for (int i = 0; i < pointers.length; i++) {
      pointers[i] =
          switch (value(components.get(i), arguments)) {
            case Integer number -> Pointer.to(new int[] {number});
            case Float number -> Pointer.to(new float[] {number});
            case Long number -> Pointer.to(new long[] {number});
            case Memory memory -> Pointer.to(new long[] {memory.address()});
            default -> throw new IllegalArgumentException("no argument: " + arguments);
          };
    }
    return Pointer.to(pointers);
  }

  private static Object value(Method component, Record arguments) {
    try {
      return component.invoke(arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Compares the components of a record with the parameters of a kernel, if the driver tells them.
  ///
  /// @param function the kernel's handle
  /// @throws GpuException if their number or a size is another
  void check(String kernel, long function, Class<? extends Record> arguments) {
    if (info.isEmpty()) {
      return;
    }
    List<Method> components = COMPONENTS.get(arguments);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment offset = arena.allocate(JAVA_LONG);
      MemorySegment size = arena.allocate(JAVA_LONG);
      MemorySegment handle = MemorySegment.ofAddress(function);
      for (int i = 0; i < components.size(); i++) {
        Class<?> type = components.get(i).getReturnType();
        long given = type == int.class || type == float.class ? 4 : 8;
        int status = info.get().status(handle, (long) i, offset, size);
        if (status != 0 && status != INVALID_VALUE) {
          throw new GpuException("cuFuncGetParamInfo failed with status " + status);
        }
        if (status != 0) {
          throw new GpuException(
              "the kernel %s has %d parameters, but %s has %d"
                  .formatted(kernel, i, arguments.getSimpleName(), components.size()));
        }
        if (size.get(JAVA_LONG, 0) != given) {
          throw new GpuException(
              "parameter %d of the kernel %s has %d bytes, but %s.%s has %d"
                  .formatted(
                      i,
                      kernel,
                      size.get(JAVA_LONG, 0),
                      arguments.getSimpleName(),
                      components.get(i).getName(),
                      given));
        }
      }
      if (info.get().status(handle, (long) components.size(), offset, size) == 0) {
        throw new GpuException(
            "the kernel %s has more parameters than %s"
                .formatted(kernel, arguments.getSimpleName()));
      }
    }
  }
}
