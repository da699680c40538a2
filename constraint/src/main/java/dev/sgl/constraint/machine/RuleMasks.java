package dev.sgl.constraint.machine;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.regex.Bounds;
import dev.sgl.constraint.regex.ByteSet;
import dev.sgl.constraint.regex.Regex;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Fills masks inside of regular rules, the same for all callers: the tokens whose bytes a
/// rule allows, and the nodes of the vocabulary at which the rule may end and tokens go on,
/// its exits.
///
/// A state's mask is kept in the [MaskCache] by the rest of the rule. Where only the number of
/// characters matters, one walk of the vocabulary serves all numbers ([CountedMasks]), and
/// where a limit on the length stands beside a form, one serves all limits ([MeasuredMask]).
///
/// Owned by one thread at a time.
final class RuleMasks {

  /// The tokens of a vocabulary in one state of a regular rule.
  ///
  /// @param inside the tokens whose bytes the rule allows, as a bit set
  /// @param exits the nodes of the vocabulary, in order, where the rule may end and tokens go on
  record Mask(long[] inside, int[] exits) {
    int bytes() {
      return 64 + 8 * inside.length + 4 * exits.length;
    }
  }

  private final Vocabulary vocabulary;
  private final MaskCache cache;
  private final Budget budget;
  private final DfaState[] path; // by depth
  private final Ints exits = new Ints();

  RuleMasks(MaskCache cache, Budget budget) {
    this.vocabulary = cache.vocabulary();
    this.cache = cache;
    this.budget = budget;
    path = new DfaState[vocabulary.longest() + 1];
  }

  /// Where the tokens leave their rule, as collected so far; the caller takes them away again.
  Ints exits() {
    return exits;
  }

  /// Adds the tokens that stay in the rule of `state` to `mask`, and collects where they leave it.
  void fill(DfaState state, long[] mask) {
    if (counted(state, mask) || limited(state, mask)) {
      return;
    }
    Optional<Mask> known = cache.mask(state.term());
    Mask found = known.isPresent() ? known.get() : compute(state);
    if (known.isEmpty()) {
      cache.keep(state.term(), found);
    }
    for (int i = 0; i < mask.length; i++) {
      mask[i] |= found.inside()[i];
    }
    exits.addAll(found.exits());
  }

  private Mask compute(DfaState state) {
    Optional<Mask> without = withoutWords(state);
    if (without.isPresent()) {
      return without.get();
    }
    Optional<Term> run = state.dfa().terms().anyRun(state.term());
    if (run.isPresent()) {
      return beyondRun(state, state.dfa().state(run.get()));
    }
    long[] inside = new long[vocabulary.words()];
    int before = exits.size();
    fillBelow(state, 0, inside);
    return taken(inside, before);
  }

  /// The mask of `inside` and of the exits that were collected from `before` on.
  private Mask taken(long[] inside, int before) {
    Mask found = new Mask(inside, exits.copy(before));
    exits.truncate(before);
    return found;
  }

  /// The state allows any run of some characters and ends behind other bytes only, so all tokens
  /// that are such runs are allowed, and only the others have to be walked: those that hold a
  /// quote.
  private Mask beyondRun(DfaState state, DfaState run) {
    long[] inside = new long[vocabulary.words()];
    int before = exits.size();
    CountedMasks counts = counts(run.dfa(), ((Term.Repeat) run.term()).item());
    counts.add(Integer.MAX_VALUE, vocabulary, inside);
    for (int node : counts.others()) {
      byte[] bytes = vocabulary.path(node);
      DfaState here = state;
      for (int i = 0; i < bytes.length && !here.isDead(); i++) {
        here = here.next(bytes[i] & 0xff);
      }
      if (!here.isDead()) {
        enter(here, node, inside);
      }
    }
    return taken(inside, before);
  }

  /// The mask of `state` if it denies words, and perhaps more.
  private Optional<Mask> withoutWords(DfaState state) {
    if (!(state.term() instanceof Term.Both(_, var parts))) {
      return Optional.empty();
    }
    Dfa dfa = state.dfa();
    Terms terms = dfa.terms();
    List<Term> rest = new ArrayList<>();
    List<Term> words = new ArrayList<>();
    for (Term part : parts) {
      if (part instanceof Term.Not(_, var denied)) {
        List<Term> others = new ArrayList<>();
        for (Term choice : denied instanceof Term.Either(_, var some) ? some : List.of(denied)) {
          (choice.isFinite() ? words : others).add(choice);
        }
        rest.add(terms.not(terms.either(others)));
      } else {
        rest.add(part);
      }
    }
    return words.isEmpty()
        ? Optional.empty()
        : Optional.of(without(dfa.state(terms.both(rest)), dfa.state(terms.either(words))));
  }

