package dev.sgl.constraint.machine;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.machine.State.Config;
import dev.sgl.constraint.regex.Bounds;
import dev.sgl.constraint.regex.ByteSet;
import dev.sgl.constraint.regex.Regex;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Fills masks: which tokens of a vocabulary may come next in a state.
///
/// A token is allowed if its bytes lead somewhere. Where the state is inside a regular rule, the
/// tokens that stay in the rule are the same whoever called it: they are taken from the
/// [MaskCache], and only what goes on behind the rule's end is walked (as the context-independent
/// tokens of XGrammar, Dong et al., 2024). Everything else is a walk down the trie of the
/// vocabulary, which ends where no byte leads on.
///
/// Owned by one thread at a time, like its machine.
public final class Masks {
  private final Machine machine;
  private final Vocabulary vocabulary;
  private final MaskCache cache;
  private final Budget budget;
  private final DfaState[] path; // by depth
  private final Ints exits = new Ints();
  private boolean unlimited; // while a mask without limits is filled

  public Masks(Machine machine, MaskCache cache, Budget budget) {
    this.machine = machine;
    this.vocabulary = cache.vocabulary();
    this.cache = cache;
    this.budget = budget;
    path = new DfaState[vocabulary.longest() + 1];
  }

  /// Sets the bits of the tokens that might come in `state` if texts had no limits of length, of
  /// those that go on with a comma where a string ends, even if no comma may follow it, and of
  /// those that go on behind the end of the whole: with white space where more might come, and with
  /// anything where nothing can. Of such a token as much is meant as is allowed.
  public void fillUnlimited(State state, long[] mask) {
    unlimited = true;
    try {
      fill(state, mask);
    } finally {
      unlimited = false;
    }
  }

  /// Sets the bits of exactly the tokens that may come in `state`, those that end the text among
  /// them; `mask` is all zeros before.
  public void fill(State state, long[] mask) {
    if (state.accepts()) {
      cache.markEnds(mask);
    }
    boolean branches = false;
    for (Config config : state.configs()) {
      switch (config.node()) {
        case DfaState dfa -> rule(dfa, Optional.empty(), config.frame(), mask);
        case Capture capture -> rule(capture.state(), Optional.of(capture), config.frame(), mask);
        case Branch _ -> branches = true;
      }
    }
    if (branches) {
      branches(state.strictBranches(), 0, mask);
    }
  }

  /// Sets the bits of the tokens that begin with the quote that ends the string in `state`.
  public void fillClosing(State state, long[] mask) {
    int quote = vocabulary.find(new byte[] {'"'});
    if (quote >= 0) {
      vocabulary.mark(quote, mask);
      walk(machine.next(state, '"'), quote, mask);
    }
  }

  /// Sets the bits of the tokens that begin with the bytes that lead to `node`, and go on as they
  /// may in `state`.
  public void fillBelow(State state, int node, long[] mask) {
    walk(state, node, mask);
  }

  // --- at the beginning of a token

  /// The tokens in a regular rule, and beyond its end.
  private void rule(DfaState state, Optional<Capture> capture, Frame frame, long[] mask) {
    int before = exits.size();
    lexeme(unlimited ? state.unlimited() : state, mask);
    if (unlimited) {
      commas(before, mask);
    }
    if (capture.isPresent()) {
      int after = exits.size();
      for (int i = before; i < after; i++) {
        int node = exits.get(i);
        if (!leadsOn(node, capture.get().follow())) {
          continue;
        }
        byte[] bytes = vocabulary.path(node);
        walk(machine.at(capture.get().then(bytes, bytes.length), frame), node, mask);
      }
    } else {
      beyond(state, 0, frame, before, mask);
    }
    exits.truncate(before);
  }

  /// The tokens behind the end of a rule, at the exits that were collected from `before` on.
  ///
  /// @param state of the rule at the node `from`
  private void beyond(DfaState state, int from, Frame frame, int before, long[] mask) {
    int after = exits.size();
    if (after > before) {
      State popped = machine.pop(frame);
      boolean isLast = unlimited && popped.accepts() && popped.isLast();
      for (int i = before; i < after; i++) {
        int node = exits.get(i);
        behindEnd(popped, node, isLast && closes(state, from, node), mask);
        if (!popped.configs().isEmpty()) {
          walk(popped, exits.get(i), mask);
        }
      }
    }
  }

