package dev.sgl.local.cache;

/// Tokens whose keys and values are kept as soon as somebody has computed them, such as those of
/// the conversation from which the branches of a fork go on.
public final class Hold {
  private final int[] tokens;
  private Node node; // locked

  Hold(int[] tokens, Node node) {
    this.tokens = tokens;
    this.node = node;
  }

  int[] tokens() {
    return tokens;
  }

  Node node() {
    return node;
  }

  void moveTo(Node to) {
    node = to;
  }
}
