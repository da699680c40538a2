package dev.sgl.testing;

import java.util.SplittableRandom;

/// Checks a claim on random cases that grow. The seed and the size of a case that fails are in its
/// message; `-Dproperty.seed=N -Dproperty.size=M` runs that case alone.
public final class Property {
  private Property() {}

  /// A claim about a case drawn from `random`, of about `size`.
  @FunctionalInterface
  public interface Claim {
    void check(SplittableRandom random, int size) throws Exception;
  }

  /// Checks `claim` on `cases` cases of sizes 1 to 100.
  public static void forAll(int cases, Claim claim) {
    Long only = Long.getLong("property.seed");
    long first = only != null ? only : System.nanoTime();
    for (int i = 0; i < (only != null ? 1 : cases); i++) {
      long seed = only != null ? only : first + i;
      int size = only != null ? Integer.getInteger("property.size", 50) : 1 + i * 100 / cases;
      try {
        claim.check(new SplittableRandom(seed), size);
      } catch (Exception | AssertionError e) {
        String again = "-Dproperty.seed=" + seed + " -Dproperty.size=" + size;
        throw new AssertionError("case " + i + ", " + again + ": " + e.getMessage(), e);
      }
    }
  }
}
