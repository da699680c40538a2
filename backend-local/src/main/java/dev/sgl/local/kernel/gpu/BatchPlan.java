package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A batch as the kernels read it: one array of integers, which begins with the places of its
/// parts, and the items into which its attention is divided.
final class BatchPlan {
  /// Query vectors of an item of the wide kernel of all GPUs, and of the narrow one.
  static final int WIDE = 64;

  static final int NARROW = 16;

  /// Query vectors of an item of the kernel for few items.
  static final int FEW = 8;

  /// Positions that a kernel looks at together; where ranges are split is a multiple of it.
  static final int TILE = 64;

  /// Positions of an item of the narrow kernel at least.
  private static final int LEAST = 2 * TILE;

  /// The same where no multiprocessor has more than one item: parts cost as much time as steps.
  private static final int LEAST_OF_FEW = 4 * TILE;

  /// Positions for each multiprocessor up to which it has one item.
  private static final int MOST_OF_FEW = 8 * TILE;

  /// Blocks of a multiprocessor, which take one item after the other.
  static final int BLOCKS_EACH = 3;

  /// Items of the narrow kernels for each multiprocessor that keep it busy. Twice as many were
  /// slower by 15 to 20 µs a layer of 64 sequences: each has to begin.
  private static final int ITEMS_EACH = 4;

  /// The header of the array: counts, and offsets of the parts of the array. Kernels use the same
  /// names.
  private enum Place {
    ROWS,
    SAMPLED_ROWS,
    TOKENS,
    POSITIONS,
    /// The last position that each row sees.
    SEEN,
    /// The text of each row, for shapes that see ahead.
    SEGMENTS,
    SAMPLED,
    TABLES,
    TABLE_OF_ROW,
    WIDE_ITEMS,
    WIDE_COUNT,
    NARROW_ITEMS,
    NARROW_COUNT,
    PARTS_OF_ROW,
    ITEM_ROWS,
    SLOTS
  }

  private static final int HEADER = 16;

  /// The fields of an item in the order in which kernels read them.
  private enum Field {
    /// In the list of rows.
    FIRST_ROW("int firstRow;"),
    ROWS("int rows;"),
    KV_HEAD("int kvHead;"),
    /// Positions.
    BEGIN("int begin;"),
    END("int end;"),
    /// Where its pages begin among all tables.
    TABLE("int table;"),
    /// Where the parts of its vectors go, or -1.
    PART("int part;"),
    /// The last position that its first row sees.
    SEEN("int seen;");

    private final String declared;

    Field(String declared) {
      this.declared = declared;
    }
  }

  private static final Field[] FIELDS = Field.values();

  /// The place of the number of rows among the integers.
  static int rowsAt() {
    return Place.ROWS.ordinal();
  }

  /// The place where it is written where the tokens begin.
  static int tokensAt() {
    return Place.TOKENS.ordinal();
  }

  /// The names by which kernels know the places of a plan, and its sizes.
  ///
  /// @param more names beside them
  static Map<String, String> defines(Map<String, String> more) {
    Map<String, String> defines = new HashMap<>(more);
    for (Place place : Place.values()) {
      defines.put(place.name(), Integer.toString(place.ordinal()));
    }
    String fields = Stream.of(FIELDS).map(f -> f.declared).collect(Collectors.joining());
    defines.put("ITEM_FIELDS", fields);
    defines.put("HEADER", Integer.toString(HEADER));
    defines.put("WIDE_VECTORS", Integer.toString(WIDE));
    defines.put("NARROW_VECTORS", Integer.toString(NARROW));
    defines.put("TILE", Integer.toString(TILE));
    defines.put("BLOCKS_EACH", Integer.toString(BLOCKS_EACH));
    return defines;
  }

  /// The fewest shared positions for which it pays to read them once for several sequences.
  private static final int WORTH_SHARING = 2 * TILE;

  /// How items are made.
  ///
  /// @param wideVectors query vectors of an item of the kernel for many of them
  /// @param wideBlocks items of that kernel that are attended at the same time
  /// @param multiprocessors of the device
  record Items(int wideVectors, int wideBlocks, int multiprocessors) {}

  /// Consecutive rows of one sequence.
  ///
  /// @param table where its pages begin among all tables
  private record Run(int first, int end, int table) {
    int rows() {
      return end - first;
    }
  }

  /// The positions that a run of few rows looks at by itself.
  private record Stretch(Run run, int from, int end) {
    int positions() {
      return end - from;
    }
  }

  private final Batch batch;
  private final boolean seesAhead;
  private final int[] seen; // the last position that each row sees
  private final int pageSize;
  private final int group; // heads that share one of the keys
  private final int kvHeads;
  private final Items making;
  private final Ints integers = new Ints();
  private final Ints tables = new Ints();
  private final Ints itemRows = new Ints();
  private final Ints wide = new Ints();
  private final Ints narrow = new Ints();
  private final @Nullable Ints[]
      partsOf; // of each row: pairs of a part's place and what lies between heads
  private boolean isDecode = true;
  private int narrowVectors;
  private int partVectors;

