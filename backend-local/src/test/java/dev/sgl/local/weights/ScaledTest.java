package dev.sgl.local.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/// Numbers in e4m3, from codes and to codes.
final class ScaledTest {
  private static final int MOST = 0x7e; // the code of 448

  @Test
  void theNumberOfACodeHasThisCode() {
    for (int code = 0; code <= MOST; code++) {
      assertCode(code, Scaled.number((byte) code));
      assertEquals((byte) (code | 0x80), Scaled.code(Scaled.number((byte) (code | 0x80))));
    }
  }

  @Test
  void aNumberBetweenTwoHasTheCodeOfTheNearerOne() {
    for (int code = 0; code < MOST; code++) {
      float low = Scaled.number((byte) code);
      float high = Scaled.number((byte) (code + 1));
      float middle = (low + high) / 2; // exact: e4m3 has 4 bits, a float 24
      int even = code % 2 == 0 ? code : code + 1;
      assertCode(code, Math.nextDown(middle));
      assertCode(even, middle);
      assertCode(code + 1, Math.nextUp(middle));
    }
  }

  @Test
  void largerNumbersBecomeTheLargest() {
    for (float number :
        new float[] {448, 464, 480, 1e30f, Float.MAX_VALUE, Float.POSITIVE_INFINITY}) {
      assertCode(MOST, number);
    }
  }

  @Test
  void theSmallestNumbersBecomeZeroWithTheirSign() {
    for (float number : new float[] {0, Float.MIN_VALUE, Float.MIN_NORMAL, 0x1p-10f}) {
      assertCode(0, number);
    }
    assertCode(1, Math.nextUp(0x1p-10f));
  }

  @Test
  void noNumberStaysNoNumber() {
    for (int code : new int[] {0x7f, 0xff}) {
      assertTrue(Float.isNaN(Scaled.number((byte) code)));
    }
    assertTrue(Float.isNaN(Scaled.number(Scaled.code(Float.NaN))));
  }

  /// Asserts the code of a number, and that of its negative.
  private static void assertCode(int code, float number) {
    assertEquals((byte) code, Scaled.code(number), () -> "of " + number);
    assertEquals((byte) (code | 0x80), Scaled.code(-number), () -> "of " + -number);
  }
}
