package dev.sgl.constraint.regex;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.regex.Term.Size;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;

/// Makes terms and takes their derivatives. What texts a term has is found by a [TermSearch].
///
/// Derivatives of regular expressions: Brzozowski, "Derivatives of Regular Expressions", JACM 1964;
/// the simplifications that keep their number small, and the byte classes: Owens, Reppy, Turon,
/// "Regular-expression derivatives re-examined", JFP 2009. A counted repeat is one term whose
/// bounds count down. Terms are told apart by their prints alone. Not thread-safe.
public final class Terms {
  private static final long SEED = new SplittableRandom().nextLong();

  private final Budget budget;
  private final Map<Term.Print, Term> known = new HashMap<>();
  private final Map<String, Term.Print> machines = new HashMap<>(); // by key
  private final BitSet characters = new BitSet(); // terms of one character in some spelling
  private final TermSearch search = new TermSearch(this);
  private final Map<Integer, Term> unlimited = new HashMap<>(); // by the term with limits
  private int derivations;
  private int[] derivedIn = {}; // the derivation in which a term's derivative was taken last
  private Term[] derived = {}; // that derivative

  /// No text.
  public final Term nothing;
  /// The empty text alone.
  public final Term empty;

  /// Every text.
  public final Term all;

  /// Makes terms, each of which takes room of `budget`.
  public Terms(Budget budget) {
    this.budget = budget;
    nothing = make(print(1, new long[0]), false, false, Size.FINITE, Term.Nothing::new);
    empty = make(print(2, new long[0]), true, false, Size.FINITE, Term.Empty::new);
    all = make(print(3, nothing), true, false, Size.INFINITE, mark -> new Term.Not(mark, nothing));
  }

  /// Looks for the texts of terms.
  public TermSearch search() {
    return search;
  }

  /// Notes that the texts of `term` are single characters: none is the beginning of another.
  Term character(Term term) {
    characters.set(term.id());
    return term;
  }

  /// Whether the texts of `term` are single characters, so that in a repeat of it each text says
  /// how often.
  public boolean isCharacter(Term term) {
    return characters.get(term.id());
  }

  /// Takes the price of work that makes no terms.
  void spend(long steps) {
    budget.spend(steps);
  }

  /// `term` without the upper bounds that limit the length of a text: what may come if texts may be
  /// as long as one likes.
  public Term unlimited(Term term) {
    Term known = unlimited.get(term.id());
    if (known == null) {
      known =
          switch (term) {
            case Term.Nothing _, Term.Empty _, Term.Bytes _, Term.Not _, Term.Run _ -> term;
            case Term.Concat(_, var head, var tail) -> concat(unlimited(head), unlimited(tail));
            case Term.Either(_, var choices) ->
                either(choices.stream().map(this::unlimited).toList());
            case Term.Both(_, var parts) -> both(parts.stream().map(this::unlimited).toList());
            case Term.Repeat repeat ->
                repeat.isLength() ? repeat(repeat.item(), repeat.min(), Regex.UNBOUNDED) : term;
          };
      unlimited.put(term.id(), known);
    }
    return known;
  }

  /// How many characters a limit on the length leaves; [Regex#UNBOUNDED] if there is none.
  public int room(Term term) {
    return switch (term) {
      case Term.Nothing _, Term.Empty _, Term.Bytes _, Term.Not _, Term.Run _ -> Regex.UNBOUNDED;
      case Term.Concat(_, var head, _) -> room(head);
      case Term.Either(_, var choices) -> room(choices);
      case Term.Both(_, var parts) -> room(parts);
      case Term.Repeat repeat -> repeat.isLength() ? repeat.max() : Regex.UNBOUNDED;
    };
  }

  private int room(List<Term> terms) {
    int least = Regex.UNBOUNDED;
    for (Term term : terms) {
      least = Math.min(least, room(term));
    }
    return least;
  }

  // --- construction

