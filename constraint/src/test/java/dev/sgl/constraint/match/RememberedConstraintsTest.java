package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.machine.MaskCache;
import java.util.BitSet;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The memory that a compiler of constraints takes.
class RememberedConstraintsTest {
  private static final long MOST = 16L << 20;

  /// Estimates are of the right size, and the virtual machine has garbage of its own.
  private static final long MOST_MEASURED = 2 * MOST;

  private final MaskCache bytes =
      new MaskCache(
          new Vocabulary(
              IntStream.range(0, 256)
                  .mapToObj(value -> new byte[] {(byte) value})
                  .toArray(byte[][]::new)));

  /// A pattern whose automaton has thousands of states, most of them found only on the way.
  private static Constraint large(int number) {
    return new Constraint.Pattern(
        "(?!.*(foo|bar|baz%d))(?=.*[a-z]{3})[a-z0-9 ]{5,200}".formatted(number));
  }

  private void follow(CompiledConstraint constraint, Random random) {
    for (int i = 0; i < 20; i++) {
      Matcher matcher = constraint.matcher(bytes);
      for (int length = 0; length < 100; length++) {
        long[] mask = new long[4];
        matcher.fill(mask);
        BitSet allowed = BitSet.valueOf(mask);
        int next = allowed.nextSetBit(random.nextInt(256));
        if (!matcher.accept(next < 0 ? allowed.nextSetBit(0) : next)) {
          break;
        }
      }
    }
  }

  @Test
  void allTogetherTakeNoMoreThanTheirBound() throws InterruptedException {
    ConstraintCompiler compiler = new ConstraintCompiler(MOST);
    long before = used();
    long all = 0;
    Random random = new Random(7);
    for (int i = 0; i < 40; i++) {
      CompiledConstraint constraint = compiler.compile(large(i));
      follow(constraint, random);
      all += constraint.bytes();
      assertTrue(compiler.bytes() <= MOST, () -> compiler.bytes() + " bytes");
    }
    assertTrue(all > 3 * MOST, "constraints of " + all + " bytes put no bound to the test");
    assertTrue(compiler.bytes() > MOST / 2, "as much is remembered as there is room for");
    long measured = used() - before;
    assertTrue(measured < MOST_MEASURED, measured + " bytes of the heap");
  }

  @Test
  void aConstraintThatGrowsIsWeighedAgainAndTheOldestIsForgotten() {
    ConstraintCompiler compiler = new ConstraintCompiler(MOST);
    CompiledConstraint oldest = compiler.compile(large(0));
    long alone = compiler.bytes();
    follow(oldest, new Random(1));
    assertTrue(compiler.bytes() > 2 * alone, "it was weighed when it was new only");
    long weighed = compiler.bytes();
    assertTrue(
        oldest.bytes() - weighed < weighed / 3, oldest.bytes() + " were taken as " + weighed);
    assertSame(oldest, compiler.compile(large(0)));
    for (int i = 1; i < 20; i++) {
      follow(compiler.compile(large(i)), new Random(i));
    }
    assertNotSame(oldest, compiler.compile(large(0)));
  }

  @Test
  void aConstraintThatIsLargerThanAllTheRoomIsNotRemembered() {
    ConstraintCompiler compiler = new ConstraintCompiler(1 << 20);
    Constraint huge =
        new Constraint.OneOf(
            IntStream.range(0, 2_000)
                .<Constraint>mapToObj(i -> new Constraint.Text("choice " + i))
                .toList());
    assertTrue(compiler.compile(huge).matches("choice 1999"));
    assertEquals(0, compiler.bytes());
  }

  /// Bytes of the heap that are in use.
  private static long used() throws InterruptedException {
    for (int i = 0; i < 4; i++) {
      System.gc();
      Thread.sleep(30); // for references that are cleared on another thread
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
