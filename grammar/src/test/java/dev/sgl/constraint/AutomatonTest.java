package dev.sgl.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.testing.Property;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Automata and masks against what they mean, spelt out.
class AutomatonTest {

  /// The texts of a small random constraint, by listing all of them.
  private static List<String> texts(Constraint constraint) {
    return switch (constraint) {
      case Constraint.Text(var text) -> List.of(text);
      case Constraint.IntRange(long min, long max) -> {
        List<String> all = new ArrayList<>();
        for (long i = min; i <= max; i++) {
          all.add(Long.toString(i));
        }
        yield all;
      }
      case Constraint.Sequence(var parts) -> {
        List<String> all = List.of("");
        for (Constraint part : parts) {
          all = joined(all, texts(part));
        }
        yield all;
      }
      case Constraint.OneOf(var choices) ->
          choices.stream().flatMap(c -> texts(c).stream()).distinct().toList();
      case Constraint.Repeat(var item, int min, int max) -> {
        List<String> all = new ArrayList<>();
        List<String> some = List.of("");
        for (int i = 0; i <= max; i++) {
          if (i >= min) {
            all.addAll(some);
          }
          some = joined(some, texts(item));
        }
        yield all.stream().distinct().toList();
      }
      case Constraint.AnyChar _, Constraint.JsonChar _ ->
          throw new IllegalArgumentException("too many to list");
    };
  }

  private static List<String> joined(List<String> left, List<String> right) {
    return left.stream().flatMap(l -> right.stream().map(r -> l + r)).distinct().toList();
  }

  private static Constraint random(SplittableRandom random, int depth) {
    return switch (depth == 0 ? random.nextInt(2) : random.nextInt(5)) {
      case 0 -> Constraint.text(new String[] {"", "a", "ab", "b", "é"}[random.nextInt(5)]);
      case 1 -> {
        long low = random.nextLong(-30, 30);
        yield new Constraint.IntRange(low, low + random.nextInt(25));
      }
      case 2 -> Constraint.sequence(random(random, depth - 1), random(random, depth - 1));
      case 3 -> new Constraint.OneOf(List.of(random(random, depth - 1), random(random, depth - 1)));
      default -> {
        int min = random.nextInt(2);
        yield new Constraint.Repeat(random(random, 0), min, min + random.nextInt(2));
      }
    };
  }

  @Test
  void acceptsExactlyTheTextsOfTheConstraint() {
    Property.forAll(
        200,
        (random, size) -> {
          Constraint constraint = random(random, 2);
          List<String> texts = texts(constraint);
          Automaton automaton = Automaton.of(constraint);
          texts.forEach(
              text ->
                  assertTrue(automaton.matches(text), () -> constraint + " must match " + text));
          for (int i = 0; i < 40; i++) {
            StringBuilder text = new StringBuilder(texts.get(random.nextInt(texts.size())));
            text.insert(random.nextInt(text.length() + 1), "-019abé".charAt(random.nextInt(7)));
            assertEquals(
                texts.contains(text.toString()),
                automaton.matches(text.toString()),
                constraint + " and " + text);
          }
        });
  }