  /// The texts of one byte of `set`; [#nothing] if that is empty.
  public Term bytes(ByteSet set) {
    return set.isEmpty()
        ? nothing
        : make(
            print(4, set.a(), set.b(), set.c(), set.d()),
            false,
            false,
            Size.FINITE,
            mark -> new Term.Bytes(mark, set));
  }

  /// Only `text`, in UTF-8.
  public Term text(String text) {
    return text(text.getBytes(StandardCharsets.UTF_8));
  }

  /// Only the text `bytes`.
  public Term text(byte[] bytes) {
    Term term = empty;
    for (int i = bytes.length - 1; i >= 0; i--) {
      term = concat(bytes(ByteSet.of(bytes[i] & 0xff)), term);
    }
    return term;
  }

  /// A text of each part, one after the other; at least one part.
  public Term concat(Term... parts) {
    Term term = parts[parts.length - 1];
    for (int i = parts.length - 2; i >= 0; i--) {
      term = concat(parts[i], term);
    }
    return term;
  }

  /// A text of `first`, and then one of `second`.
  public Term concat(Term first, Term second) {
    if (first == nothing || second == nothing) {
      return nothing;
    }
    List<Term> heads = new ArrayList<>();
    Term rest = first;
    while (rest instanceof Term.Concat(_, var head, var tail)) {
      heads.add(head);
      rest = tail;
    }
    budget.spend(heads.size());
    Term term = pair(rest, second);
    for (Term head : heads.reversed()) {
      term = pair(head, term);
    }
    return term;
  }

  private Term pair(Term head, Term tail) {
    if (head == empty || tail == empty) {
      return head == empty ? tail : head;
    }
    return make(
        print(5, head, tail),
        head.isNullable() && tail.isNullable(),
        head.mark().searched() || tail.mark().searched(),
        sizeOfPair(head, tail),
        mark -> new Term.Concat(mark, head, tail));
  }

  private static Size sizeOfPair(Term head, Term tail) {
    if (head.isFinite() && tail.isFinite()) {
      return Size.FINITE;
    }
    boolean isInfinite =
        head.isInfinite() && isSurelyFull(tail) || tail.isInfinite() && isSurelyFull(head);
    return isInfinite ? Size.INFINITE : Size.UNKNOWN;
  }

  /// Whether it is known without a search that a text is in `term`, which is not [#nothing].
  static boolean isSurelyFull(Term term) {
    return !term.mark().searched() || term.isInfinite();
  }

  /// The texts of all choices; [#nothing] if there is none.
  public Term either(Term... choices) {
    return either(List.of(choices));
  }

  /// The texts of all choices; [#nothing] if there is none.
  public Term either(List<Term> choices) {
    Union union = new Union();
    choices.forEach(union::add);
    return union.term();
  }

  /// The texts that are in all parts; [#all] if there is no part.
  public Term both(Term... parts) {
    return both(List.of(parts));
  }

  /// The texts that are in all parts; [#all] if there is no part.
  public Term both(List<Term> parts) {
    budget.spend(2L * parts.size());
    TreeMap<Integer, Term> members = new TreeMap<>();
    List<Term> denied = new ArrayList<>();
    for (Term part : parts) {
      List<Term> inner = part instanceof Term.Both(_, var more) ? more : List.of(part);
      for (Term term : inner) {
        if (term instanceof Term.Not(_, var not)) {
          denied.add(not);
        } else {
          members.put(term.id(), term);
        }
      }
    }
    Term not = either(denied);
    if (members.containsKey(not.id()) || members.containsKey(nothing.id()) || not == all) {
      return nothing;
    }
    if (members.containsKey(empty.id())) {
      boolean nullable = !not.isNullable() && members.values().stream().allMatch(Term::isNullable);
      return nullable ? empty : nothing;
    }
    if (not != nothing) {
      Term no = not(not);
      members.put(no.id(), no);
    }
    return members.isEmpty() ? all : intersection(new ArrayList<>(members.values()));
  }

