package dev.sgl.local.model;

import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;

/// What the engine runs: tokens to logits, and keys and values on the way.
public interface Model extends AutoCloseable {

  /// Tokens that it knows.
  int vocabulary();

  /// Most tokens of a sequence.
  int context();

  /// Whether it has a head for tokens; else it only gives states.
  default boolean generates() {
    return true;
  }

  /// Whether tokens see later ones, so that a sequence has to be computed whole, and shares
  /// nothing with others.
  default boolean seesAhead() {
    return false;
  }

  /// Bytes that the keys and values of a token take.
  long bytesPerToken();

  /// Bytes that the states of a sequence take, whatever its length; 0 if no layer keeps a state.
  long bytesPerSequence();

  /// Bytes that are left for keys, values and states.
  long room();

  /// Whether [#forward] returns before it is done; see [dev.sgl.local.kernel.Device].
  default boolean isAsynchronous() {
    return false;
  }

  /// Whether its keys and values lie in memory that nothing else needs; see
  /// [dev.sgl.local.kernel.Device].
  default boolean hasOwnMemory() {
    return false;
  }

  /// Gets ready what would be slow the first time.
  default void warmUp() {}

  /// A pool of pages for its keys and values, and of slots for the states of sequences.
  KvPool pool(int pages, int pageSize, int slots);

  /// Computes the batch's rows, writes their keys and values into the pool, and returns the logits
  /// of the sampled rows.
  ///
  /// What a row gets depends on its token, its position and the keys and values before it, not on
  /// what else is in the batch.
  Logits forward(Batch batch, KvPool pool);

  @Override
  void close();
}