  private Mask without(DfaState base, DfaState denied) {
    long[] inside = new long[vocabulary.words()];
    int before = exits.size();
    fill(base, inside);
    int[] of = exits.copy(before);
    exits.truncate(before);
    new Denial(base, denied, inside, of).walk();
    return taken(inside, before);
  }

  /// The walk that takes words from the mask of `base`. The mask changes only where `denied` is
  /// alive, so only the beginnings of the words are walked.
  private final class Denial {
    private final DfaState base;
    private final long[] inside;
    private final int[] of; // exits of the base
    private final DfaState[] bases = new DfaState[path.length]; // by depth
    private final DfaState[] denials = new DfaState[path.length];
    private int next; // index in `of` of the first exit that the walk has not passed

    Denial(DfaState base, DfaState denied, long[] inside, int[] of) {
      this.base = base;
      this.inside = inside;
      this.of = of;
      bases[0] = base;
      denials[0] = denied;
    }

    void walk() {
      for (int node = 1; node < vocabulary.nodes(); ) {
        budget.spend(1);
        int depth = vocabulary.depth(node);
        int label = vocabulary.label(node);
        int end = vocabulary.end(node);
        DfaState denial = denials[depth - 1].next(label);
        DfaState here = denial.isDead() ? base : bases[depth - 1].next(label);
        if (denial.isDead() || here.isDead()) {
          keepExits(end);
          node = end;
          continue;
        }
        next += next < of.length && of[next] == node ? 1 : 0;
        if (isNothingLeft(here, denial)) {
          clear(node, end);
          node = end;
          continue;
        }
        bases[depth] = here;
        denials[depth] = denial;
        if (here.isNullable() && !denial.isNullable() && end > node + 1) {
          exits.add(node);
        }
        node++;
      }
    }

    /// Keeps the exits of the base before the node `end`.
    private void keepExits(int end) {
      for (; next < of.length && of[next] < end; next++) {
        exits.add(of[next]);
      }
    }

    /// Takes away the tokens and the exits from `node` up to but not `end`.
    private void clear(int node, int end) {
      for (int below = node; below < end; below++) {
        vocabulary.clear(below, inside);
      }
      while (next < of.length && of[next] < end) {
        next++;
      }
    }
  }

  /// Whether all that may follow in `base` is among the words of `denial`.
  private static boolean isNothingLeft(DfaState base, DfaState denial) {
    if (base.term() instanceof Term.Empty) {
      return denial.isNullable();
    }
    if (base.isSurelyInfinite()) {
      return false;
    }
    Terms terms = base.dfa().terms();
    return base.dfa().state(terms.both(base.term(), terms.not(denial.term()))).isDead();
  }

  /// Fills in a repeat of characters, and something else behind it: only the numbers of characters
  /// matter.
  ///
  /// @return whether the state is one
  private boolean counted(DfaState state, long[] mask) {
    return switch (state.term()) {
      case Term.Repeat repeat -> counted(state.dfa(), repeat, state.dfa().terms().empty, mask);
      case Term.Concat(_, Term.Repeat repeat, var tail) -> counted(state.dfa(), repeat, tail, mask);
      case Term.Nothing _, Term.Empty _, Term.Bytes _, Term.Concat _ -> false;
      case Term.Either _, Term.Both _, Term.Not _, Term.Run _ -> false;
    };
  }

  private boolean counted(Dfa dfa, Term.Repeat repeat, Term tail, long[] mask) {
    if (repeat.max() == Regex.UNBOUNDED && repeat.min() == 0
        || !dfa.terms().isCharacter(repeat.item())) {
      return false;
    }
    CountedMasks counts = counts(dfa, repeat.item());
    counts.add(repeat.max(), vocabulary, mask);
    DfaState after = dfa.state(tail);
    if (after.term() instanceof Term.Empty) {
      exitBehind(repeat, counts);
      return true;
    }
    if (repeat.min() == 0) {
      fillBelow(after, 0, mask);
    }
    enterBehind(repeat, counts, after, mask);
    return true;
  }

  /// Collects the nodes at which the rule may end behind enough characters.
  private void exitBehind(Term.Repeat repeat, CountedMasks counts) {
    for (int i = 0; i < counts.ends(); i++) {
      if (counts.count(i) >= repeat.min() && counts.count(i) <= repeat.max()) {
        exits.add(counts.node(i));
      }
    }
  }