  private Term intersection(List<Term> members) {
    if (members.size() == 1) {
      return members.getFirst();
    }
    List<Term> sets = members.stream().filter(Term.Bytes.class::isInstance).toList();
    if (sets.size() > 1) {
      ByteSet common = ByteSet.ALL;
      for (Term set : sets) {
        common = common.and(((Term.Bytes) set).set());
      }
      List<Term> rest = new ArrayList<>(members);
      rest.removeAll(sets);
      rest.add(bytes(common));
      return both(rest);
    }
    for (int i = 0; i < members.size(); i++) {
      for (int j = i + 1; j < members.size(); j++) {
        Optional<Term> common = commonCount(members.get(i), members.get(j));
        if (common.isPresent()) {
          List<Term> rest = new ArrayList<>(members);
          rest.remove(j);
          rest.set(i, common.get());
          return both(rest);
        }
      }
    }
    return make(
        print(7, members.toArray(Term[]::new)),
        members.stream().allMatch(Term::isNullable),
        true,
        sizeOfBoth(members),
        mark -> new Term.Both(mark, members));
  }

  private static Size sizeOfBoth(List<Term> members) {
    if (members.stream().anyMatch(Term::isFinite)) {
      return Size.FINITE;
    }
    boolean isAllButSome =
        members.size() == 2
            && members.stream().allMatch(Term::isInfinite)
            && members.stream().anyMatch(m -> m instanceof Term.Not(_, var no) && no.isFinite());
    return isAllButSome ? Size.INFINITE : Size.UNKNOWN;
  }

  /// Two counts of the same character are one: `x{2,9}"` and `x{0,5}"` is `x{2,5}"`.
  private Optional<Term> commonCount(Term one, Term two) {
    Optional<Term.Repeat> a = count(one);
    Optional<Term.Repeat> b = count(two);
    boolean same =
        a.isPresent()
            && b.isPresent()
            && a.get().item() == b.get().item()
            && rest(one) == rest(two);
    if (!same || !isCharacter(a.get().item()) || overlaps(a.get().item(), rest(one))) {
      return Optional.empty();
    }
    int min = Math.max(a.get().min(), b.get().min());
    int max = Math.min(a.get().max(), b.get().max());
    boolean isLength = (a.get().max() <= b.get().max() ? a : b).get().isLength();
    Term common = min > max ? nothing : repeat(a.get().item(), min, max, isLength);
    return Optional.of(concat(common, rest(one)));
  }

  /// The repeat with which `term` begins; a character alone is one.
  private Optional<Term.Repeat> count(Term term) {
    return switch (term) {
      case Term.Repeat repeat -> Optional.of(repeat);
      case Term.Concat(_, Term.Repeat repeat, _) -> Optional.of(repeat);
      case Term.Nothing _, Term.Empty _, Term.Bytes _, Term.Concat _ -> Optional.empty();
      case Term.Either _, Term.Both _, Term.Not _, Term.Run _ -> Optional.empty();
    };
  }

  private Term rest(Term term) {
    return term instanceof Term.Concat(_, _, var tail) ? tail : empty;
  }

  /// Whether some byte begins both.
  private boolean overlaps(Term one, Term two) {
    for (int i = 0; i < 256; i++) {
      if (derive(one, i) != nothing && derive(two, i) != nothing) {
        return true;
      }
    }
    return false;
  }

  /// The texts that are not in `term`.
  public Term not(Term term) {
    if (term instanceof Term.Not(_, var inner)) {
      return inner;
    }
    return make(
        print(3, term),
        !term.isNullable(),
        term != nothing,
        term.isFinite() ? Size.INFINITE : Size.UNKNOWN,
        mark -> new Term.Not(mark, term));
  }

  /// @param max [Regex#UNBOUNDED] for no bound
  public Term repeat(Term item, int min, int max) {
    return repeat(item, min, max, false);
  }

