package dev.sgl.constraint.json;

/// The kinds of JSON values, `true` and `false` being one each.
enum Kind {
  NULL,
  TRUE,
  FALSE,
  NUMBER,
  STRING,
  ARRAY,
  OBJECT;

  static final int ALL = (1 << values().length) - 1;

  int bit() {
    return 1 << ordinal();
  }
}
