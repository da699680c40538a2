package dev.sgl.local.tokens;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Sampling;
import dev.sgl.testing.Property;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class TextStreamTest {
  @Test
  void showsWholeCharactersHoweverTheBytesAreCut() {
    Property.forAll(
        200,
        (random, size) -> {
          StringBuilder text = new StringBuilder();
          for (int i = 0; i < size; i++) {
            text.append(new String[] {"a", "é", "世", "😀", "\n"}[random.nextInt(5)]);
          }
          byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
          TextStream stream = new TextStream(List.of());
          StringBuilder shown = new StringBuilder();
          for (int at = 0; at < bytes.length; ) {
            int to = Math.min(bytes.length, at + 1 + random.nextInt(3));
            stream.add(Arrays.copyOfRange(bytes, at, to));
            String chunk = stream.next();
            assertTrue(chunk.indexOf('\uFFFD') < 0, chunk);
            shown.append(chunk);
            at = to;
          }
          assertEquals(text.toString(), shown + stream.finish());
        });
  }

  @Test
  void holdsBackWhatMayBeAStopText() {
    TextStream stream = new TextStream(List.of("END", "\n\n"));
    stream.add("one E".getBytes(StandardCharsets.UTF_8));
    assertEquals("one ", stream.next());
    stream.add("NOUGH EN".getBytes(StandardCharsets.UTF_8));
    assertEquals("ENOUGH ", stream.next());
    stream.add("D more".getBytes(StandardCharsets.UTF_8));
    assertTrue(stream.isStopped());
    stream.add(" and more".getBytes(StandardCharsets.UTF_8));
    assertEquals("", stream.next() + stream.finish());
    assertEquals("one ENOUGH ", stream.text());
  }

  /// Bytes are cut anywhere, and some are taken back and come again.
  @Test
  void endsBeforeTheFirstMatchOfAPatternHoweverTheBytesAreCut() {
    Pattern pattern = Pattern.compile("(ab+|é😀?)[0-9]");
    Sampling.Stops stops =
        new Sampling.Stops(List.of(), List.of(pattern.pattern()), List.of(), false);
    Property.forAll(
        500,
        (random, size) -> {
          StringBuilder text = new StringBuilder();
          for (int i = 0; i < size; i++) {
            text.append(new String[] {"a", "b", "é", "😀", "7"}[random.nextInt(5)]);
          }
          byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
          TextStream stream = new TextStream(stops, false);
          StringBuilder shown = new StringBuilder();
          for (int at = 0; at < bytes.length && !stream.isStopped(); ) {
            int to = Math.min(bytes.length, at + 1 + random.nextInt(4));
            stream.add(Arrays.copyOfRange(bytes, at, to));
            if (!stream.isStopped() && random.nextBoolean()) {
              int back = random.nextInt(Math.min(to, stream.heldBytes()) + 1);
              stream.takeBack(back);
              stream.add(Arrays.copyOfRange(bytes, to - back, to));
            }
            shown.append(stream.next());
            at = to;
          }
          Matcher matcher = pattern.matcher(text);
          boolean isFound = matcher.find();
          assertEquals(isFound ? Optional.of(pattern.pattern()) : Optional.empty(), stream.stop());
          String expected = isFound ? text.substring(0, matcher.start()) : text.toString();
          assertEquals(expected, shown + stream.finish());
        });
  }

  @Test
  void anUnfinishedCharacterAtTheEndIsLeftOut() {
    TextStream stream = new TextStream(List.of());
    stream.add(new byte[] {'a', (byte) 0xE4, (byte) 0xB8});
    assertEquals("a", stream.next());
    assertEquals("", stream.finish());
    assertEquals(2, stream.unfinishedBytes());
  }

  @Test
  void theFirstLineOfACodeBlockIsNoPartOfTheText() {
    TextStream stream = new TextStream(Sampling.Stops.NONE, true);
    for (String token : List.of("``", "`js", "on", "\n{", "\"`\":1}")) {
      stream.add(token.getBytes(StandardCharsets.UTF_8));
    }
    assertEquals("{\"`\":1}", stream.next());
    assertEquals(8, stream.fenceBytes());
  }

  @Test
  void theLastCharactersAreHeldBackAndCanBeTakenBack() {
    TextStream stream = new TextStream(List.of());
    stream.hold(4);
    stream.add("Sleep is für".getBytes(StandardCharsets.UTF_8));
    assertEquals("Sleep is", stream.next());
    stream.add(" men".getBytes(StandardCharsets.UTF_8));
    assertEquals(" für", stream.next());
    stream.takeBack(2);
    stream.hold(0);
    assertEquals(" m", stream.next());
  }

  @Test
  void aTokenThatWasPartlyShownCanBeTakenBackAndWrittenAgain() {
    TextStream stream = new TextStream(List.of());
    stream.hold(2);
    stream.add("see 世".getBytes(StandardCharsets.UTF_8));
    stream.add("界...".getBytes(StandardCharsets.UTF_8));
    String shown = stream.next();
    stream.takeBack(6);
    assertEquals("see 世", stream.text());
    stream.add("界.".getBytes(StandardCharsets.UTF_8));
    stream.hold(0);
    assertEquals("see 世界.", shown + stream.next());
  }

  @Test
  void textBehindAPlaceIsHeldBack() {
    TextStream stream = new TextStream(List.of());
    stream.holdFrom(3);
    stream.add("one two".getBytes(StandardCharsets.UTF_8));
    assertEquals("one", stream.next());
    assertEquals(4, stream.heldBytes());
    stream.holdFrom(Integer.MAX_VALUE);
    assertEquals(" two", stream.next());
  }
}