  /// The texts of `min` to `max` characters, of which `max` is no part of their form.
  ///
  /// @param character of which no text is the beginning of another
  Term length(Term character, int min, int max) {
    return repeat(character, min, max, true);
  }

  private Term repeat(Term item, int min, int max, boolean isLength) {
    boolean isNone = max == 0 && !isLength; // else a limit that is reached
    if (isNone || item == empty || item == nothing && min == 0) {
      return empty;
    }
    if (item == nothing || min == 1 && max == 1) {
      return item;
    }
    int least = item.isNullable() ? 0 : min;
    return make(
        print(
            8, item.mark().print().high(), item.mark().print().low(), least, max, isLength ? 1 : 0),
        least == 0,
        item.mark().searched(),
        sizeOfRepeat(item, max),
        mark -> new Term.Repeat(mark, item, least, max, isLength));
  }

  private static Size sizeOfRepeat(Term item, int max) {
    if (max == 0 || max != Regex.UNBOUNDED && item.isFinite()) {
      return Size.FINITE;
    }
    return isSurelyFull(item) && (item.isInfinite() || max == Regex.UNBOUNDED)
        ? Size.INFINITE
        : Size.UNKNOWN;
  }

  /// Any number of texts of `item`, one after the other.
  public Term star(Term item) {
    return repeat(item, 0, Regex.UNBOUNDED);
  }

  /// The texts of `item`, and the empty text.
  public Term optional(Term item) {
    return either(item, empty);
  }

  /// The texts that `machine` accepts.
  public Term run(ByteMachine machine) {
    return run(machine, machine.start());
  }

  private Term run(ByteMachine machine, long state) {
    if (state == ByteMachine.DEAD) {
      return nothing;
    }
    Term.Print machinePrint =
        machines.computeIfAbsent(
            machine.key(), key -> print(10, key.chars().asLongStream().toArray()));
    long[] meaning = machine.meaning(state);
    long[] words = Arrays.copyOf(meaning, meaning.length + 2);
    words[meaning.length] = machinePrint.high();
    words[meaning.length + 1] = machinePrint.low();
    return make(
        print(9, words),
        machine.accepts(state),
        true,
        Size.UNKNOWN,
        mark -> new Term.Run(mark, machine, state));
  }

  private Term make(
      Term.Print print,
      boolean nullable,
      boolean searched,
      Size size,
      Function<Term.Mark, Term> maker) {
    Term term = known.get(print);
    if (term == null) {
      budget.keep(1);
      term = maker.apply(new Term.Mark(known.size(), nullable, searched, size, print));
      known.put(print, term);
    }
    return term;
  }

  private static Term.Print print(long kind, Term... parts) {
    long[] words = new long[2 * parts.length];
    for (int i = 0; i < parts.length; i++) {
      words[2 * i] = parts[i].mark().print().high();
      words[2 * i + 1] = parts[i].mark().print().low();
    }
    return print(kind, words);
  }

  private static Term.Print print(long kind, long... words) {
    long high = mix(SEED + kind);
    long low = mix(~SEED - kind);
    for (long word : words) {
      high = mix(high ^ word) * 3;
      low = mix(low + word) * 5 + high;
    }
    return new Term.Print(high, low);
  }

  /// The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
  private static long mix(long value) {
    long z = (value + 0x9e3779b97f4a7c15L);
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }

  private static Size sizeOfEither(List<Term> choices) {
    if (choices.stream().anyMatch(Term::isInfinite)) {
      return Size.INFINITE;
    }
    return choices.stream().allMatch(Term::isFinite) ? Size.FINITE : Size.UNKNOWN;
  }

  /// A choice in the making: flat, sorted, with what can be told together told together.
  private final class Union {
    private final TreeMap<Integer, Term> members = new TreeMap<>();
    private final Map<Integer, Term> heads = new HashMap<>(); // by tail: B x, of bytes B
    private final Map<Long, Term> repeats = new HashMap<>(); // by item and tail: x{m,n} y
    private boolean everything;

