package dev.sgl.constraint.machine;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.regex.Term;
import java.util.Optional;
import java.util.function.ToIntFunction;

/// A vocabulary and the masks of regular rules over it, by the rest of the rule: constraints
/// that say the same share them. There are three kinds of them, each of which may take a part of
/// the heap; the least recently used ones are forgotten first. Thread-safe.
public final class MaskCache {
  private static final int PART = 32; // of the heap: the part that each kind may take is 1/32
  private static final int KEY_BYTES = 128; // with the entry of the cache

  /// A term at a node of the vocabulary.
  private record Below(Term.Print term, int root) {}

  private final Vocabulary vocabulary;
  private final int[] ends;
  private final Cache<Term.Print, RuleMasks.Mask> masks;
  private final Cache<Term.Print, CountedMasks> counted;
  private final Cache<Below, MeasuredMask> measured;

  /// @param ends the tokens that end a text
  public MaskCache(Vocabulary vocabulary, int... ends) {
    this(Runtime.getRuntime().maxMemory() / PART, vocabulary, ends);
  }

  /// @param most bytes of each kind of masks
  MaskCache(long most, Vocabulary vocabulary, int... ends) {
    this.vocabulary = vocabulary;
    this.ends = ends.clone();
    masks = bounded(most, RuleMasks.Mask::bytes);
    counted = bounded(most, CountedMasks::bytes);
    measured = bounded(most, MeasuredMask::bytes);
  }

  private static <K, V> Cache<K, V> bounded(long most, ToIntFunction<V> bytes) {
    return CacheBuilder.newBuilder()
        .maximumWeight(most)
        .weigher((K key, V mask) -> KEY_BYTES + bytes.applyAsInt(mask))
        .concurrencyLevel(1) // one bound for all
        .build();
  }

  /// The vocabulary of all masks.
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  /// Whether `token` ends a text.
  public boolean isEnd(int token) {
    for (int end : ends) {
      if (end == token) {
        return true;
      }
    }
    return false;
  }

  /// Sets the bits of the tokens that end a text.
  void markEnds(long[] mask) {
    for (int end : ends) {
      mask[end >>> 6] |= 1L << end;
    }
  }

  Optional<RuleMasks.Mask> mask(Term term) {
    return Optional.ofNullable(masks.getIfPresent(term.mark().print()));
  }

  void keep(Term term, RuleMasks.Mask mask) {
    masks.put(term.mark().print(), mask);
  }

  Optional<CountedMasks> counted(Term character) {
    return Optional.ofNullable(counted.getIfPresent(character.mark().print()));
  }

  void keep(Term character, CountedMasks mask) {
    counted.put(character.mark().print(), mask);
  }

  /// @param root the node of the vocabulary at which `term` begins
  Optional<MeasuredMask> measured(Term term, int root) {
    return Optional.ofNullable(measured.getIfPresent(new Below(term.mark().print(), root)));
  }

  void keep(Term term, int root, MeasuredMask mask) {
    measured.put(new Below(term.mark().print(), root), mask);
  }

  /// The memory of all masks, in bytes.
  long bytes() {
    return bytes(masks, RuleMasks.Mask::bytes)
        + bytes(counted, CountedMasks::bytes)
        + bytes(measured, MeasuredMask::bytes);
  }

  private static <V> long bytes(Cache<?, V> cache, ToIntFunction<V> bytes) {
    return cache.asMap().values().stream().mapToLong(v -> KEY_BYTES + bytes.applyAsInt(v)).sum();
  }

  /// Forgets everything, as after the start.
  public void clear() {
    masks.invalidateAll();
    counted.invalidateAll();
    measured.invalidateAll();
  }
}
