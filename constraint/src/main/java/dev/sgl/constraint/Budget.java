package dev.sgl.constraint;

/// How much work a constraint may still cost, in steps of roughly equal price, so that a hostile
/// one ends with an error instead of taking the machine.
///
/// Steps are counted, not seconds, so every machine refuses the same constraints.
public final class Budget {
  /// More characters could not be followed: each takes room.
  private static final int MOST_CHARACTERS = 200_000;

  private static final int BYTES_PER_OBJECT = 150; // of a term or a part of a state, on average

  private long left;
  private long space;
  private long bytes;

  /// @param steps work until the next [#refill]
  /// @param space objects that may be made until then
  public Budget(long steps, long space) {
    this.left = steps;
    this.space = space;
  }

  /// Refuses a text before it is read.
  ///
  /// @param what the name of the text in messages, such as `a pattern`
  /// @throws ConstraintException if it is too long
  public static void requireShort(String what, String text) {
    if (text.length() > MOST_CHARACTERS) {
      throw new ConstraintException(
          "%s of %,d characters is too long; it may have %,d"
              .formatted(what, text.length(), MOST_CHARACTERS));
    }
  }

  /// Takes `steps` of work.
  ///
  /// @throws ConstraintException if fewer are left
  public void spend(long steps) {
    left -= steps;
    if (left < 0) {
      throw ConstraintException.tooComplex("it takes too many steps");
    }
  }

  /// Takes the room of `objects` automaton states or terms.
  ///
  /// @throws ConstraintException if less room is left
  public void keep(long objects) {
    remember(objects * BYTES_PER_OBJECT);
    space -= objects;
    if (space < 0) {
      throw ConstraintException.tooComplex("it takes too many states");
    }
  }

  /// Counts the memory of something that is remembered and that no [#keep] has counted.
  public void remember(long memory) {
    bytes += memory;
  }

  /// The memory of all that was made so far, in bytes, as an estimate.
  public long bytes() {
    return bytes;
  }

  /// Allows `steps` of work and `objects` from here on.
  public void refill(long steps, long objects) {
    left = steps;
    space = objects;
  }
}