    void add(Term term) {
      budget.spend(1);
      switch (term) {
        case Term.Nothing _ -> {}
        case Term.Either(_, var choices) -> choices.forEach(this::add);
        case Term.Not(_, Term.Nothing _) -> everything = true;
        case Term.Bytes _ -> addHeaded(term, empty);
        case Term.Concat(_, Term.Bytes head, var tail) -> addHeaded(head, tail);
        case Term.Repeat repeat -> addRepeat(repeat, empty);
        case Term.Concat(_, Term.Repeat repeat, var tail) -> addRepeat(repeat, tail);
        case Term.Empty _, Term.Concat _, Term.Both _, Term.Not _, Term.Run _ ->
            members.put(term.id(), term);
      }
    }

    private void addHeaded(Term head, Term tail) {
      heads.merge(
          tail.id(),
          concat(head, tail),
          (one, two) -> concat(bytes(headOf(one).or(headOf(two))), tail));
    }

    private static ByteSet headOf(Term term) {
      return switch (term) {
        case Term.Bytes(_, var set) -> set;
        case Term.Concat(_, Term.Bytes(_, var set), _) -> set;
        case Term.Nothing _, Term.Empty _, Term.Concat _ -> throw new AssertionError(term);
        case Term.Either _, Term.Both _, Term.Not _ -> throw new AssertionError(term);
        case Term.Repeat _, Term.Run _ -> throw new AssertionError(term);
      };
    }

    /// Counts that overlap are one count: `x{2,5}y` or `x{1,3}y` is `x{1,5}y`.
    private void addRepeat(Term.Repeat repeat, Term tail) {
      long key = (long) repeat.item().id() << 32 | tail.id();
      Term term = concat(repeat, tail);
      Term other = repeats.get(key);
      if (other == null) {
        repeats.put(key, term);
        return;
      }
      Term.Repeat that =
          (Term.Repeat) (other instanceof Term.Concat(_, var head, _) ? head : other);
      long gap = Math.max((long) repeat.min(), that.min()) - Math.min(repeat.max(), that.max());
      if (gap > 1) {
        members.put(term.id(), term);
        return;
      }
      int min = Math.min(repeat.min(), that.min());
      int max = Math.max(repeat.max(), that.max());
      boolean isLength = (repeat.max() >= that.max() ? repeat : that).isLength();
      repeats.put(key, concat(repeat(repeat.item(), min, max, isLength), tail));
    }

    Term term() {
      if (everything) {
        return all;
      }
      heads.values().forEach(t -> members.put(t.id(), t));
      repeats.values().forEach(t -> members.put(t.id(), t));
      if (members.isEmpty()) {
        return nothing;
      }
      if (members.size() > 1
          && members.values().stream().anyMatch(t -> t != empty && t.isNullable())) {
        members.remove(empty.id());
      }
      if (members.size() == 1) {
        return members.firstEntry().getValue();
      }
      if (members.values().stream()
          .anyMatch(t -> t instanceof Term.Not(_, var no) && members.containsKey(no.id()))) {
        return all;
      }
      List<Term> choices = List.copyOf(members.values());
      return make(
          print(6, choices.toArray(Term[]::new)),
          choices.stream().anyMatch(Term::isNullable),
          choices.stream().anyMatch(t -> t.mark().searched()),
          sizeOfEither(choices),
          mark -> new Term.Either(mark, choices));
    }
  }

  // --- derivatives

  /// What may follow `value` (0 to 255) in `term`.
  public Term derive(Term term, int value) {
    return derivative(term, value, ++derivations);
  }

