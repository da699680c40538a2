package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.Batch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Sequences that grow, some of which begin as the first does.
final class Sequences {
  static final int COUNT = 5;

  /// Tokens of a page, and pages of all of them.
  static final int PAGE = 16;

  static final int PAGES = 120;

  private final SplittableRandom random;
  private final int[][] tables = new int[COUNT][];
  private final int[] done = new int[COUNT];
  private boolean begun;

  /// @param shares whether they begin alike, with the same pages
  Sequences(SplittableRandom random, boolean shares) {
    this.random = random;
    this.begun = !shares;
    List<Integer> pages = new ArrayList<>(IntStream.range(0, PAGES).boxed().toList());
    Collections.shuffle(pages, new java.util.Random(random.nextLong()));
    int each = PAGES / COUNT;
    for (int s = 0; s < COUNT; s++) {
      tables[s] = pages.subList(s * each, (s + 1) * each).stream().mapToInt(i -> i).toArray();
    }
  }

  Batch next() {
    List<Integer> positions = new ArrayList<>();
    List<int[]> pages = new ArrayList<>();
    List<Integer> slots = new ArrayList<>();
    int kind = random.nextInt(3); // single tokens only, some together, or everything
    for (int s = 0; s < COUNT; s++) {
      int room = tables[s].length * PAGE - done[s];
      int rows = Math.min(room, begun ? rows(kind) : s == 0 ? 1 + random.nextInt(300) : 0);
      for (int i = 0; i < rows; i++) {
        positions.add(done[s] + i);
        pages.add(tables[s]);
        slots.add(s);
      }
      done[s] += rows;
    }
    if (positions.isEmpty()) {
      return next();
    }
    if (!begun) {
      begun = true;
      share();
    }
    int[] all = positions.stream().mapToInt(i -> i).toArray();
    return new Batch(
        new int[all.length],
        all,
        pages.toArray(int[][]::new),
        slots.stream().mapToInt(i -> i).toArray(),
        new int[0]);
  }

  private int rows(int kind) {
    return switch (kind) {
      case 0 -> 1;
      case 1 -> random.nextInt(4);
      default -> random.nextInt(3) == 0 ? random.nextInt(90) : random.nextInt(2);
    };
  }

  /// The others begin with whole pages of the first.
  private void share() {
    for (int s = 1; s < COUNT; s++) {
      int whole = random.nextBoolean() ? 0 : done[0] / PAGE;
      System.arraycopy(tables[0], 0, tables[s], 0, whole);
      done[s] = whole * PAGE;
    }
  }
}
