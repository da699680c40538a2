package dev.sgl.local.cache;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// A run of tokens in the radix tree: those at the positions `start` to `end - 1` of every sequence
/// that came this way, and the pages that hold their keys and values.
///
/// Pages lie at multiples of the page size, runs begin and end anywhere. So the first page of a run
/// may also hold the end of the run before it. Then it is either a copy of its own, or the very
/// page of an ancestor, which the run *borrows*: an ancestor outlives it.
final class Node {
  private static final int[] NONE = {};

  private final String namespace;
  private final int pageSize;
  private Node parent;
  private int start;
  private int[] tokens;
  private int[] pages; // of the positions from start / pageSize · pageSize on
  private boolean borrows; // the first page is an ancestor's
  private final Map<Integer, Node> children = new HashMap<>(); // by their first token
  private int locks; // leases and holds here and below
  private long used; // when it was last locked or unlocked, by the tree's clock
  private boolean removed;

  private Node(
      String namespace, int pageSize, int start, int[] tokens, int[] pages, boolean borrows) {
    this.namespace = namespace;
    this.pageSize = pageSize;
    this.parent = this;
    this.start = start;
    this.tokens = tokens;
    this.pages = pages;
    this.borrows = borrows;
  }

  static Node root(String namespace, int pageSize) {
    return new Node(namespace, pageSize, 0, NONE, NONE, false);
  }

  /// Adds a run below this one.
  Node add(int[] run, int[] itsPages, boolean itBorrows) {
    Node child = new Node(namespace, pageSize, end(), run, itsPages, itBorrows);
    child.parent = this;
    children.put(run[0], child);
    return child;
  }

  /// Splits the run at the position `at`. This node keeps the tokens from `at` on. The new parent
  /// with the tokens before `at` is returned.
  Node split(int at) {
    int firstPage = start / pageSize;
    Node upper =
        new Node(
            namespace,
            pageSize,
            start,
            Arrays.copyOf(tokens, at - start),
            Arrays.copyOf(pages, pagesUpTo(at) - firstPage),
            borrows);
    upper.parent = parent;
    upper.locks = locks;
    upper.used = used;
    upper.children.put(tokens[at - start], this);
    parent.children.put(tokens[0], upper);
    tokens = Arrays.copyOfRange(tokens, at - start, tokens.length);
    pages = Arrays.copyOfRange(pages, at / pageSize - firstPage, pages.length);
    borrows = at % pageSize != 0;
    parent = upper;
    start = at;
    return upper;
  }

  /// Forgets the tokens from the position `at` on, and returns the pages that are free then.
  int[] cut(int at) {
    int kept = pagesUpTo(at) - start / pageSize;
    int[] freed = Arrays.copyOfRange(pages, kept, pages.length);
    tokens = Arrays.copyOf(tokens, at - start);
    pages = Arrays.copyOf(pages, kept);
    return freed;
  }

  /// Takes the run out of the tree, and returns the pages that are free then.
  int[] remove() {
    parent.children.remove(tokens[0]);
    removed = true;
    return Arrays.copyOfRange(pages, borrows ? 1 : 0, pages.length);
  }

  private int pagesUpTo(int position) {
    return (position + pageSize - 1) / pageSize;
  }

  /// How many tokens of this run `other` has too, of its first `limit`.
  int common(int[] other, int limit) {
    int most = Math.min(tokens.length, limit - start);
    int at = Arrays.mismatch(tokens, 0, most, other, start, start + most);
    return at < 0 ? most : at;
  }

  String namespace() {
    return namespace;
  }

  boolean isRoot() {
    return parent == this;
  }

  boolean isLeaf() {
    return children.isEmpty();
  }

  boolean isRemoved() {
    return removed;
  }

  boolean isLocked() {
    return locks > 0;
  }

  Node parent() {
    return parent;
  }

  Map<Integer, Node> children() {
    return children;
  }

  int start() {
    return start;
  }

  int end() {
    return start + tokens.length;
  }

  int[] tokens() {
    return tokens;
  }

  int[] pages() {
    return pages;
  }

  boolean borrows() {
    return borrows;
  }

  int locks() {
    return locks;
  }

  /// Adds to the locks, or takes away.
  void lock(int more, long now) {
    locks += more;
    used = now;
  }

  long used() {
    return used;
  }

  /// How many pages would be free without this run.
  int ownedPages() {
    return ownedPages(end());
  }

  /// How many of the owned pages hold tokens before the position `end`.
  int ownedPages(int end) {
    return pagesUpTo(end) - start / pageSize - (borrows ? 1 : 0);
  }
}