  @Test
  void aMaskIsWhatTryingEveryTokenSays() {
    byte[][] tokens = new byte[300][];
    SplittableRandom letters = new SplittableRandom(1);
    for (int i = 0; i < tokens.length; i++) {
      byte[] token = new byte[letters.nextInt(4)];
      for (int j = 0; j < token.length; j++) {
        token[j] = "-019ab\u00c3\u00a9,".getBytes(StandardCharsets.ISO_8859_1)[letters.nextInt(9)];
      }
      tokens[i] = token;
    }
    Vocabulary vocabulary = new Vocabulary(tokens);
    int[] wrong = new int[2];
    Property.forAll(
        300,
        (random, size) -> {
          Automaton automaton = Automaton.of(random(random, 2));
          int state = Automaton.START;
          while (state != Automaton.DEAD && random.nextInt(4) > 0) {
            long[] mask = vocabulary.mask(automaton, state);
            int last = Automaton.DEAD;
            for (int id = 0; id < tokens.length; id++) {
              int next =
                  tokens[id].length == 0 ? Automaton.DEAD : automaton.step(state, tokens[id]);
              boolean allowed = (mask[id >>> 6] >>> id & 1) != 0;
              wrong[0] += allowed && next == Automaton.DEAD ? 1 : 0;
              wrong[1] += !allowed && next != Automaton.DEAD ? 1 : 0;
              last = next != Automaton.DEAD && random.nextInt(5) == 0 ? next : last;
            }
            state = last;
          }
        });
    assertEquals(0, wrong[0], "tokens allowed that cannot follow");
    assertEquals(0, wrong[1], "tokens refused that can follow");
  }

  @Test
  void rawCharactersAreWholeUtf8() {
    Automaton three = Automaton.of(new Constraint.Repeat(new Constraint.AnyChar(), 3, 3));
    for (String text : List.of("abc", "aéz", "世界!", "😀😀😀", "\n\t ")) {
      assertTrue(three.matches(text), text);
    }
    assertFalse(three.matches("ab"));
    assertFalse(three.matches("😀😀😀😀"));
    for (byte[] bytes :
        List.of(
            new byte[] {(byte) 0xC0},
            new byte[] {(byte) 0xED, (byte) 0xA0},
            new byte[] {(byte) 0xF5},
            new byte[] {(byte) 0x80})) {
      assertEquals(Automaton.DEAD, three.step(Automaton.START, bytes), "no UTF-8");
    }
  }

  @Test
  void jsonCharactersMayBeEscaped() {
    Automaton one = Automaton.of(new Constraint.JsonChar());
    for (String text : List.of("a", "\\n", "\\\"", "\\\\", "\\u00e9", "\\uFFFD", "é", "😀", "/")) {
      assertTrue(one.matches(text), text);
    }
    for (String text : List.of("\"", "\\", "\n", "\\x", "\\u12", "\\ud800", "\u0001", "ab")) {
      assertFalse(one.matches(text), text);
    }
  }

  @Test
  void anUnboundedRepeatHasNoEnd() {
    Automaton list =
        Automaton.of(
            Constraint.sequence(
                Constraint.text("["),
                new Constraint.Repeat(Constraint.text("x"), 2, Constraint.UNBOUNDED),
                Constraint.text("]")));
    assertTrue(list.matches("[xx]"));
    assertTrue(list.matches("[" + "x".repeat(5000) + "]"));
    assertFalse(list.matches("[x]"));
  }

  @Test
  void knowsWhereATextMustEnd() {
    Automaton number = Automaton.of(new Constraint.IntRange(1, 20));
    int two = number.step(Automaton.START, "2".getBytes(StandardCharsets.UTF_8));
    assertTrue(number.accepts(two));
    assertFalse(number.isFinal(two));
    assertTrue(number.isFinal(number.step(Automaton.START, "20".getBytes(StandardCharsets.UTF_8))));
  }

  @Test
  void integersReachTheirEnds() {
    Automaton all = Automaton.of(new Constraint.IntRange(Long.MIN_VALUE, Long.MAX_VALUE));
    for (long n : new long[] {0, -1, 1, Long.MIN_VALUE, Long.MAX_VALUE}) {
      assertTrue(all.matches("" + n), "" + n);
    }
    for (String text :
        List.of("9223372036854775808", "-9223372036854775809", "-0", "01", "", "-", "+1")) {
      assertFalse(all.matches(text), text);
    }
  }

  @Test
  void aConstraintThatIsTooLargeIsRefused() {
    Constraint large =
        new Constraint.Repeat(new Constraint.Repeat(new Constraint.JsonChar(), 0, 1000), 0, 1000);
    assertThrows(ConstraintException.class, () -> Automaton.of(large));
  }
}
