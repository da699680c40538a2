package dev.sgl.local.cache;

import dev.sgl.local.kernel.KvPool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// The pages of keys and values. A page is free, or is owned by the tree or by a running sequence.
///
/// A sequence starts from its longest prefix in the tree. If the prefix ends inside a page, that
/// page is copied, so that sequences share single tokens and not only full pages. A sequence
/// publishes its computed pages: the tree then owns them, or they become free if another sequence
/// has published the same tokens before. A published page that is not full belongs to the tree, but
/// only the sequence that began the page writes into it.
///
/// Owned by the engine's thread, and by the planner's while a batch is computed.
public final class KvCache {
  private final KvPool pool;
  private final int pageSize;
  private final boolean shares;
  private final FreeList free;
  private final FreeList freeSlots;
  private final RadixTree tree;
  private final Set<Hold> holds = new LinkedHashSet<>();
  private long evictions;

  /// @param shares whether anything is kept for others; if not, and for models that keep states,
  ///     every sequence computes all of its tokens
  public KvCache(KvPool pool, boolean shares) {
    this.pool = pool;
    this.pageSize = pool.pageSize();
    this.shares = shares && pool.slots() == 0; // the tree has no states of prefixes
    this.free = new FreeList(pool.pages());
    this.freeSlots = new FreeList(pool.slots());
    this.tree = new RadixTree(pageSize);
  }

  /// Whether prefixes are kept for other sequences.
  public boolean shares() {
    return shares;
  }

  /// Pages for `tokens` tokens.
  public int pagesFor(int tokens) {
    return (tokens + pageSize - 1) / pageSize;
  }

  /// All pages.
  public int pages() {
    return pool.pages();
  }

  /// Pages that hold nothing.
  public int freePages() {
    return free.count();
  }

  /// Cached pages that are not locked, and so can be evicted.
  public int evictablePages() {
    return tree.evictablePages();
  }

  /// Pages that a sequence can get now: free ones, and cached ones that can be evicted.
  public int availablePages() {
    return free.count() + tree.evictablePages();
  }

  /// Pages evicted so far.
  public long evictions() {
    return evictions;
  }

  // --- prefixes

  /// The longest cached prefix of the first `limit` tokens.
  public Prefix find(String namespace, int[] tokens, int limit) {
    return tree.match(tree.find(namespace), tokens, shares ? limit : 0);
  }

  /// The same as [#find], but the search starts from a prefix that was found earlier.
  public Prefix find(Prefix earlier, int[] tokens, int limit) {
    Node node = earlier.node();
    if (node.isRemoved() || node.isRoot()) {
      return find(node.namespace(), tokens, limit);
    }
    while (node.end() > Math.min(limit, earlier.length())) {
      node = node.parent();
    }
    return tree.match(node, tokens, limit);
  }

  /// Available pages that a sequence of `tokens` tokens would take if it began with `prefix`.
  public int price(Prefix prefix, int tokens) {
    return tree.unlockedPages(prefix) + pagesFor(tokens) - prefix.length() / pageSize;
  }

  /// Begins a sequence with `prefix`, which must not have been evicted since it was found.
  public Lease open(Prefix prefix) {
    Node node = tree.at(prefix);
    int shared = node.end() / pageSize;
    int[] table = table(node);
    int[] pages = Arrays.copyOf(table, shared);
    int slot = pool.slots() == 0 ? Lease.ANY_SLOT : freeSlots.take();
    Lease lease = new Lease(node, pages, shared, slot);
    tree.lock(node);
    try {
      if (shared < table.length) { // it ends inside a page
        if (!grow(lease, node.end())) {
          throw new AssertionError("a prefix of " + node.end() + " tokens was opened without room");
        }
        pool.copy(table[shared], lease.pages()[shared], node.end() % pageSize);
      }
      return lease;
    } catch (RuntimeException | Error e) { // the device may fail to copy
      close(lease);
      throw e;
    }
  }

