package dev.sgl.local.engine;

import dev.sgl.backend.Pin;
import dev.sgl.local.cache.Hold;
import java.util.Optional;

/// A pinned prefix. Its hold in the cache belongs to the engine's thread.
final class LocalPin implements Pin {
  private final Engine engine;
  private final String namespace;
  private final int[] tokens;
  private Optional<Hold> hold = Optional.empty();

  LocalPin(Engine engine, String namespace, int[] tokens) {
    this.engine = engine;
    this.namespace = namespace;
    this.tokens = tokens;
  }

  String namespace() {
    return namespace;
  }

  int[] tokens() {
    return tokens;
  }

  Optional<Hold> hold() {
    return hold;
  }

  void hold(Hold by) {
    hold = Optional.of(by);
  }

  @Override
  public void close() {
    engine.unpin(this);
  }
}
