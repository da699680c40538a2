package dev.sgl.bench;

import java.util.HashMap;
import java.util.Map;

/// Counts the tokens of prompts that somebody had to compute, if every beginning is computed once:
/// the best that any cache can do. A trie of tokens; one that a model generated was not a prompt's.
final class Distinct {
  private final Map<Integer, Distinct> next = new HashMap<>();

  /// Adds a prompt and returns how many of its tokens were new; at least one, because the
  /// logits of a prompt's last row are needed.
  static int prompt(Distinct root, int[] tokens) {
    return Math.max(1, add(root, tokens));
  }

  /// Adds tokens and returns how many were new.
  static int add(Distinct root, int[] tokens) {
    Distinct node = root;
    int fresh = 0;
    for (int token : tokens) {
      Distinct child = node.next.get(token);
      if (child == null) {
        child = new Distinct();
        node.next.put(token, child);
        fresh++;
      }
      node = child;
    }
    return fresh;
  }
}
