package dev.sgl.local.cache;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.IntConsumer;

/// All token sequences whose keys and values are kept, as a radix tree: sequences share the nodes
/// of their common prefix (Zheng et al., "SGLang: Efficient Execution of
/// Structured Language Model Programs", 2024, section 3).
///
/// Unlike in the paper, runs end at any token, not only at multiples of the page size. A run in use
/// is locked together with its ancestors. Other runs are evicted when pages are needed, from the
/// end of the least recently used run (LRU). Each namespace has its own tree.
final class RadixTree {
  private final int pageSize;
  private final Map<String, Node> roots = new HashMap<>();
  // unlocked leaves; no two were used last at the same time, because one use has one leaf at most
  private final TreeSet<Node> evictable = new TreeSet<>(Comparator.comparingLong(Node::used));
  private int ownedPages;
  private int evictablePages; // of all unlocked runs
  private long clock;

  RadixTree(int pageSize) {
    this.pageSize = pageSize;
  }

  int ownedPages() {
    return ownedPages;
  }

  int evictablePages() {
    return evictablePages;
  }

  Iterable<Node> roots() {
    return roots.values();
  }

  /// The root of a namespace; a new, empty root if the namespace is not in use yet.
  Node find(String namespace) {
    Node root = roots.get(namespace);
    return root == null ? Node.root(namespace, pageSize) : root;
  }

  /// The longest prefix of the first `limit` tokens in the tree below `from`, whose tokens are a
  /// prefix of `tokens`, too.
  Prefix match(Node from, int[] tokens, int limit) {
    Node node = from;
    while (node.end() < limit) {
      Node child = node.children().get(tokens[node.end()]);
      if (child == null) {
        break;
      }
      int common = child.common(tokens, limit);
      if (common < child.tokens().length) {
        return new Prefix(child, child.start() + common);
      }
      node = child;
    }
    return new Prefix(node, node.end());
  }

  /// The run that ends where `prefix` ends. A run that is longer than `prefix` is split.
  Node at(Prefix prefix) {
    Node node = prefix.node();
    if (node.isRoot()) {
      return roots.computeIfAbsent(node.namespace(), _ -> node);
    }
    return prefix.length() < node.end() ? node.split(prefix.length()) : node;
  }

  /// Adds the tokens from the end of `node` up to `end` below it, where no run begins as they do.
  ///
  /// @param pages that hold them, from the first page that does
  /// @param borrows whether the first of these pages belongs to an ancestor
  Node add(Node node, int[] run, int[] pages, boolean borrows) {
    if (node.isLeaf() && !node.isLocked() && !node.isRoot()) {
      evictable.remove(node);
    }
    Node child = node.add(run, pages, borrows);
    ownedPages += child.ownedPages();
    evictablePages += child.ownedPages();
    child.lock(0, ++clock);
    evictable.add(child);
    return child;
  }

  /// Keeps `node` and all above it from being evicted.
  void lock(Node node) {
    clock++;
    for (Node n = node; ; n = n.parent()) {
      if (!n.isLocked()) {
        evictablePages -= n.ownedPages();
        if (n.isLeaf() && !n.isRoot()) {
          evictable.remove(n);
        }
      }
      n.lock(1, clock);
      if (n.isRoot()) {
        return;
      }
    }
  }

  void unlock(Node node) {
    clock++;
    for (Node n = node; ; n = n.parent()) {
      n.lock(-1, clock);
      if (!n.isLocked()) {
        evictablePages += n.ownedPages();
        if (n.isLeaf() && !n.isRoot()) {
          evictable.add(n);
        }
      }
      if (n.isRoot()) {
        forget(n);
        return;
      }
    }
  }

  /// How many pages a lock of `prefix` would keep from being evicted.
  int unlockedPages(Prefix prefix) {
    int pages = 0;
    for (Node n = prefix.node(); !n.isLocked() && !n.isRoot(); n = n.parent()) {
      pages += n.ownedPages(Math.min(n.end(), prefix.length()));
    }
    return pages;
  }

  /// Gives up the end of the run that was used longest ago.
  ///
  /// @param most pages that are needed
  /// @return how many pages were freed; none, if all of the run lay in a borrowed page
  int evict(int most, IntConsumer freed) {
    Node oldest = evictable.first();
    int keptPages = (oldest.end() + pageSize - 1) / pageSize - most;
    int keptTokens = keptPages * pageSize;
    int[] pages;
    if (keptTokens > oldest.start()) {
      pages = oldest.cut(keptTokens);
    } else {
      evictable.remove(oldest);
      pages = oldest.remove();
      Node parent = oldest.parent();
      if (parent.isRoot()) {
        forget(parent);
      } else if (parent.isLeaf() && !parent.isLocked()) {
        evictable.add(parent);
      }
    }
    for (int page : pages) {
      freed.accept(page);
    }
    ownedPages -= pages.length;
    evictablePages -= pages.length;
    return pages.length;
  }

  boolean canEvict() {
    return !evictable.isEmpty();
  }

  /// A namespace that holds nothing is as good as none.
  private void forget(Node root) {
    if (root.isLeaf() && !root.isLocked()) {
      roots.remove(root.namespace(), root);
    }
  }

  /// The oldest leaves are exactly the unlocked ones, and the pages add up.
  void checkInvariants() {
    int[] counts = new int[3]; // owned pages, evictable pages, evictable leaves
    roots.values().forEach(root -> check(root, counts));
    if (counts[0] != ownedPages || counts[1] != evictablePages || counts[2] != evictable.size()) {
      throw new AssertionError(
          "the tree has %d pages, %d evictable, and %d evictable leaves, but counts %d, %d and %d"
              .formatted(
                  counts[0], counts[1], counts[2], ownedPages, evictablePages, evictable.size()));
    }
  }

  private void check(Node node, int[] counts) {
    if (!node.isRoot()) {
      int first = node.start() / pageSize;
      int end = (node.end() + pageSize - 1) / pageSize;
      boolean ownsFirst = !node.borrows() || node.start() % pageSize != 0;
      if (node.tokens().length == 0
          || node.pages().length != end - first
          || !ownsFirst
          || node.parent().children().get(node.tokens()[0]) != node) {
        throw new AssertionError("a run from " + node.start() + " to " + node.end());
      }
      counts[0] += node.ownedPages();
      if (!node.isLocked()) {
        counts[1] += node.ownedPages();
        if (node.isLeaf()) {
          counts[2]++;
        }
      }
    }
    int below = node.children().values().stream().mapToInt(Node::locks).sum();
    if (node.locks() < below) {
      throw new AssertionError(below + " locks below a run that has " + node.locks());
    }
    node.children().values().forEach(child -> check(child, counts));
  }
}
