package dev.sgl.constraint;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/// The texts of a model's tokens as bytes, as a trie in one line.
///
/// Node 0 is the root; the nodes below node `i` are those from `i + 1` to `end(i) - 1`, and a
/// node comes before those below it. Tokens with the same bytes share a node. Immutable.
public final class Vocabulary {
  private final byte[][] tokens;
  private final int[] nextSame; // the next token with the same bytes, or -1
  private byte[] label = new byte[1024];
  private int[] depth = new int[1024];
  private int[] end = new int[1024];
  private int[] parent = new int[1024];
  private int[] token = new int[1024]; // the first token that ends at the node, or -1
  private int nodes;
  private final int longest;

  /// @param tokens the bytes of each token by id; empty for tokens that have no text
  public Vocabulary(byte[][] tokens) {
    this.tokens = tokens.clone();
    nextSame = new int[tokens.length];
    longest = Arrays.stream(this.tokens).mapToInt(t -> t.length).max().orElse(0);
    int[] sorted =
        IntStream.range(0, tokens.length)
            .filter(id -> this.tokens[id].length > 0)
            .boxed()
            .sorted(Comparator.comparing(id -> tokens[id], Arrays::compareUnsigned))
            .mapToInt(Integer::intValue)
            .toArray();
    add(0, 0, -1);
    int[] path = new int[longest + 1]; // the nodes above the last one, by depth
    byte[] before = {};
    for (int id : sorted) {
      byte[] bytes = tokens[id];
      int mismatch = Arrays.mismatch(before, bytes);
      int shared = mismatch < 0 ? bytes.length : mismatch;
      for (int i = before.length; i > shared; i--) {
        end[path[i]] = nodes;
      }
      for (int i = shared; i < bytes.length; i++) {
        path[i + 1] = add(bytes[i], i + 1, path[i]);
      }
      int node = path[bytes.length];
      nextSame[id] = token[node];
      token[node] = id;
      before = bytes;
    }
    for (int i = before.length; i >= 0; i--) {
      end[path[i]] = nodes;
    }
  }

  private int add(int value, int at, int above) {
    if (nodes == label.length) {
      label = Arrays.copyOf(label, nodes * 2);
      depth = Arrays.copyOf(depth, nodes * 2);
      end = Arrays.copyOf(end, nodes * 2);
      parent = Arrays.copyOf(parent, nodes * 2);
      token = Arrays.copyOf(token, nodes * 2);
    }
    label[nodes] = (byte) value;
    depth[nodes] = at;
    parent[nodes] = above;
    token[nodes] = -1;
    return nodes++;
  }

  /// How many tokens there are, with or without text.
  public int size() {
    return tokens.length;
  }

  /// The bytes of the longest token.
  public int longest() {
    return longest;
  }

  /// How many words of 64 bits a mask has.
  public int words() {
    return (tokens.length + 63) >>> 6;
  }

  /// The bytes of token `id`; not to be changed.
  public byte[] bytes(int id) {
    return tokens[id];
  }

  /// How many nodes the trie has.
  public int nodes() {
    return nodes;
  }

  /// The last byte on the way to `node`, from 0 to 255.
  public int label(int node) {
    return label[node] & 0xff;
  }

  /// How many bytes lead to `node`.
  public int depth(int node) {
    return depth[node];
  }

  /// The bytes that lead to `node`.
  public byte[] path(int node) {
    byte[] bytes = new byte[depth[node]];
    for (int at = node; at > 0; at = parent[at]) {
      bytes[depth[at] - 1] = label[at];
    }
    return bytes;
  }

  /// The node that `bytes` lead to, or -1 if no token begins with them.
  public int find(byte[] bytes) {
    int node = 0;
    for (byte value : bytes) {
      int child = node + 1;
      while (child < end[node] && label[child] != value) {
        child = end[child];
      }
      if (child >= end[node]) {
        return -1;
      }
      node = child;
    }
    return node;
  }

  /// The first node behind those below `node`.
  public int end(int node) {
    return end[node];
  }

  /// Whether a token ends at `node`.
  public boolean hasToken(int node) {
    return token[node] >= 0;
  }

  /// Sets the bits of the tokens that end at `node`.
  public void mark(int node, long[] mask) {
    for (int id = token[node]; id >= 0; id = nextSame[id]) {
      mask[id >>> 6] |= 1L << id;
    }
  }

  /// Clears the bits of the tokens that end at `node`.
  public void clear(int node, long[] mask) {
    for (int id = token[node]; id >= 0; id = nextSame[id]) {
      mask[id >>> 6] &= ~(1L << id);
    }
  }
}
