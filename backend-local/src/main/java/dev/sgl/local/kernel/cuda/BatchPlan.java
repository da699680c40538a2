package dev.sgl.local.kernel.cuda;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

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
  private static final int PARTS_OF_ROW = 11;
  private static final int ITEM_ROWS = 12;

  /// Positions that sequences must share at least for it to pay that they read them together.
  private static final int WORTH_SHARING = 2 * TILE;

  /// Rows of one sequence, one behind the other.
  ///
  /// @param table where its pages begin among all tables
  private record Run(int first, int end, int table) {
    int rows() {
      return end - first;
    }
  }

  private final Batch batch;
  private final int pageSize;
  private final int group; // heads that share one of the keys
  private final int kvHeads;
  private final int wanted; // items that keep the device busy
  private final Ints integers = new Ints();
  private final Ints tables = new Ints();
  private final Ints itemRows = new Ints();
  private final Ints wide = new Ints();
  private final Ints narrow = new Ints();
  private final @Nullable Ints[]
      partsOf; // of each row: pairs of a part's place and what lies between heads
  private boolean isDecode = true;
  private int partVectors;

  /// @param multiprocessors of the device
  BatchPlan(Batch batch, AttentionShape shape, int pageSize, int multiprocessors) {
    this.batch = batch;
    this.pageSize = pageSize;
    this.group = shape.heads() / shape.kvHeads();
    this.kvHeads = shape.kvHeads();
    this.wanted = multiprocessors * ITEMS_EACH;
    this.partsOf = new Ints[batch.rows()];
    List<Run> decoding = new ArrayList<>();
    for (Run run : runs()) {
      if (run.rows() * group <= NARROW) {
        decoding.add(run);
      } else {
        prompt(run);
      }
    }
    decode(decoding);
    write();
  }

  private List<Run> runs() {
    List<Run> runs = new ArrayList<>();
    for (int row = 0; row < batch.rows(); ) {
      int end = row + 1;
      while (end < batch.rows() && batch.tables()[end] == batch.tables()[row]) {
        end++;
      }
      runs.add(new Run(row, end, tables.add(batch.tables()[row])));
      row = end;
    }
    return runs;
  }

  /// Positions that the last row of a run sees.
  private int seen(Run run) {
    return batch.positions()[run.end() - 1] + 1;
  }

  private static int[] rows(int first, int end) {
    return IntStream.range(first, end).toArray();
  }

  /// Rows of a prompt, as many together as the wide kernel takes.
  private void prompt(Run run) {
    isDecode = false;
    int rows = Math.max(1, WIDE / group);
    for (int last = run.end(); last > run.first(); last -= rows) { // the longest first
      int first = Math.max(run.first(), last - rows);
      range(rows(first, last), 0, batch.positions()[last - 1] + 1, run.table(), 1, true);
    }
  }

  /// Single rows, or few, of many sequences. What several begin with is read once for all of them.
  private void decode(List<Run> runs) {
    Map<Integer, List<Run>> beginnings = new LinkedHashMap<>();
    for (Run run : runs) {
      int page = batch.tables()[run.first()][0];
      beginnings.computeIfAbsent(page, _ -> new ArrayList<>()).add(run);
    }
    Map<Run, Integer> shared = new LinkedHashMap<>();
    long work = 0;
    for (List<Run> together : beginnings.values()) {
      int length = together.size() == 1 ? 0 : common(together);
      if (length >= WORTH_SHARING) {
        share(together, length);
      }
      for (Run run : together) {
        int from = length >= WORTH_SHARING ? length : 0;
        shared.put(run, from);
        work += (long) (seen(run) - from) * kvHeads;
      }
    }
    int split = (int) Math.max(LEAST, work / wanted);
    shared.forEach(
        (run, from) -> {
          int count = Math.max(1, (seen(run) - from + split / 2) / split);
          range(rows(run.first(), run.end()), from, seen(run), run.table(), count, from == 0);
        });
  }

  /// Positions that all of `runs` have in the same pages, and that all their rows see.
  private int common(List<Run> runs) {
    int[] first = batch.tables()[runs.getFirst().first()];
    int pages = Integer.MAX_VALUE;
    for (Run run : runs) {
      int most = Math.min(pages, batch.positions()[run.first()] / pageSize);
      int[] table = batch.tables()[run.first()];
      int differs = Arrays.mismatch(first, 0, Math.min(most, first.length), table, 0, most);
      pages = differs < 0 ? most : differs;
    }
    return pages * pageSize;
  }

  private void share(List<Run> runs, int length) {
    int[] all =
        runs.stream().flatMapToInt(run -> IntStream.range(run.first(), run.end())).toArray();
    int most = Math.max(1, WIDE / group);
    int items = (all.length + most - 1) / most * kvHeads;
    int count = Math.clamp(wanted / 2 / items, 1, Math.max(1, length / WORTH_SHARING));
    for (int first = 0; first < all.length; first += most) {
      int[] rows = Arrays.copyOfRange(all, first, Math.min(all.length, first + most));
      range(rows, 0, length, runs.getFirst().table(), count, false);
    }
  }

  /// Items for some rows against a range of positions, divided into about `count` pieces.
  ///
  /// @param alone whether there are no others for these rows
  private void range(int[] rows, int begin, int end, int table, int count, boolean alone) {
    int vectors = rows.length * group;
    Ints items = vectors > NARROW ? wide : narrow;
    int first = itemRows.add(rows);
    int size = ((end - begin + count - 1) / count + TILE - 1) / TILE * TILE;
    boolean whole = alone && size >= end - begin;
    for (int from = begin; from < end; from += size) {
      for (int head = 0; head < kvHeads; head++) {
        items.add(
            first,
            rows.length,
            head,
            from,
            Math.min(end, from + size),
            table,
            whole ? -1 : partVectors + head * vectors,
            0);
      }
      if (!whole) {
        part(rows, vectors);
      }
    }
  }

  /// Makes room for a part of some rows' results.
  private void part(int[] rows, int vectors) {
    for (int i = 0; i < rows.length; i++) {
      if (partsOf[rows[i]] == null) {
        partsOf[rows[i]] = new Ints();
      }
      partsOf[rows[i]].add(partVectors + i * group, vectors);
    }
    partVectors += vectors * kvHeads;
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
    header[TABLE_OF_ROW] = integers.add(tableOfRow());
    header[ITEM_ROWS] = integers.add(itemRows.array());
    integers.align(4);
    header[WIDE_ITEMS] = integers.add(wide.array());
    header[WIDE_COUNT] = wideItems();
    header[NARROW_ITEMS] = integers.add(narrow.array());
    header[NARROW_COUNT] = narrowItems();
    header[PARTS_OF_ROW] = writeParts();
    integers.set(0, header);
  }

  /// Writes where the parts of each row are listed, and how many they are; behind them, the lists.
  ///
  /// @return where this begins
  private int writeParts() {
    int first = integers.size();
    int list = first + 2 * partsOf.length;
    for (@Nullable Ints parts : partsOf) {
      int count = parts == null ? 0 : parts.size() / 2;
      integers.add(list, count);
      list += 2 * count;
    }
    for (@Nullable Ints parts : partsOf) {
      if (parts != null) {
        integers.add(parts.array());
      }
    }
    return first;
  }

  private int[] tableOfRow() {
    int[] tableOfRow = new int[batch.rows()];
    int table = 0;
    for (int row = 0; row < batch.rows(); row++) {
      if (row > 0 && batch.tables()[row] != batch.tables()[row - 1]) {
        table += batch.tables()[row - 1].length;
      }
      tableOfRow[row] = table;
    }
    return tableOfRow;
  }

  /// Whether no row belongs to a long piece of a prompt.
  boolean isDecode() {
    return isDecode;
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

  /// Query vectors of all parts.
  int partVectors() {
    return partVectors;
  }
}
