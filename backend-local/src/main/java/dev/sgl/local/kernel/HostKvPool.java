package dev.sgl.local.kernel;

/// Keys and values in the memory of the virtual machine, in single precision. A page's memory is
/// taken when it is first written.
public final class HostKvPool implements KvPool {
  private final int layers;
  private final int pages;
  private final int pageSize;
  private final int width;
  private final float[][] keys; // [layer * pages + page][pageSize * width]
  private final float[][] values;

  /// @param pages number of pages
  /// @param pageSize tokens of a page
  /// @param width kvHeads × headDim, the numbers of one token's keys in one layer
  public HostKvPool(int layers, int pages, int pageSize, int width) {
    this.layers = layers;
    this.pages = pages;
    this.pageSize = pageSize;
    this.width = width;
    this.keys = new float[Math.multiplyExact(layers, pages)][];
    this.values = new float[layers * pages][];
  }

  /// Bytes that the keys and values of a token take.
  public static long bytesPerToken(int layers, int width) {
    return 2L * layers * width * Float.BYTES;
  }

  @Override
  public int pages() {
    return pages;
  }

  @Override
  public int pageSize() {
    return pageSize;
  }

  /// kvHeads × headDim.
  public int width() {
    return width;
  }

  @Override
  public void prepare(int page) {
    for (int layer = 0; layer < layers; layer++) {
      int at = layer * pages + page;
      if (keys[at] == null) {
        keys[at] = new float[pageSize * width];
        values[at] = new float[pageSize * width];
      }
    }
  }

  @Override
  public void copy(int from, int to, int tokens) {
    for (int layer = 0; layer < layers; layer++) {
      for (int at = 0; at < width * pageSize; at += pageSize) {
        System.arraycopy(keys(layer, from), at, keys(layer, to), at, tokens);
      }
      System.arraycopy(values(layer, from), 0, values(layer, to), 0, tokens * width);
    }
  }

  /// The keys of a page, `[kvHeads, headDim, pageSize]`: position beside position.
  public float[] keys(int layer, int page) {
    return keys[layer * pages + page];
  }

  /// The values of a page, `[pageSize, kvHeads, headDim]`.
  public float[] values(int layer, int page) {
    return values[layer * pages + page];
  }
}