  /// The tokens below `node`, behind which the whole has ended.
  ///
  /// @param closes whether what ended there could not have gone on
  private void behindEnd(State state, int node, boolean closes, long[] mask) {
    if (!unlimited || !state.accepts()) {
      return;
    }
    if (closes && state.isLast()) {
      for (int below = node + 1; below < vocabulary.end(node); below++) {
        vocabulary.mark(below, mask);
      }
    } else {
      markBelow(node, '\n', mask);
      markBelow(node, ' ', mask);
    }
  }

  /// Whether a rule ends at `node` with a byte that closes a value of JSON, and cannot go on.
  /// A rule that ends with a letter does not close: `yesterday` is no `yes`.
  ///
  /// @param state of the rule at the node `from`
  private boolean closes(DfaState state, int from, int node) {
    int last = vocabulary.label(node);
    if (last != '}' && last != ']' && last != '"') {
      return false;
    }
    DfaState end = unlimited ? state.unlimited() : state;
    byte[] bytes = vocabulary.path(node);
    for (int i = vocabulary.depth(from); i < bytes.length; i++) {
      end = end.next(bytes[i] & 0xff);
    }
    return end.term() instanceof Term.Empty;
  }

  /// The tokens below `node` that go on with `value`.
  private void markBelow(int node, int value, long[] mask) {
    int end = vocabulary.end(node);
    for (int child = node + 1; child < end; child = vocabulary.end(child)) {
      if (vocabulary.label(child) == value) {
        for (int below = child; below < vocabulary.end(child); below++) {
          vocabulary.mark(below, mask);
        }
      }
    }
  }

  /// The tokens that go on with a comma behind a quote, at the exits from `before` on.
  private void commas(int before, long[] mask) {
    for (int i = before; i < exits.size(); i++) {
      if (vocabulary.label(exits.get(i)) == '"') {
        markBelow(exits.get(i), ',', mask);
      }
    }
  }

  /// Whether a token goes on behind `node` with one of `bytes`.
  private boolean leadsOn(int node, ByteSet bytes) {
    int end = vocabulary.end(node);
    for (int child = node + 1; child < end; child = vocabulary.end(child)) {
      if (bytes.contains(vocabulary.label(child))) {
        return true;
      }
    }
    return false;
  }

  /// Adds the tokens that stay in a rule, and collects where they leave it.
  private void lexeme(DfaState state, long[] mask) {
    if (counted(state, mask) || limited(state, mask)) {
      return;
    }
    Optional<DfaMask> known = cache.mask(state.term());
    DfaMask found = known.isPresent() ? known.get() : compute(state);
    if (known.isEmpty()) {
      cache.keep(state.term(), found);
    }
    for (int i = 0; i < mask.length; i++) {
      mask[i] |= found.inside()[i];
    }
    exits.addAll(found.exits());
  }

  private DfaMask compute(DfaState state) {
    Optional<DfaMask> without = withoutWords(state);
    if (without.isPresent()) {
      return without.get();
    }
    Optional<Term> run = state.dfa().terms().anyRun(state.term());
    if (run.isPresent()) {
      return beyondRun(state, state.dfa().state(run.get()));
    }
    long[] inside = new long[vocabulary.words()];
    int before = exits.size();
    walkRule(state, 0, inside);
    return taken(inside, before);
  }

  /// The mask of `inside` and of the exits that were collected from `before` on.
  private DfaMask taken(long[] inside, int before) {
    DfaMask found = new DfaMask(inside, exits.copy(before));
    exits.truncate(before);
    return found;
  }

