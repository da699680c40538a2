package dev.sgl.constraint.regex;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Looks for the texts of terms, through their derivatives: whether there are any, some of
/// them, a shortest one. Results are kept.
///
/// Owned by one thread at a time, like its terms.
public final class TermSearch {
  private static final int MAX_SAMPLE = 48; // bytes
  private static final int MAX_GUESSES = 12;

  private final Terms terms;
  private final BitSet full = new BitSet(); // terms that are known not to be empty
  private final BitSet hollow = new BitSet(); // terms that are known to be empty
  private final Map<Integer, Optional<byte[]>> samples = new HashMap<>();
  private final Map<Integer, byte[]> shortest = new HashMap<>(); // texts, by term
  private final Map<Integer, BitSet> begun = new HashMap<>(); // rests, by character

  TermSearch(Terms terms) {
    this.terms = terms;
  }

  /// Whether `rest` is what remains of `character` behind its first bytes.
  public boolean isBegun(Term rest, Term character) {
    return begun.computeIfAbsent(character.id(), _ -> rests(character)).get(rest.id());
  }

  private BitSet rests(Term character) {
    BitSet rests = new BitSet();
    List<Term> open = new ArrayList<>(List.of(character));
    while (!open.isEmpty()) {
      for (Term next : terms.row(open.removeLast())) {
        if (!rests.get(next.id())) {
          rests.set(next.id());
          open.add(next);
        }
      }
    }
    return rests;
  }

  /// Whether no text is in `term`.
  public boolean isEmpty(Term term) {
    if (term == terms.nothing || hollow.get(term.id())) {
      return true;
    }
    if (isFound(term)) {
      return false;
    }
    ArrayDeque<Term> open = new ArrayDeque<>(List.of(term));
    BitSet seen = new BitSet();
    Map<Integer, Term> from = new HashMap<>();
    seen.set(term.id());
    while (!open.isEmpty()) {
      Term here = open.removeFirst();
      for (Term next : terms.row(here)) {
        if (next == terms.nothing || hollow.get(next.id()) || seen.get(next.id())) {
          continue;
        }
        seen.set(next.id());
        from.put(next.id(), here);
        if (next.isNullable() || full.get(next.id()) || Terms.isSurelyFull(next)) {
          for (Term t = next; t != null; t = from.get(t.id())) {
            full.set(t.id());
          }
          return false;
        }
        open.add(next);
      }
    }
    hollow.or(seen);
    return true;
  }

  /// Whether a text of `term` is found without a search.
  public boolean isFound(Term term) {
    if (term.isNullable() || full.get(term.id())) {
      return true;
    }
    boolean isFound =
        term != terms.nothing && Terms.isSurelyFull(term)
            || switch (term) {
              case Term.Concat concat -> isEachFound(concat);
              case Term.Either(_, var choices) -> choices.stream().anyMatch(this::isFound);
              case Term.Nothing _, Term.Empty _, Term.Bytes _, Term.Both _, Term.Not _ ->
                  sample(term).isPresent();
              case Term.Repeat _, Term.Run _ -> sample(term).isPresent();
            };
    full.set(term.id(), isFound);
    return isFound;
  }

  /// Whether all parts of `concat` are found: without recursion, since a word has a part for each
  /// byte.
  private boolean isEachFound(Term.Concat concat) {
    Term rest = concat;
    while (rest instanceof Term.Concat(_, var head, var tail) && isFound(head)) {
      terms.spend(1);
      rest = tail;
    }
    return !(rest instanceof Term.Concat) && isFound(rest);
  }

  /// A short text of `term`, if one is found without a search: in an intersection, a text of one
  /// part that is in the others.
  private Optional<byte[]> sample(Term term) {
    Optional<byte[]> known = samples.get(term.id());
    if (known == null) {
      known =
          switch (term) {
            case Term.Nothing _, Term.Not _ -> Optional.empty();
            case Term.Empty _ -> Optional.of(new byte[0]);
            case Term.Bytes(_, var set) -> Optional.of(new byte[] {usual(set)});
            case Term.Concat concat -> ofEach(concat);
            case Term.Either(_, var choices) ->
                choices.stream().flatMap(choice -> sample(choice).stream()).findFirst();
            case Term.Both _ -> new Guesses(term).find(term);
            case Term.Repeat(_, var item, int min, _, _) ->
                sample(item).flatMap(text -> times(text, min));
            case Term.Run(_, var machine, long state) ->
                Optional.of(machine.guess(state)).filter(text -> isIn(term, text));
          };
      samples.put(term.id(), known);
    }
    return known;
  }

  /// The samples of all parts of `concat`, one behind the other.
  private Optional<byte[]> ofEach(Term.Concat concat) {
    byte[] text = {};
    Term rest = concat;
    while (rest instanceof Term.Concat(_, var head, var tail)) {
      Optional<byte[]> next = sample(head);
      if (next.isEmpty() || text.length + next.get().length > MAX_SAMPLE) {
        return Optional.empty();
      }
      text = append(text, next.get());
      rest = tail;
    }
    byte[] before = text;
    return sample(rest).map(last -> append(before, last));
  }