  BatchPlan(Batch batch, AttentionShape shape, int pageSize, Items making) {
    this.batch = batch;
    this.seesAhead = shape.seesAhead();
    this.seen = batch.lastSeen(shape);
    this.pageSize = pageSize;
    this.group = shape.heads() / shape.kvHeads();
    this.kvHeads = shape.kvHeads();
    this.making = making;
    this.partsOf = new Ints[batch.rows()];
    List<Run> runs = runs();
    prompts(runs.stream().filter(this::isPrompt).toList());
    decode(runs.stream().filter(run -> !isPrompt(run)).toList());
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

  private boolean isPrompt(Run run) {
    return run.rows() * group > NARROW;
  }

  /// Positions that the last row of a run sees.
  private int seen(Run run) {
    return seen[run.end() - 1] + 1;
  }

  private static int[] rows(int first, int end) {
    return IntStream.range(first, end).toArray();
  }

  /// Rows of prompts, as many together as the wide kernel takes. Few of them are divided, so that
  /// there is work for all.
  private void prompts(List<Run> runs) {
    int rows = Math.max(1, making.wideVectors() / group);
    int items = runs.stream().mapToInt(run -> divideUp(run.rows(), rows) * kvHeads).sum();
    for (Run run : runs) {
      isDecode = false;
      for (int last = run.end(); last > run.first(); last -= rows) { // the longest first
        int first = Math.max(run.first(), last - rows);
        int end = seen[last - 1] + 1;
        range(rows(first, last), 0, end, run.table(), wideCount(items, end), true);
      }
    }
  }

  private static int divideUp(int a, int b) {
    return (a + b - 1) / b;
  }

  /// Pieces of the positions of an item of the wide kernel.
  ///
  /// @param items that there are before any is divided
  private int wideCount(int items, int length) {
    return Math.clamp(making.wideBlocks() / items, 1, Math.max(1, length / WORTH_SHARING));
  }

  /// Single rows, or few, of many sequences. A prefix that several sequences share is read once.
  private void decode(List<Run> runs) {
    Map<Integer, List<Run>> beginnings = new LinkedHashMap<>();
    for (Run run : runs) {
      int page = batch.tables()[run.first()][0];
      beginnings.computeIfAbsent(page, _ -> new ArrayList<>()).add(run);
    }
    List<Stretch> stretches = new ArrayList<>();
    for (List<Run> together : beginnings.values()) {
      int length = together.size() == 1 ? 0 : common(together);
      if (length >= WORTH_SHARING) {
        share(together, length);
      }
      for (Run run : together) {
        stretches.add(new Stretch(run, length >= WORTH_SHARING ? length : 0, seen(run)));
      }
    }
    long work = stretches.stream().mapToLong(Stretch::positions).sum() * kvHeads;
    boolean areFew =
        stretches.size() * kvHeads <= making.multiprocessors()
            && work <= (long) MOST_OF_FEW * making.multiprocessors();
    int split =
        areFew
            ? Math.max(LEAST_OF_FEW, divideUp((int) work, making.multiprocessors()))
            : (int) Math.max(LEAST, work / (making.multiprocessors() * ITEMS_EACH));
    for (Stretch s : stretches) {
      int[] rows = rows(s.run().first(), s.run().end());
      int count = Math.max(1, (s.positions() + (areFew ? 0 : split / 2)) / split);
      range(rows, s.from(), s.end(), s.run().table(), count, s.from() == 0);
    }
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
    int most = Math.max(1, making.wideVectors() / group);
    int items = divideUp(all.length, most) * kvHeads;
    int count = wideCount(items, length);
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
    if (vectors <= NARROW) {
      narrowVectors = Math.max(narrowVectors, vectors);
    }
    int first = itemRows.add(rows);
    int size = ((end - begin + count - 1) / count + TILE - 1) / TILE * TILE;
    boolean whole = alone && size >= end - begin;
    for (int from = begin; from < end; from += size) {
      for (int head = 0; head < kvHeads; head++) {
        int[] item = new int[FIELDS.length];
        for (Field field : FIELDS) {
          item[field.ordinal()] =
              switch (field) {
                case FIRST_ROW -> first;
                case ROWS -> rows.length;
                case KV_HEAD -> head;
                case BEGIN -> from;
                case END -> Math.min(end, from + size);
                case TABLE -> table;
                case PART -> whole ? -1 : partVectors + head * vectors;
                case SEEN -> seen[rows[0]];
              };
        }
        items.add(item);
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
    header[Place.NARROW_ITEMS.ordinal()] = integers.add(narrow.array()); // at once behind it
    header[Place.ROWS.ordinal()] = batch.rows();
    header[Place.SAMPLED_ROWS.ordinal()] = batch.sampled().length;
    header[Place.TOKENS.ordinal()] = integers.add(batch.tokens());
    int positions = integers.add(batch.positions());
    header[Place.POSITIONS.ordinal()] = positions;
    header[Place.SEEN.ordinal()] = seesAhead ? integers.add(seen) : positions;
    header[Place.SEGMENTS.ordinal()] = seesAhead ? integers.add(batch.segments()) : 0;
    header[Place.SAMPLED.ordinal()] = integers.add(batch.sampled());
    header[Place.TABLES.ordinal()] = integers.add(tables.array());
    header[Place.TABLE_OF_ROW.ordinal()] = integers.add(tableOfRow());
    header[Place.SLOTS.ordinal()] = integers.add(batch.slots());
    header[Place.ITEM_ROWS.ordinal()] = integers.add(itemRows.array());
    integers.align(4);
    header[Place.WIDE_ITEMS.ordinal()] = integers.add(wide.array());
    header[Place.WIDE_COUNT.ordinal()] = wideItems();
    header[Place.NARROW_COUNT.ordinal()] = narrowItems();
    header[Place.PARTS_OF_ROW.ordinal()] = writeParts();
    integers.set(0, header);
  }

  /// Writes the offset and the count of each row's parts, followed by the parts.
  ///
  /// @return the offset of the first entry
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
    return wide.size() / FIELDS.length;
  }

  int narrowItems() {
    return narrow.size() / FIELDS.length;
  }

  /// Query vectors of an item of the narrow kernels, at most.
  int narrowVectors() {
    return narrowVectors;
  }

  /// Query vectors of all parts.
  int partVectors() {
    return partVectors;
  }
}
