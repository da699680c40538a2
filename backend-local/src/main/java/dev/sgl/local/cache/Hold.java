package dev.sgl.local.cache;

import java.util.Arrays;

/// A pinned token sequence: its keys and values are kept once a sequence has computed them. The
/// branches of a fork pin the conversation before the fork.
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

  /// Whether the first `length` of `all` tokens begin with the held prefix.
  public boolean begins(String namespace, int[] all, int length) {
    return node.namespace().equals(namespace)
        && length >= tokens.length
        && Arrays.equals(tokens, 0, tokens.length, all, 0, tokens.length);
  }

  void moveTo(Node to) {
    node = to;
  }
}