  private boolean isIn(Term term, byte[] text) {
    return terms.derive(term, text).isNullable();
  }

  /// Texts of the parts of an intersection, tried in all of it.
  private final class Guesses {
    private final Term both;
    private final Set<ByteBuffer> tried = new HashSet<>();
    private final BitSet seen = new BitSet();

    Guesses(Term both) {
      this.both = both;
    }

    Optional<byte[]> find(Term term) {
      if (seen.get(term.id()) || tried.size() > MAX_GUESSES) {
        return Optional.empty();
      }
      seen.set(term.id());
      return switch (term) {
        case Term.Both(_, var parts) -> any(parts);
        case Term.Either(_, var choices) -> any(choices);
        case Term.Nothing _, Term.Empty _, Term.Bytes _, Term.Concat _ -> untried(term);
        case Term.Not _, Term.Repeat _, Term.Run _ -> untried(term);
      };
    }

    private Optional<byte[]> untried(Term term) {
      return sample(term).filter(text -> tried.add(ByteBuffer.wrap(text)) && isIn(both, text));
    }

    private Optional<byte[]> any(List<Term> some) {
      return some.stream().flatMap(term -> find(term).stream()).findFirst();
    }
  }

  /// A letter or a digit where there is one: many forms ask for the end of a word somewhere.
  private static byte usual(ByteSet set) {
    for (int value : new int[] {'a', '0', '1', 'A'}) {
      if (set.contains(value)) {
        return (byte) value;
      }
    }
    return (byte) set.next(0);
  }

  private static Optional<byte[]> times(byte[] text, int count) {
    if ((long) text.length * count > MAX_SAMPLE) {
      return Optional.empty();
    }
    byte[] all = new byte[text.length * count];
    for (int i = 0; i < all.length; i++) {
      all[i] = text[i % text.length];
    }
    return Optional.of(all);
  }

  /// Texts of `term`, as many as there are but at most `limit`.
  public List<byte[]> texts(Term term, int limit) {
    record Path(Term rest, byte[] text) {}
    List<byte[]> texts = new ArrayList<>();
    List<Path> level = isEmpty(term) ? List.of() : List.of(new Path(term, new byte[0]));
    while (!level.isEmpty()) {
      for (Path path : level) {
        // of so many beginnings each has an end of its own
        boolean enough = level.size() >= limit;
        if (texts.size() < limit && (enough || path.rest().isNullable())) {
          texts.add(append(path.text(), enough ? shortest(path.rest()) : new byte[0]));
        }
      }
      if (texts.size() >= limit) {
        break;
      }
      List<Path> longer = new ArrayList<>();
      for (Path path : level) {
        Term[] row = terms.row(path.rest());
        for (int i = 0; i < row.length; i++) {
          if (!isEmpty(row[i])) {
            longer.add(new Path(row[i], append(path.text(), (byte) i)));
          }
        }
      }
      level = longer;
    }
    return texts;
  }

  private static byte[] append(byte[] text, byte... more) {
    byte[] longer = Arrays.copyOf(text, text.length + more.length);
    System.arraycopy(more, 0, longer, text.length, more.length);
    return longer;
  }

  /// A shortest text of `term`, which is not empty; of equal ones one in plain characters.
  public byte[] shortest(Term term) {
    byte[] known = shortest.get(term.id());
    if (known == null) {
      known = told(term).orElseGet(() -> search(term));
      shortest.put(term.id(), known);
    }
    return known;
  }

  /// A shortest text of a word and a machine behind it, if the machine tells it.
  private Optional<byte[]> told(Term term) {
    Term rest = term;
    while (rest instanceof Term.Concat(_, Term.Bytes(_, var set), var tail) && set.size() == 1) {
      rest = tail;
    }
    return rest instanceof Term.Run(_, var machine, _) && machine.guessesShortest()
        ? sample(term)
        : Optional.empty();
  }

  private byte[] search(Term term) {
    record Step(Term before, byte value) {}
    Map<Integer, Step> steps = new HashMap<>();
    ArrayDeque<Term> open = new ArrayDeque<>(List.of(term));
    while (true) {
      Term here = open.removeFirst();
      if (here.isNullable()) {
        byte[] reversed = {};
        for (Term at = here; at != term; ) {
          Step step = steps.getOrDefault(at.id(), new Step(term, (byte) 0));
          reversed = append(reversed, step.value());
          at = step.before();
        }
        return reversed(reversed);
      }
      byte[] classes = terms.classes(here);
      BitSet tried = new BitSet();
      for (int i = 0; i < 256; i++) {
        int value = (i + ' ') & 0xff; // control characters last
        if (!tried.get(classes[value] & 0xff)) {
          tried.set(classes[value] & 0xff);
          Term next = terms.derive(here, value);
          boolean isHollow = next == terms.nothing || hollow.get(next.id());
          if (next != term && !isHollow && !steps.containsKey(next.id())) {
            steps.put(next.id(), new Step(here, (byte) value));
            open.add(next);
          }
        }
      }
    }
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }
}