  /// Adds the tokens that go on in `after` behind enough characters.
  private void enterBehind(Term.Repeat repeat, CountedMasks counts, DfaState after, long[] mask) {
    ByteSet first = after.bytes();
    for (int value = first.next(0); value >= 0; value = first.next(value + 1)) {
      CountedMasks.Exits behind = counts.exits(value, vocabulary);
      DfaState next = after.next(value);
      for (int i = 0; i < behind.nodes().length; i++) {
        int count = behind.counts()[i];
        if (count >= repeat.min() && count <= repeat.max()) {
          enter(next, behind.nodes()[i], mask);
        }
      }
    }
  }

  /// Some form, and a limit on the number of characters that is not near: what the form allows
  /// without the limit is known for all limits. A quote may stand before both.
  private boolean limited(DfaState state, long[] mask) {
    Dfa dfa = state.dfa();
    if (state.term() instanceof Term.Concat(_, Term.Bytes(_, var set), Term.Both both)
        && set.size() == 1) {
      int root = vocabulary.find(new byte[] {(byte) set.next(0)});
      if (root >= 0 && limited(dfa, both, root, mask)) {
        vocabulary.mark(root, mask);
        return true;
      }
      return false;
    }
    return state.term() instanceof Term.Both both && limited(dfa, both, 0, mask);
  }

  /// @param root the node of the vocabulary at which `both` begins
  private boolean limited(Dfa dfa, Term.Both both, int root, long[] mask) {
    Optional<LengthLimit> limit =
        LengthLimit.of(both, dfa.terms()).filter(l -> l.isBetween() && l.max() >= MeasuredMask.FEW);
    limit.ifPresent(l -> measured(dfa, l, root).add(l.max(), vocabulary, mask, exits));
    return limit.isPresent();
  }

  private MeasuredMask measured(Dfa dfa, LengthLimit limit, int root) {
    Terms terms = dfa.terms();
    Term exact = terms.both(limit.form(), limit.any());
    Bounds bounds = new Bounds(limit.form());
    // what must come at least may hang on how often something may still come
    boolean isFree = limit.any() instanceof Term.Concat(_, Term.Repeat any, _) && any.min() == 0;
    Term general = isFree ? terms.both(bounds.general(terms), limit.any()) : exact;
    int least = bounds.leastLarge();
    for (Term key : List.of(general, exact)) {
      Optional<MeasuredMask> known = cache.measured(key, root);
      if (known.isPresent() && (key == exact || known.get().holdsFor(least))) {
        return known.get();
      }
    }
    budget.spend(vocabulary.end(root) - root);
    MeasuredMask made =
        new MeasuredMask(
            dfa.state(limit.form()),
            dfa.state(limit.any()),
            dfa.fewest(limit.character()),
            vocabulary,
            root);
    cache.keep(made.holdsFor(least) ? general : exact, root, made);
    return made;
  }

  /// The tokens at `node`, which is reached in `state`, and below it.
  private void enter(DfaState state, int node, long[] mask) {
    vocabulary.mark(node, mask);
    if (vocabulary.end(node) > node + 1) {
      if (state.isNullable()) {
        exits.add(node);
      }
      if (!(state.term() instanceof Term.Empty)) {
        fillBelow(state, node, mask);
      }
    }
  }

  private CountedMasks counts(Dfa dfa, Term character) {
    Optional<CountedMasks> known = cache.counted(character);
    if (known.isPresent()) {
      return known.get();
    }
    budget.spend(vocabulary.nodes());
    CountedMasks made = new CountedMasks(dfa.state(dfa.terms().star(character)), vocabulary);
    cache.keep(character, made);
    return made;
  }

  /// Adds the tokens below `node` that stay in the rule, and collects where they leave it.
  void fillBelow(DfaState state, int node, long[] mask) {
    path[vocabulary.depth(node)] = state;
    int end = vocabulary.end(node);
    budget.spend(1 + ((end - node) >> 3));
    for (int i = node + 1; i < end; ) {
      int depth = vocabulary.depth(i);
      DfaState next = path[depth - 1].next(vocabulary.label(i));
      if (next.isDead()) {
        i = vocabulary.end(i);
        continue;
      }
      path[depth] = next;
      vocabulary.mark(i, mask);
      if (next.isNullable() && vocabulary.end(i) > i + 1) {
        exits.add(i);
      }
      i++;
    }
  }
}
