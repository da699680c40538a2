package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.machine.MaskCache;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Texts that a constraint allows, at random.
final class Walks {
  private static final int LONGEST = 120;

  /// A vocabulary of bytes and of an end.
  static final MaskCache BYTES =
      new MaskCache(
          new Vocabulary(
              IntStream.rangeClosed(0, 256)
                  .mapToObj(i -> i == 256 ? new byte[0] : new byte[] {(byte) i})
                  .toArray(byte[][]::new)),
          256);

  private Walks() {}

  /// Takes bytes at random, and after a while the shortest end.
  static String walk(Matcher matcher, SplittableRandom random, JsonNode schema) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    long[] mask = new long[5];
    for (int step = 0; step < LONGEST; step++) {
      matcher.fill(mask);
      List<Integer> allowed = new ArrayList<>();
      for (int token = 0; token <= 256; token++) {
        if ((mask[token >> 6] >>> token & 1) != 0) {
          allowed.add(token);
        }
      }
      assertFalse(allowed.isEmpty(), () -> schema + "\n" + text);
      List<Integer> usual = allowed.stream().filter(Walks::isUsual).toList();
      List<Integer> from = usual.isEmpty() || random.nextInt(20) == 0 ? allowed : usual;
      int next = from.get(random.nextInt(from.size()));
      if (next == 256) {
        return text.toString(StandardCharsets.UTF_8);
      }
      assertTrue(matcher.accept(next), () -> schema + "\n" + text);
      text.write(next);
    }
    for (byte next : matcher.shortestEnd()) {
      assertTrue(matcher.accept(new byte[] {next}), () -> schema + "\n" + text);
      text.write(next);
    }
    assertTrue(matcher.mayEnd(), () -> schema + "\n" + text);
    return text.toString(StandardCharsets.UTF_8);
  }

  /// Not the beginnings of long characters and escapes, of which there are so many.
  private static boolean isUsual(int token) {
    return token == 256 || token > ' ' && token < 127 && token != '\\';
  }
}
