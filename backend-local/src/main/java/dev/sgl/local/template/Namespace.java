package dev.sgl.local.template;

import java.util.LinkedHashMap;

/// What `namespace(…)` gives: a record that a template may change from inside a loop.
final class Namespace extends LinkedHashMap<Object, Object> {
  private static final long serialVersionUID = 1;
}