  /// The same for a part of a term, which may be a part in several places.
  ///
  /// @param derivation tells calls of [#derive] apart
  private Term derivative(Term term, int value, int derivation) {
    budget.spend(1);
    int id = term.id();
    if (id < derivedIn.length && derivedIn[id] == derivation) {
      return derived[id];
    }
    Term next =
        switch (term) {
          case Term.Nothing _, Term.Empty _ -> nothing;
          case Term.Bytes(_, var set) -> set.contains(value) ? empty : nothing;
          case Term.Concat(_, var head, var tail) -> {
            Term behind = concat(derivative(head, value, derivation), tail);
            yield head.isNullable() ? either(behind, derivative(tail, value, derivation)) : behind;
          }
          case Term.Either(_, var choices) -> either(derivatives(choices, value, derivation));
          case Term.Both(_, var parts) -> {
            List<Term> all = derivatives(parts, value, derivation);
            yield all.size() < parts.size() ? nothing : both(all);
          }
          case Term.Not(_, var inner) -> not(derivative(inner, value, derivation));
          case Term.Repeat(_, _, _, int max, _) when max == 0 -> nothing;
          case Term.Repeat(_, var item, int min, int max, boolean isLength) -> {
            int more = max == Regex.UNBOUNDED ? max : max - 1;
            Term others = repeat(item, Math.max(0, min - 1), more, isLength);
            yield concat(derivative(item, value, derivation), others);
          }
          case Term.Run(_, var machine, long state) -> run(machine, machine.next(state, value));
        };
    remember(id, next, derivation);
    return next;
  }

  private void remember(int id, Term next, int derivation) {
    if (id >= derivedIn.length) {
      derivedIn = Arrays.copyOf(derivedIn, Math.max(2 * id, 256));
      derived = Arrays.copyOf(derived, derivedIn.length);
    }
    derivedIn[id] = derivation;
    derived[id] = next;
  }

  /// The derivatives of `terms` that are not [#nothing].
  private List<Term> derivatives(List<Term> terms, int value, int derivation) {
    List<Term> all = new ArrayList<>(terms.size());
    for (Term term : terms) {
      Term next = derivative(term, value, derivation);
      if (next != nothing) {
        all.add(next);
      }
    }
    return all;
  }

  /// What may follow each byte in `term`.
  public Term[] row(Term term) {
    Term[] row = new Term[256];
    Arrays.fill(row, nothing);
    List<Term> choices = term instanceof Term.Either(_, var some) ? some : List.of(term);
    if (choices.stream().allMatch(Terms::beginsWithByte)) {
      deriveChoices(choices, row);
      return row;
    }
    byte[] classes = classes(term);
    Term[] byClass = new Term[256];
    for (int i = 0; i < 256; i++) {
      int number = classes[i] & 0xff;
      if (byClass[number] == null) {
        byClass[number] = derive(term, i);
      }
      row[i] = byClass[number];
    }
    return row;
  }

  private static boolean beginsWithByte(Term term) {
    return switch (term) {
      case Term.Empty _, Term.Bytes _, Term.Concat(_, Term.Bytes _, _) -> true;
      case Term.Nothing _, Term.Concat _, Term.Either _, Term.Both _ -> false;
      case Term.Not _, Term.Repeat _, Term.Run _ -> false;
    };
  }

  /// The derivatives of a choice of terms that each begin with a byte: mostly words, which have few
  /// first letters in common.
  private void deriveChoices(List<Term> choices, Term[] row) {
    Map<Integer, List<Term>> shared = new HashMap<>(); // by byte, where more than one goes on
    for (Term choice : choices) {
      if (choice == empty) {
        continue;
      }
      ByteSet set = Union.headOf(choice);
      Term tail = choice instanceof Term.Concat(_, _, var t) ? t : empty;
      budget.spend(1);
      for (int i = set.next(0); i >= 0; i = set.next(i + 1)) {
        if (row[i] == nothing) {
          row[i] = tail;
        } else {
          Term first = row[i];
          shared.computeIfAbsent(i, _ -> new ArrayList<>(List.of(first))).add(tail);
        }
      }
    }
    Map<List<Integer>, Term> made = new HashMap<>(); // by the tails' ids
    shared.forEach(
        (value, tails) ->
            row[value] =
                made.computeIfAbsent(tails.stream().map(Term::id).toList(), _ -> either(tails)));
  }

