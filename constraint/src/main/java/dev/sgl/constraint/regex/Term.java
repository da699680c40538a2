package dev.sgl.constraint.regex;

import java.util.List;

/// A regular language over bytes. Made by [Terms], which makes equal terms the same object.
public sealed interface Term {

  /// The facts about a term that follow from its parts.
  ///
  /// @param id counts the terms of one [Terms]
  /// @param nullable whether the empty text is in the language
  /// @param searched whether only a search can tell that the language is empty: it has an
  ///     intersection, a complement or a machine in it
  /// @param size how many texts are in the language, as far as its parts tell
  /// @param print tells terms apart, also those of different [Terms]
  record Mark(int id, boolean nullable, boolean searched, Size size, Print print) {}

  /// How many texts a language has.
  enum Size {
    FINITE,
    INFINITE,
    /// Only a search can tell.
    UNKNOWN
  }

  /// 128 bits that are the same for equal terms of all [Terms] in this process, and for others
  /// different but for odds of 2^-64.
  record Print(long high, long low) {}

  /// The facts about the term that need no search.
  Mark mark();

  /// Whether the empty text is in the language.
  default boolean isNullable() {
    return mark().nullable();
  }

  /// Whether the language surely has finitely many texts.
  default boolean isFinite() {
    return mark().size() == Size.FINITE;
  }

  /// Whether the language surely has infinitely many texts.
  default boolean isInfinite() {
    return mark().size() == Size.INFINITE;
  }

  /// The number of the term among those of its [Terms].
  default int id() {
    return mark().id();
  }

  /// No text.
  record Nothing(Mark mark) implements Term {}

  /// The empty text.
  record Empty(Mark mark) implements Term {}

  /// One byte of a set, which is not empty.
  record Bytes(Mark mark, ByteSet set) implements Term {}

  /// `head`, which is no [Concat], and then `tail`.
  record Concat(Mark mark, Term head, Term tail) implements Term {}

  /// One of at least two.
  record Either(Mark mark, List<Term> choices) implements Term {}

  /// All of at least two; at most one of them is a [Not].
  record Both(Mark mark, List<Term> parts) implements Term {}

  /// All texts that are not in `term`.
  record Not(Mark mark, Term term) implements Term {}

  /// `item`, `min` to `max` times; counted, not written out.
  ///
  /// @param isLength whether `max` limits how long a text may be, and is no part of its form
  record Repeat(Mark mark, Term item, int min, int max, boolean isLength) implements Term {}

  /// What `machine` accepts from `state` on.
  record Run(Mark mark, ByteMachine machine, long state) implements Term {}
}
