package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.testing.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CutTest {
  private static final List<String> WORDS =
      List.of("{\"a\": \"", " physical", " health", ",", " ment", "al", "预防", "感冒", "\"", "}");
  private static final MaskCache CACHE =
      new MaskCache(
          new Vocabulary(
              Stream.concat(
                      WORDS.stream().map(w -> w.getBytes(StandardCharsets.UTF_8)),
                      IntStream.range(0, 256).mapToObj(i -> new byte[] {(byte) i}))
                  .toArray(byte[][]::new)));

  /// The text behind the cut, when `tokens` were taken and `refused` does not fit.
  private static String cut(
      Constraint constraint, List<String> tokens, String refused, double... phraseEnds) {
    Matcher matcher = new ConstraintCompiler().compile(constraint).matcher(CACHE);
    int[] ids = tokens.stream().mapToInt(WORDS::indexOf).toArray();
    for (int id : ids) {
      assertTrue(matcher.accept(id), tokens.toString());
    }
    Cut cut = matcher.cut(ids, phraseEnds, 0, refused.getBytes(StandardCharsets.UTF_8), true);
    String whole = String.join("", tokens.subList(0, tokens.size() - cut.back()));
    return whole + new String(cut.kept(), StandardCharsets.UTF_8) + "|" + cut.then();
  }

  private static Constraint string(int min, int max) {
    return new Constraint.JsonSchema(
        Json.parse(
            "{\"properties\":{\"a\":{\"type\":\"string\",\"minLength\":%d,\"maxLength\":%d}},\"required\":[\"a\"]}"
                .formatted(min, max)));
  }

  @Test
  void stringsDoNotEndWithinDotsOrBehindAJoiner() {
    List<String> begun = List.of("{\"a\": \"", " physical");
    assertEquals("{\"a\": \" physical|CLOSE", cut(string(0, 11), begun, "...health"));
    assertEquals("{\"a\": \" physical|CLOSE", cut(string(0, 11), begun, "👩\u200D👧"));
  }

  @Test
  void stringsEndBehindTheLastWholeWord() {
    List<String> begun = List.of("{\"a\": \"", " physical", " health", ",");
    assertEquals("{\"a\": \" physical health|CLOSE", cut(string(0, 18), begun, " mental"));
    assertEquals("{\"a\": \" physical|CLOSE", cut(string(0, 15), begun.subList(0, 2), " health"));
    assertEquals(
        "{\"a\": \" physical|CLOSE",
        cut(string(0, 14), List.of("{\"a\": \"", " physical", " ment"), "al"));
    assertEquals(
        "{\"a\": \" physical ment|CLOSE",
        cut(string(13, 14), List.of("{\"a\": \"", " physical", " ment"), "al"),
        "it would be too short");
    assertEquals("{\"a\": \"预防|CLOSE", cut(string(0, 3), List.of("{\"a\": \"", "预防"), "感冒"));
    assertEquals("{\"a\": \"antidis|CLOSE", cut(string(0, 7), List.of("{\"a\": \""), "antidises"));
  }

  @Test
  void stringsEndWhereAPhraseEndsMostLikely() {
    List<String> begun = List.of("{\"a\": \"", " health", " physical", " health", " ment");
    double[] unknown = {};
    double[] likely = {-9, -1, -1, -2, -6, -9};
    assertEquals(
        "{\"a\": \" health physical health|CLOSE", cut(string(0, 30), begun, "al", unknown));
    assertEquals(
        "{\"a\": \" health physical|CLOSE",
        cut(string(0, 30), begun, "al", likely),
        "the place behind the first word is more likely, but too little would be left");
    assertEquals(
        "{\"a\": \" health physical health|CLOSE", cut(string(20, 30), begun, "al", likely));
    assertEquals(
        "{\"a\": \" health physical health|CLOSE",
        cut(string(0, 30), begun, "al", -9, -1, -9, -2, -3, -9),
        "it is a little less likely, but longer");
  }

  @Test
  void namesEndBehindTheirLastWholePart() {
    assertEquals(
        "{\"a\": \"palindrome|CLOSE",
        cut(string(0, 14), List.of("{\"a\": \""), "palindromeChecker"));
    assertEquals("{\"a\": \"is|CLOSE", cut(string(0, 8), List.of("{\"a\": \""), "is_palindrome"));
  }

  @Test
  void textsEndBehindTheLastWholeWord() {
    Constraint text = new Constraint.Length(0, 20);
    List<String> begun = List.of(" physical", " health", ",");
    assertEquals(" physical health|END", cut(text, begun, " mental"));
    assertEquals("3.14|END", cut(new Constraint.Pattern("[0-9.]{1,4}"), List.of(), "3.1415"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "it's fine | 2 | false",
        "it's fine | 4 | true",
        "3.14 is | 1 | false",
        "3.14 is | 4 | true",
        "well-known. | 4 | false",
        "one, two | 3 | true",
        "one, two | 4 | false",
        "日本語です | 2 | false",
        "日本語です | 3 | true",
        "独特风味 | 1 | false",
        "独特风味 | 2 | true",
        "สวัสดีครับ | 3 | false",
        "สวัสดีครับ | 6 | true",
        "naïve | 3 | false",
        "done. Next | 5 | true",
        "e.g. this | 2 | false",
        "👩‍👧 ok | 2 | false",
        "snake_case x | 5 | false"
      })
  void wordsAreToldApart(String text, int at, boolean end) {
    assertEquals(end, new WordEnds(text).isEnd(at));
  }
}
