package dev.sgl.testing;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// Changes texts at random, piece by piece: pieces are removed, repeated, swapped, replaced by odd
/// ones, nested or taken from another text, and texts are cut off.
public final class Mutator {
  private static final int MOST_CHARACTERS = 1 << 20; // beyond them nothing more is repeated
  private static final String OPENING = "([{<";
  private static final String CLOSING = ")]}>";

  /// Bytes that are no UTF-8, or that no text should hold.
  private static final List<String> ODD_BYTES =
      List.of(
          "\u00ff",
          "\u00c0\u0080",
          "\u00ed\u00a0\u0080",
          "\u00f4\u0090\u0080\u0080",
          "\0",
          "\u00e2\u0082",
          "\u00ef\u00bb\u00bf",
          "\u00fe\u00ff");

  private final List<List<String>> corpus;
  private final Pattern pieces;
  private final List<String> odd;
  private final int repeats;

  /// @param corpus texts to change, and to take pieces from
  /// @param pieces matches the pieces of a text one after another
  /// @param odd pieces that replace others
  /// @param repeats how often a piece is repeated at most
  public Mutator(List<String> corpus, Pattern pieces, List<String> odd, int repeats) {
    this.pieces = pieces;
    this.corpus = corpus.stream().map(this::pieces).filter(p -> !p.isEmpty()).toList();
    this.odd = odd;
    this.repeats = repeats;
  }

  private List<String> pieces(String text) {
    return pieces.matcher(text).results().map(MatchResult::group).toList();
  }

  /// A text of the corpus with one to three changes.
  public String mutate(SplittableRandom random) {
    return mutate(any(corpus, random), random);
  }

  /// `text` with one to three changes.
  public String mutate(String text, SplittableRandom random) {
    return mutate(pieces(text), random);
  }

  private String mutate(List<String> original, SplittableRandom random) {
    List<String> text = new ArrayList<>(original);
    for (int changes = 1 + random.nextInt(3); changes > 0 && !text.isEmpty(); changes--) {
      change(text, random);
    }
    return String.join("", text);
  }

  private void change(List<String> text, SplittableRandom random) {
    int at = random.nextInt(text.size());
    int end = Math.min(text.size(), at + 1 + random.nextInt(12));
    switch (random.nextInt(9)) {
      case 0 -> text.remove(at);
      case 1 -> text.subList(at, end).clear();
      case 2 -> text.add(at, any(text, random));
      case 3 -> text.set(at, " " + any(odd, random));
      case 4 -> text.add(at, " " + any(odd, random));
      case 5 -> Collections.swap(text, at, random.nextInt(text.size()));
      case 6 -> repeat(text, at, end, random);
      case 7 -> nest(text, at, random);
      default -> splice(text, at, random);
    }
    if (random.nextInt(30) == 0) {
      text.subList(at = Math.min(at, text.size()), text.size()).clear();
    }
  }

  private void splice(List<String> text, int at, SplittableRandom random) {
    List<String> other = any(corpus, random);
    int from = random.nextInt(other.size());
    text.addAll(at, other.subList(from, Math.min(other.size(), from + 1 + random.nextInt(12))));
  }

  private void repeat(List<String> text, int from, int to, SplittableRandom random) {
    List<String> part = List.copyOf(text.subList(from, to));
    text.addAll(from, Collections.nCopies(times(text, part, random), String.join("", part)));
  }

  /// Repeats the piece at `at` and another behind it as often: a bracket and its partner, if it is
  /// one.
  private void nest(List<String> text, int at, SplittableRandom random) {
    int closing = closing(text, at);
    int end = closing > at ? closing : at + random.nextInt(text.size() - at);
    List<String> both = List.of(text.get(at), text.get(end));
    int times = times(text, both, random);
    text.addAll(end, Collections.nCopies(times, both.get(1)));
    text.addAll(at, Collections.nCopies(times, both.get(0)));
  }

  private static int closing(List<String> text, int at) {
    int kind = OPENING.indexOf(text.get(at).strip());
    if (kind < 0 || text.get(at).isBlank()) {
      return at;
    }
    int depth = 0;
    for (int i = at; i < text.size(); i++) {
      int sign = text.get(i).strip().length() == 1 ? text.get(i).strip().charAt(0) : -1;
      depth += sign == OPENING.charAt(kind) ? 1 : sign == CLOSING.charAt(kind) ? -1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    return at;
  }

  private int times(List<String> text, List<String> part, SplittableRandom random) {
    int length = text.stream().mapToInt(String::length).sum();
    int room = Math.max(0, MOST_CHARACTERS - length) / Math.max(1, String.join("", part).length());
    return Math.min(room, times(repeats, random));
  }

  /// A number from 1 to `most`, small ones more often.
  static int times(int most, SplittableRandom random) {
    return (int) Math.round(Math.exp(random.nextDouble() * Math.log(most)));
  }

  /// `text` in UTF-8; one time in ten with bytes that are removed, changed or put in.
  public static byte[] bytes(String text, SplittableRandom random) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0 || random.nextInt(10) > 0) {
      return bytes;
    }
    StringBuilder changed = new StringBuilder(new String(bytes, StandardCharsets.ISO_8859_1));
    int at = random.nextInt(changed.length());
    switch (random.nextInt(4)) {
      case 0 -> changed.setLength(at);
      case 1 -> changed.deleteCharAt(at);
      case 2 -> changed.setCharAt(at, (char) random.nextInt(256));
      default -> changed.insert(at, any(ODD_BYTES, random));
    }
    return changed.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  /// One of `all`.
  public static <T> T any(List<T> all, SplittableRandom random) {
    return all.get(random.nextInt(all.size()));
  }
}