  /// The pages of all positions up to the end of `node`: each the one of the lowest run that has
  /// it.
  private int[] table(Node node) {
    int[] table = new int[pagesFor(node.end())];
    int known = table.length; // entries from here on are filled
    for (Node n = node; !n.isRoot(); n = n.parent()) {
      int first = n.start() / pageSize;
      if (first < known) {
        System.arraycopy(n.pages(), 0, table, first, known - first);
        known = first;
      }
    }
    return table;
  }

  private int take() {
    pool.prepare(free.next()); // there may be no memory for it
    return free.take();
  }

  /// Frees pages of the tree until `pages` are free; false if there are too few.
  private boolean evict(int pages) {
    if (availablePages() < pages) {
      return false;
    }
    while (free.count() < pages && tree.canEvict()) {
      evictions += tree.evict(pages - free.count(), free::give);
    }
    return free.count() >= pages;
  }

  // --- running sequences

  /// Gives the sequence pages for `tokens` tokens; false, and nothing changed, if there are too
  /// few.
  public boolean grow(Lease lease, int tokens) {
    int more = pagesFor(tokens) - lease.pages().length;
    if (more > 0 && !evict(more)) {
      return false;
    }
    for (int i = 0; i < more; i++) {
      lease.add(take());
    }
    return true;
  }

  /// Puts the first `end` tokens of a sequence into the tree, whose keys and values are computed.
  public void publish(Lease lease, int[] tokens, int end) {
    if (!shares || end <= lease.published()) {
      return;
    }
    Node known = tree.at(tree.match(lease.node(), tokens, end));
    int owned = lease.firstOwned();
    if (known.end() > lease.published()) {
      owned = Math.max(owned, useTheTrees(lease, known));
    }
    Node last = known;
    if (known.end() < end) {
      int first = known.end() / pageSize;
      int[] run = Arrays.copyOfRange(tokens, known.end(), end);
      int[] pages = Arrays.copyOfRange(lease.pages(), first, pagesFor(end));
      last = tree.add(known, run, pages, first < owned);
      owned = pagesFor(end);
    }
    tree.lock(last);
    tree.unlock(lease.node());
    lease.moveTo(last, owned);
  }

  /// Another sequence has published the same tokens up to `known`: its full pages are used from now
  /// on, and the sequence's own are free.
  private int useTheTrees(Lease lease, Node known) {
    int full = known.end() / pageSize;
    int[] table = table(known);
    for (int i = lease.firstOwned(); i < full; i++) {
      free.give(lease.pages()[i]);
      lease.pages()[i] = table[i];
    }
    return full;
  }

  /// Ends a sequence: its own pages become free; the pages that it has published stay in the cache
  /// until they are evicted.
  public void close(Lease lease) {
    for (int i = lease.firstOwned(); i < lease.pages().length; i++) {
      free.give(lease.pages()[i]);
    }
    tree.unlock(lease.node());
    if (pool.slots() > 0) {
      freeSlots.give(lease.slot());
    }
  }

  /// How many of the sequence's first tokens other sequences or holds keep, too.
  public int keptByOthers(Lease lease) {
    Node node = lease.node();
    while (node.locks() == 1 && !node.isRoot()) {
      node = node.parent();
    }
    return node.end();
  }

  // --- holds

  /// Pins the cached prefix of `tokens`, also the part that is computed later, until [#release] or
  /// until a running sequence needs its pages.
  public Hold hold(String namespace, int[] tokens) {
    Node root = tree.at(new Prefix(tree.find(namespace), 0));
    tree.lock(root);
    Hold hold = new Hold(tokens, root);
    holds.add(hold);
    move(hold);
    return hold;
  }

  /// Ends a hold; the pages stay in the cache until they are evicted. Does nothing the second time.
  public void release(Hold hold) {
    if (holds.remove(hold)) {
      tree.unlock(hold.node());
    }
  }

  /// Lets a hold go, the oldest that is not `wanted` or else the oldest; false if there is none.
  public boolean releaseOne(Predicate<Hold> wanted) {
    Optional<Hold> oldest =
        holds.stream().filter(wanted.negate()).findFirst().or(() -> holds.stream().findFirst());
    oldest.ifPresent(this::release);
    return oldest.isPresent();
  }

