package dev.sgl.local.kernel.host;

import dev.sgl.local.kernel.Cell;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.KvPool;
import java.util.List;

/// Keys, values and states in the memory of the virtual machine, in single precision. The memory of
/// a page is taken when it is first written.
public final class HostKvPool implements KvPool {
  private final List<Cell> cells;
  private final int pages;
  private final int pageSize;
  private final float[][] keys; // [cell * pages + page][pageSize * width]
  private final float[][] values;
  private final int slots;
  private final float[][] states; // [state * slots + slot][length]

  /// @param pages number of pages
  /// @param pageSize tokens of a page
  /// @param slots for states
  public HostKvPool(Kept kept, int pages, int pageSize, int slots) {
    this.cells = kept.cells();
    this.pages = pages;
    this.pageSize = pageSize;
    this.keys = new float[Math.multiplyExact(cells.size(), pages)][];
    this.values = new float[cells.size() * pages][];
    this.slots = kept.states().isEmpty() ? 0 : slots;
    this.states = new float[Math.multiplyExact(kept.states().size(), this.slots)][];
    for (int at = 0; at < states.length; at++) {
      states[at] = new float[kept.states().get(at / this.slots).length()];
    }
  }

  @Override
  public int pages() {
    return pages;
  }

  @Override
  public int pageSize() {
    return pageSize;
  }

  @Override
  public int slots() {
    return slots;
  }

  /// Numbers of a token's keys in a cell.
  public int width(int cell) {
    return cells.get(cell).width();
  }

  @Override
  public void prepare(int page) {
    for (int cell = 0; cell < cells.size(); cell++) {
      int at = cell * pages + page;
      if (keys[at] == null) {
        keys[at] = new float[pageSize * width(cell)];
        values[at] = new float[pageSize * width(cell)];
      }
    }
  }

  @Override
  public void copy(int from, int to, int tokens) {
    for (int cell = 0; cell < cells.size(); cell++) {
      int width = width(cell);
      for (int at = 0; at < width * pageSize; at += pageSize) {
        System.arraycopy(keys(cell, from), at, keys(cell, to), at, tokens);
      }
      System.arraycopy(values(cell, from), 0, values(cell, to), 0, tokens * width);
    }
  }

  /// The state of the sequence in a slot.
  ///
  /// @param state its number among those that layers keep
  float[] state(int state, int slot) {
    return states[state * slots + slot];
  }

  /// The keys of a page, `[kvHeads, headDim, pageSize]`: position beside position.
  public float[] keys(int cell, int page) {
    return keys[cell * pages + page];
  }

  /// The values of a page, `[pageSize, kvHeads, headDim]`.
  public float[] values(int cell, int page) {
    return values[cell * pages + page];
  }
}
