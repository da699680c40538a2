package dev.sgl.local.tokens.bpe;

import java.util.HashMap;
import java.util.Map;

/// The tokens that are found in a text before it is cut, such as `<|im_end|>`: a trie of their
/// characters. At each place the longest token counts.
final class AddedTokens {
  /// There is no token.
  static final long NONE = -1;

  /// There is a token that this encoder does not know to cut out.
  static final long ODD = -2;

  private final Node root = new Node();
  private final boolean[] first = new boolean[Character.MAX_VALUE + 1];

  private static final class Node {
    final Map<Character, Node> next = new HashMap<>();
    long token = NONE;
  }

  /// Adds a token.
  ///
  /// @param id [#ODD] if a text with it is not to be encoded
  void add(String content, long id) {
    if (content.isEmpty()) {
      return;
    }
    first[content.charAt(0)] = true;
    Node node = root;
    for (int i = 0; i < content.length(); i++) {
      node = node.next.computeIfAbsent(content.charAt(i), _ -> new Node());
    }
    node.token = id;
  }

  /// The token that begins at `at`: its end in the upper 32 bits, its id in the lower ones; or
  /// [#NONE] or [#ODD].
  long find(char[] text, int at, int to) {
    if (!first[text[at]]) {
      return NONE;
    }
    long found = NONE;
    Node node = root;
    for (int i = at; i < to; i++) {
      node = node.next.get(text[i]);
      if (node == null) {
        break;
      }
      if (node.token == ODD) {
        return ODD;
      }
      if (node.token != NONE) {
        found = (long) (i + 1) << 32 | node.token;
      }
    }
    return found;
  }

  /// Whether a part of a text has an odd token.
  boolean hasOdd(char[] text) {
    for (int i = 0; i < text.length; i++) {
      if (find(text, i, text.length) == ODD) {
        return true;
      }
    }
    return false;
  }
}
