package dev.sgl.local.kernel.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import dev.sgl.testing.Property;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The items of a batch: together they look at every position that a row sees once, and what is
/// divided is put together.
class BatchPlanTest {
  private static final int PAGE = 16;

  // places in the header, as `numbers.cuh` has them
  private static final int POSITIONS = 3;
  private static final int SEEN = 4;
  private static final int SEGMENTS = 5;
  private static final int TABLES = 7;
  private static final int WIDE_ITEMS = 9;
  private static final int WIDE_COUNT = 10;
  private static final int NARROW_ITEMS = 11;
  private static final int NARROW_COUNT = 12;
  private static final int PARTS_OF_ROW = 13;
  private static final int ITEM_ROWS = 14;

  @Test
  void everyPositionIsLookedAtOnce() {
    Property.forAll(
        200,
        (random, size) -> {
          int kvHeads = 1 + random.nextInt(4);
          int group = 1 + random.nextInt(8);
          AttentionShape shape =
              new AttentionShape(kvHeads * group, kvHeads, 64, AttentionShape.ALL);
          boolean seesAhead = random.nextInt(3) == 0;
          shape = seesAhead ? shape.seeingAhead() : shape;
          Batch batch = seesAhead ? whole(random) : batch(random, size);
          int multiprocessors = 1 + random.nextInt(132);
          int wide = random.nextBoolean() ? BatchPlan.WIDE : Prompts.VECTORS;
          BatchPlan.Items items = new BatchPlan.Items(wide, 2 * multiprocessors, multiprocessors);
          BatchPlan plan = new BatchPlan(batch, shape, PAGE, items);
          int[] seen = batch.lastSeen(shape);
          check(plan.integers(), batch, seen, kvHeads, group, plan.partVectors(), wide);
          if (seesAhead) {
            int at = plan.integers()[SEGMENTS];
            int[] segments = Arrays.copyOfRange(plan.integers(), at, at + batch.rows());
            assertArrayEquals(batch.segments(), segments);
          }
        });
  }

  /// Whole texts of two parts.
  private static Batch whole(SplittableRandom random) {
    int[] lengths = random.ints(1 + random.nextInt(6), 1, 300).toArray();
    int rows = IntStream.of(lengths).sum();
    int[] positions = new int[rows];
    int[] segments = new int[rows];
    int[][] tables = new int[rows][];
    int row = 0;
    for (int length : lengths) {
      int[] table = random.ints(length / PAGE + 1, 0, 1000).toArray();
      for (int i = 0; i < length; i++) {
        positions[row] = i;
        segments[row] = 2 * i / length;
        tables[row++] = table;
      }
    }
    return new Batch(new int[rows], positions, tables, new int[rows], segments, new int[0]);
  }

  private static Batch batch(SplittableRandom random, int size) {
    int[][] tables = new int[0][];
    int[] positions = {};
    int sequences = 1 + random.nextInt(6);
    for (int s = 0; s < sequences; s++) {
      int at = positions.length;
      int rows = random.nextInt(3) == 0 ? 1 + random.nextInt(200) : 1;
      int first = random.nextInt(1 + size * 30);
      int[] table = random.ints((first + rows) / PAGE + 1, 0, 1000).toArray();
      if (at > 0 && random.nextBoolean()) { // it begins as another does
        int[] other = tables[random.nextInt(at)];
        int same = Math.min(random.nextInt(other.length + 1), (first + rows - 1) / PAGE);
        System.arraycopy(other, 0, table, 0, Math.min(same, table.length));
      }
      positions = Arrays.copyOf(positions, at + rows);
      tables = Arrays.copyOf(tables, at + rows);
      for (int i = 0; i < rows; i++) {
        positions[at + i] = first + i;
        tables[at + i] = table;
      }
    }
    return new Batch(new int[positions.length], positions, tables, new int[0]);
  }

  private static void check(
      int[] plan, Batch batch, int[] last, int kvHeads, int group, int partVectors, int wide) {
    int[][][] seen = new int[batch.rows()][kvHeads][];
    for (int row = 0; row < batch.rows(); row++) {
      assertEquals(batch.positions()[row], plan[plan[POSITIONS] + row]);
      assertEquals(last[row], plan[plan[SEEN] + row]);
      for (int head = 0; head < kvHeads; head++) {
        seen[row][head] = new int[last[row] + 1];
      }
    }
    boolean[] merged = merged(plan, batch.rows());
    int[] parts = new int[partVectors];
    items(plan, WIDE_ITEMS, WIDE_COUNT, wide, batch, group, seen, merged, parts);
    items(plan, NARROW_ITEMS, NARROW_COUNT, BatchPlan.NARROW, batch, group, seen, merged, parts);
    for (int row = 0; row < batch.rows(); row++) {
      for (int head = 0; head < kvHeads; head++) {
        assertTrue(IntStream.of(seen[row][head]).allMatch(times -> times == 1), "row " + row);
      }
    }
    assertTrue(IntStream.of(parts).allMatch(times -> times == 1), "parts are written once");
    int[] listed = new int[partVectors];
    for (int row = 0; row < batch.rows(); row++) {
      int own = plan[PARTS_OF_ROW] + 2 * row;
      for (int c = 0; c < plan[own + 1]; c++) {
        for (int v = 0; v < kvHeads * group; v++) {
          int list = plan[own] + 2 * c;
          listed[plan[list] + v / group * plan[list + 1] + v % group]++;
        }
      }
    }
    assertTrue(IntStream.of(listed).allMatch(times -> times == 1), "parts are read once");
  }

  /// Which rows are put together from parts.
  private static boolean[] merged(int[] plan, int rows) {
    boolean[] merged = new boolean[rows];
    for (int row = 0; row < rows; row++) {
      merged[row] = plan[plan[PARTS_OF_ROW] + 2 * row + 1] > 0;
    }
    return merged;
  }

  private static void items(
      int[] plan,
      int items,
      int count,
      int most,
      Batch batch,
      int group,
      int[][][] seen,
      boolean[] merged,
      int[] parts) {
    for (int i = 0; i < plan[count]; i++) {
      int at = plan[items] + 8 * i;
      int rows = plan[at + 1];
      assertTrue(rows * group <= most || rows == 1, rows + " rows");
      for (int r = 0; r < rows; r++) {
        int row = plan[plan[ITEM_ROWS] + plan[at] + r];
        int end = Math.min(plan[at + 4], seen[row][0].length);
        for (int p = plan[at + 3]; p < end; p++) {
          int page = plan[plan[TABLES] + plan[at + 5] + p / PAGE];
          assertEquals(batch.tables()[row][p / PAGE], page);
          seen[row][plan[at + 2]][p]++;
        }
        assertEquals(merged[row], plan[at + 6] >= 0, "who writes parts has them put together");
        for (int v = 0; v < group && plan[at + 6] >= 0; v++) {
          parts[plan[at + 6] + r * group + v]++;
        }
      }
    }
  }
}