  /// What may follow `bytes` in `term`.
  public Term derive(Term term, byte[] bytes) {
    Term rest = term;
    for (int i = 0; i < bytes.length && rest != nothing; i++) {
      rest = derive(rest, bytes[i] & 0xff);
    }
    return rest;
  }

  /// Whether `text`, in UTF-8, is in `term`.
  public boolean matches(Term term, String text) {
    return derive(term, text.getBytes(StandardCharsets.UTF_8)).isNullable();
  }

  /// The bytes in classes, so that bytes of one class have the same derivative.
  ///
  /// @return the class of each byte; classes are numbered from 0 in the order of their first bytes
  public byte[] classes(Term term) {
    long[] signatures = new long[256];
    BitSet seen = new BitSet();
    sign(term, signatures, seen);
    budget.spend(16 + 4L * seen.cardinality()); // each term goes through its bytes
    Map<Long, Integer> numbers = new HashMap<>();
    byte[] classes = new byte[256];
    for (int i = 0; i < 256; i++) {
      Integer number = numbers.putIfAbsent(signatures[i], numbers.size());
      classes[i] = (byte) (number == null ? numbers.size() - 1 : number);
    }
    return classes;
  }

  private static void sign(Term term, long[] signatures, BitSet seen) {
    if (seen.get(term.id())) {
      return;
    }
    seen.set(term.id());
    switch (term) {
      case Term.Nothing _, Term.Empty _ -> {}
      case Term.Bytes(var mark, var set) -> {
        for (int i = set.next(0); i >= 0; i = set.next(i + 1)) {
          signatures[i] += mark.print().low();
        }
      }
      case Term.Concat(_, var head, var tail) -> {
        sign(head, signatures, seen);
        if (head.isNullable()) {
          sign(tail, signatures, seen);
        }
      }
      case Term.Either(_, var choices) -> choices.forEach(c -> sign(c, signatures, seen));
      case Term.Both(_, var parts) -> parts.forEach(p -> sign(p, signatures, seen));
      case Term.Not(_, var inner) -> sign(inner, signatures, seen);
      case Term.Repeat(_, var item, _, _, _) -> sign(item, signatures, seen);
      case Term.Run(var mark, var machine, long state) -> {
        long[] row = machine.row(state);
        for (int i = 0; i < 256; i++) {
          signatures[i] += mix(mark.print().low() ^ row[i]);
        }
      }
    }
  }

  /// A repeat without bounds of a character, if `term` continues after every run of it and
  /// ends only behind a quote that is no part of it.
  public Optional<Term> anyRun(Term term) {
    for (Term choice : term instanceof Term.Either(_, var choices) ? choices : List.of(term)) {
      if (choice instanceof Term.Concat(_, Term.Repeat(_, var item, int min, int max, _), _)
          && min == 0
          && max == Regex.UNBOUNDED
          && isCharacter(item)
          && !choice.mark().searched()
          && derive(item, '"') == nothing
          && endsInQuote(term)) {
        return Optional.of(repeat(item, 0, max));
      }
    }
    return Optional.empty();
  }

  private static boolean endsInQuote(Term term) {
    return switch (term) {
      case Term.Bytes(_, var set) -> set.equals(ByteSet.of('"'));
      case Term.Concat(_, _, var tail) -> endsInQuote(tail);
      case Term.Either(_, var choices) -> choices.stream().allMatch(Terms::endsInQuote);
      case Term.Both(_, var parts) -> parts.stream().anyMatch(Terms::endsInQuote);
      case Term.Nothing _, Term.Empty _, Term.Not _, Term.Repeat _, Term.Run _ -> false;
    };
  }
}
