package dev.sgl.local.cache;

import java.util.Arrays;

/// The pages of one running sequence: those of the tokens that are in the tree, found there or put
/// there by the sequence, and after them its own. And the slot of its states.
public final class Lease {
  /// The slot of all sequences of a model that keeps no states.
  static final int ANY_SLOT = 0;

  private Node node; // the tokens up to its end are in the tree, and locked
  private int[] pages;
  private int firstOwned;
  private final int slot;

  /// @param slot [#ANY_SLOT] if the model keeps no states
  Lease(Node node, int[] pages, int firstOwned, int slot) {
    this.node = node;
    this.pages = pages;
    this.firstOwned = firstOwned;
    this.slot = slot;
  }

  /// The slot of its states; [#ANY_SLOT] if the model keeps no states.
  public int slot() {
    return slot;
  }

  /// The page table: position `p` is in the page `pages()[p / pageSize]`.
  public int[] pages() {
    return pages;
  }

  /// Tokens that are in the tree.
  public int published() {
    return node.end();
  }

  Node node() {
    return node;
  }

  /// The first entry of the page table that belongs to the sequence and not to the tree.
  int firstOwned() {
    return firstOwned;
  }

  int ownedPages() {
    return pages.length - firstOwned;
  }

  /// Appends a page of its own.
  void add(int page) {
    pages = Arrays.copyOf(pages, pages.length + 1);
    pages[pages.length - 1] = page;
  }

  /// The tokens up to the end of `to` are in the tree from now on.
  void moveTo(Node to, int owned) {
    node = to;
    firstOwned = owned;
  }
}
