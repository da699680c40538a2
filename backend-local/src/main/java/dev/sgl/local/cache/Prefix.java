package dev.sgl.local.cache;

/// What the cache holds of the beginning of some tokens, at one moment.
public final class Prefix {
  private final Node node;
  private final int length;

  Prefix(Node node, int length) {
    this.node = node;
    this.length = length;
  }

  /// The run in which it ends.
  Node node() {
    return node;
  }

  /// Its length in tokens.
  public int length() {
    return length;
  }

  /// Whether it ends exactly where the published part of `lease` does, with the same tokens.
  public boolean endsWith(Lease lease) {
    return node == lease.node() && length == node.end();
  }

  /// A number that prefixes which end in the same run have in common.
  public int run() {
    return System.identityHashCode(node);
  }
}