  /// The state allows any run of some characters and ends behind other bytes only, so all tokens
  /// that are such runs are allowed, and only the others have to be walked: those that hold a
  /// quote.
  private DfaMask beyondRun(DfaState state, DfaState run) {
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

  /// The mask of `state` if what it denies are words, among other things.
  private Optional<DfaMask> withoutWords(DfaState state) {
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

  /// `base` without `denied`, which are words. That differs from `base` only where `denied` is
  /// alive, so only the beginnings of the words are walked.
  private DfaMask without(DfaState base, DfaState denied) {
    long[] inside = new long[vocabulary.words()];
    int before = exits.size();
    lexeme(base, inside);
    int[] of = exits.copy(before);
    exits.truncate(before);
    int next = 0;
    DfaState[] bases = new DfaState[path.length];
    DfaState[] denials = new DfaState[path.length];
    bases[0] = base;
    denials[0] = denied;
    for (int node = 1; node < vocabulary.nodes(); ) {
      budget.spend(1);
      int depth = vocabulary.depth(node);
      int label = vocabulary.label(node);
      int end = vocabulary.end(node);
      DfaState denial = denials[depth - 1].next(label);
      DfaState here = denial.isDead() ? base : bases[depth - 1].next(label);
      if (denial.isDead() || here.isDead()) {
        for (; next < of.length && of[next] < end; next++) {
          exits.add(of[next]);
        }
        node = end;
        continue;
      }
      next += next < of.length && of[next] == node ? 1 : 0;
      if (isNothingLeft(here, denial)) {
        for (int below = node; below < end; below++) {
          vocabulary.clear(below, inside);
        }
        for (; next < of.length && of[next] < end; next++) {
          continue; // what lies behind is not reached
        }
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
    return taken(inside, before);
  }

  /// Whether all that may follow in `base` is among the words of `denial`.
  private static boolean isNothingLeft(DfaState base, DfaState denial) {
    if (base.term() instanceof Term.Empty) {
      return denial.isNullable();
    }
    if (base.goesOn()) {
      return false;
    }
    Terms terms = base.dfa().terms();
    return base.dfa().state(terms.both(base.term(), terms.not(denial.term()))).isDead();
  }

  /// A repeat of characters, and something else behind it: only the numbers of characters matter.
  private boolean counted(DfaState state, long[] mask) {
    Term.Repeat repeat;
    Term tail = state.dfa().terms().empty;
    switch (state.term()) {
      case Term.Repeat r -> repeat = r;
      case Term.Concat(_, Term.Repeat r, var t) -> {
        repeat = r;
        tail = t;
      }
      default -> {
        return false;
      }
    }
    if (repeat.max() == Regex.UNBOUNDED && repeat.min() == 0
        || !state.dfa().terms().isCharacter(repeat.item())) {
      return false;
    }
    CountedMasks counts = counts(state.dfa(), repeat.item());
    counts.add(repeat.max(), vocabulary, mask);
    DfaState after = state.dfa().state(tail);
    if (after.term() instanceof Term.Empty) {
      for (int i = 0; i < counts.ends(); i++) {
        if (counts.count(i) >= repeat.min() && counts.count(i) <= repeat.max()) {
          exits.add(counts.node(i));
        }
      }
      return true;
    }
    if (repeat.min() == 0) {
      walkRule(after, 0, mask);
    }
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
    return true;
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
    Bounds bounds = new Bounds(limit.form(), terms);
    // what must come at least may hang on how often something may still come
    boolean isFree = limit.any() instanceof Term.Concat(_, Term.Repeat any, _) && any.min() == 0;
    Term general = isFree ? terms.both(bounds.general(), limit.any()) : exact;
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
        walkRule(state, node, mask);
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

  // --- inside of a token

  /// The tokens below `node` that stay in the rule; where they leave it is collected.
  private void walkRule(DfaState state, int node, long[] mask) {
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

  /// The tokens below `node` that go on in `state`.
  private void walk(State state, int node, long[] mask) {
    for (Config config : state.configs()) {
      if (config.node() instanceof DfaState dfa) {
        below(dfa, config.frame(), node, mask);
      }
    }
    State branches = state.branches();
    if (!branches.configs().isEmpty()) {
      branches(branches, node, mask);
    }
  }

  /// The tokens below `node` in a regular rule and beyond its end.
  private void below(DfaState state, Frame frame, int node, long[] mask) {
    int before = exits.size();
    walkRule(state, node, mask);
    beyond(state, node, frame, before, mask);
    exits.truncate(before);
  }

  /// The tokens below `node` that go on in `state`, byte by byte.
  private void branches(State state, int node, long[] mask) {
    ByteSet bytes = state.bytes();
    int end = vocabulary.end(node);
    for (int child = node + 1; child < end; child = vocabulary.end(child)) {
      int value = vocabulary.label(child);
      if (!bytes.contains(value)) {
        continue;
      }
      State next = machine.next(state, value);
      vocabulary.mark(child, mask);
      if (vocabulary.end(child) > child + 1) {
        behindEnd(next, child, true, mask);
        walk(next, child, mask);
      }
    }
  }
}
