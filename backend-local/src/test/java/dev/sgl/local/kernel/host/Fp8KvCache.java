package dev.sgl.local.kernel.host;

import dev.sgl.local.weights.Scaled;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/// Keys and values in e4m3 on the processor: others are rounded before they are stored.
public final class Fp8KvCache {
  private Fp8KvCache() {}

  /// Kernels that store rounded keys and values, and do the rest as `kernels` do.
  public static Kernels over(Kernels kernels) {
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (_, method, arguments) -> {
              if (method.getName().equals("store")) {
                arguments = arguments.clone();
                arguments[0] = rounded((Tensor) arguments[0]);
                arguments[1] = rounded((Tensor) arguments[1]);
              }
              try {
                return method.invoke(kernels, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static Tensor rounded(Tensor numbers) {
    Tensor rounded = Tensor.of(numbers.rows(), numbers.columns());
    for (int i = 0; i < numbers.values().length; i++) {
      rounded.values()[i] = Scaled.number(Scaled.code(numbers.values()[i]));
    }
    return rounded;
  }
}
