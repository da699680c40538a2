package dev.sgl.local.kernel.cuda;

import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Kernels.AttentionShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A batch as the kernels read it: one array of integers, which begins with the places of its parts
/// (the enumeration in `numbers.cuh`), and the items into which its attention is divided.
final class BatchPlan {
  /// Query vectors of an item of the wide kernel, and of the narrow one.
  static final int WIDE = 64;

  static final int NARROW = 16;

  /// Positions that a kernel looks at together; where ranges are split is a multiple of it.
  private static final int TILE = 64;

  /// Positions of an item of the narrow kernel at least.
  private static final int LEAST = 2 * TILE;

  /// Items for each multiprocessor that keep it busy.
  private static final int ITEMS_EACH = 4;

  private static final int HEADER = 16;

  // places in the header
  private static final int ROWS = 0;
  private static final int SAMPLED_ROWS = 1;
  private static final int TOKENS = 2;
  private static final int POSITIONS = 3;
  private static final int SAMPLED = 4;
  private static final int TABLES = 5;
  private static final int TABLE_OF_ROW = 6;
  private static final int WIDE_ITEMS = 7;
  private static final int WIDE_COUNT = 8;
  private static final int NARROW_ITEMS = 9;
  private static final int NARROW_COUNT = 10;
  private static final int MERGES = 11;
  private static final int MERGE_COUNT = 12;
  private static final int ITEM_ROWS = 13;

  /// Rows of one sequence, one behind the other.
  private record Run(int first, int end, int table) {
    int rows() {
      return end - first;
    }
  }

  private final Batch batch;
  private final int group; // heads that share one of the keys
  private final int kvHeads;
  private final Ints integers = new Ints();
  private final Ints tables = new Ints();
  private final List<Run> runs = new ArrayList<>();
  private final Ints wide = new Ints();
  private final Ints narrow = new Ints();
  private final Ints merges = new Ints();
  private final Ints parts = new Ints(); // lists of parts that are put together
  private int partVectors;

  /// @param multiprocessors of the device
  BatchPlan(Batch batch, AttentionShape shape, int multiprocessors) {
    this.batch = batch;
    this.group = shape.heads() / shape.kvHeads();
    this.kvHeads = shape.kvHeads();
    findRuns();
    int split = split(multiprocessors);
    for (Run run : runs) {
      if (run.rows() * group <= NARROW) {
        narrow(run, split);
      } else {
        wide(run);
      }
    }
    write();
  }

  private void findRuns() {
    for (int row = 0; row < batch.rows(); ) {
      int end = row + 1;
      while (end < batch.rows() && batch.tables()[end] == batch.tables()[row]) {
        end++;
      }
      runs.add(new Run(row, end, tables.add(batch.tables()[row])));
      row = end;
    }
  }

  /// Positions of an item of the narrow kernel, so that there are enough items for the device.
  private int split(int multiprocessors) {
    long work = 0;
    for (Run run : runs) {
      if (run.rows() * group <= NARROW) {
        work += (long) seen(run) * kvHeads;
      }
    }
    long each = work / ((long) multiprocessors * ITEMS_EACH);
    return (int) Math.max(LEAST, (each + TILE - 1) / TILE * TILE);
  }

  /// Positions that the last row of a run sees.
  private int seen(Run run) {
    return batch.positions()[run.end() - 1] + 1;
  }

  private void narrow(Run run, int split) {
    int seen = seen(run);
    int count = Math.max(1, (seen + split / 2) / split);
    int size = ((seen + count - 1) / count + TILE - 1) / TILE * TILE;
    count = (seen + size - 1) / size;
    int vectors = run.rows() * group;
    int first = partVectors;
    for (int part = 0; part < count; part++) {
      for (int head = 0; head < kvHeads; head++) {
        int place = count == 1 ? -1 : partVectors + head * vectors;
        narrow.add(
            run.first(),
            run.rows(),
            head,
            part * size,
            Math.min(seen, (part + 1) * size),
            run.table(),
            place,
            0);
      }
      partVectors += count == 1 ? 0 : vectors * kvHeads;
    }
    if (count > 1) {
      for (int row = run.first(); row < run.end(); row++) {
        merges.add(row, parts.size(), count, 0);
        for (int part = 0; part < count; part++) {
          parts.add(first + part * vectors * kvHeads + (row - run.first()) * group, vectors);
        }
      }
    }
  }

  private void wide(Run run) {
    int rows = Math.max(1, WIDE / group);
    for (int last = run.end(); last > run.first(); last -= rows) { // the longest first
      int first = Math.max(run.first(), last - rows);
      int end = batch.positions()[last - 1] + 1;
      for (int head = 0; head < kvHeads; head++) {
        wide.add(first, last - first, head, 0, end, run.table(), -1, 0);
      }
    }
  }

  private void write() {
    int[] header = new int[HEADER];
    integers.add(header);
    header[ROWS] = batch.rows();
    header[SAMPLED_ROWS] = batch.sampled().length;
    header[TOKENS] = integers.add(batch.tokens());
    header[POSITIONS] = integers.add(batch.positions());
    header[SAMPLED] = integers.add(batch.sampled());
    header[TABLES] = integers.add(tables.array());
    int[] tableOfRow = new int[batch.rows()];
    runs.forEach(run -> Arrays.fill(tableOfRow, run.first(), run.end(), run.table()));
    header[TABLE_OF_ROW] = integers.add(tableOfRow);
    int[] itemRows = new int[batch.rows()];
    Arrays.setAll(itemRows, i -> i);
    header[ITEM_ROWS] = integers.add(itemRows);
    integers.align(4);
    header[WIDE_ITEMS] = integers.add(wide.array());
    header[WIDE_COUNT] = wide.size() / 8;
    header[NARROW_ITEMS] = integers.add(narrow.array());
    header[NARROW_COUNT] = narrow.size() / 8;
    int[] merged = merges.array();
    for (int i = 1; i < merged.length; i += 4) {
      merged[i] += merged.length; // the lists stand behind
    }
    header[MERGES] = integers.add(merged);
    integers.add(parts.array());
    header[MERGE_COUNT] = merged.length / 4;
    integers.set(0, header);
  }

  /// The integers, ready to be copied to the device.
  int[] integers() {
    return integers.array();
  }

  /// Items of the wide kernel.
  int wideItems() {
    return wide.size() / 8;
  }

  int narrowItems() {
    return narrow.size() / 8;
  }

  /// Rows whose parts are put together.
  int merges() {
    return merges.size() / 4;
  }

  /// Query vectors of all parts.
  int partVectors() {
    return partVectors;
  }
}
