package dev.sgl.local.template;

import java.util.List;
import java.util.Map;

/// A function of a template: a macro, a method of a value, or one that the host gives.
@FunctionalInterface
interface Callable {
  Object call(List<Object> arguments, Map<String, Object> named);
}