  /// Moves the holds down to where the tree has grown.
  public void moveHolds() {
    holds.forEach(this::move);
  }

  private void move(Hold hold) {
    if (!shares || hold.node().end() == hold.tokens().length) {
      return;
    }
    Prefix longer = tree.match(hold.node(), hold.tokens(), hold.tokens().length);
    if (longer.length() > hold.node().end()) {
      Node node = tree.at(longer);
      tree.lock(node);
      tree.unlock(hold.node());
      hold.moveTo(node);
    }
  }

  /// Evicts all cached pages that are not locked.
  public void flush() {
    while (tree.canEvict()) {
      tree.evict(pool.pages(), free::give);
    }
  }

  /// A run of tokens that is kept.
  ///
  /// @param namespace that it belongs to
  /// @param parent the place of the run before it in the list; -1 if it begins a text
  public record Run(String namespace, int parent, int[] tokens, boolean isUsed) {}

  /// The runs of the tree.
  ///
  /// @param shown some runs, parents before their children
  /// @param hidden the number of the other runs
  public record Runs(List<Run> shown, int hidden) {}

  /// The runs of the tree; only the first `most` of them are listed.
  public Runs runs(int most) {
    List<Run> shown = new ArrayList<>();
    int hidden = 0;
    for (Node root : tree.roots()) {
      hidden += addBelow(root, -1, most, shown);
    }
    return new Runs(shown, hidden);
  }

  /// @return how many had no place
  private static int addBelow(Node node, int parent, int most, List<Run> shown) {
    int hidden = 0;
    for (Node child : node.children().values()) {
      int place = shown.size();
      if (place < most) {
        shown.add(new Run(child.namespace(), parent, child.tokens(), child.isLocked()));
      } else {
        hidden++;
      }
      hidden += addBelow(child, place, most, shown);
    }
    return hidden;
  }

  // --- invariants

  /// Every page and every slot has exactly one owner; locked, evictable and free pages are all
  /// pages.
  ///
  /// @param leases of all sequences that are open
  public void checkInvariants(Collection<Lease> leases) {
    tree.checkInvariants();
    checkSlots(leases);
    BitSet owned = free.all();
    int count = owned.cardinality();
    for (Node root : tree.roots()) {
      count += claim(root, owned);
    }
    for (Lease lease : leases) {
      count += lease.ownedPages();
      for (int i = lease.firstOwned(); i < lease.pages().length; i++) {
        owned.set(lease.pages()[i]);
      }
    }
    if (count != pool.pages() || owned.cardinality() != count) {
      throw new AssertionError(
          "of %d pages %d are owned by somebody, %d times"
              .formatted(pool.pages(), owned.cardinality(), count));
    }
    int locked = tree.ownedPages() - tree.evictablePages();
    int running = leases.stream().mapToInt(Lease::ownedPages).sum();
    if (free.count() + tree.evictablePages() + locked + running != pool.pages()) {
      throw new AssertionError(
          "%d free, %d evictable, %d locked, %d of sequences: not all %d pages"
              .formatted(free.count(), tree.evictablePages(), locked, running, pool.pages()));
    }
  }

  private void checkSlots(Collection<Lease> leases) {
    BitSet owned = freeSlots.all();
    int count = owned.cardinality();
    if (pool.slots() > 0) {
      leases.forEach(lease -> owned.set(lease.slot()));
      count += leases.size();
    }
    if (count != pool.slots() || owned.cardinality() != count) {
      throw new AssertionError(
          "of %d slots %d are owned, %d times".formatted(pool.slots(), owned.cardinality(), count));
    }
  }

  private static int claim(Node node, BitSet owned) {
    int count = 0;
    if (!node.isRoot()) {
      for (int i = node.borrows() ? 1 : 0; i < node.pages().length; i++) {
        owned.set(node.pages()[i]);
        count++;
      }
    }
    for (Node child : node.children().values()) {
      count += claim(child, owned);
    }
    return count;
  }
}
