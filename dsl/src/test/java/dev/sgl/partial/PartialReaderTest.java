package dev.sgl.partial;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.partial.Partial.State;
import dev.sgl.program.Type;
import dev.sgl.program.Type.Field;
import dev.sgl.program.Types;
import dev.sgl.program.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What is known of a value while it is written, character by character.
class PartialReaderTest {
  private static final Type TIP =
      new Type.Rec(
          List.of(
              new Field("title", new Type.Str(1, 60), false),
              new Field("stars", new Type.Int(1, 5), false),
              new Field("count", Type.INT, false),
              new Field("tags", Type.array(Type.STRING), false),
              new Field("source", Type.STRING, true)));

  private static String shown(Partial partial) {
    String mark =
        switch (partial.state()) {
          case PENDING -> "?";
          case PARTIAL -> "~";
          case COMPLETE -> "";
        };
    if (!partial.fields().isEmpty()) {
      List<String> fields = new ArrayList<>();
      partial.fields().forEach((name, field) -> fields.add(name + "=" + shown(field)));
      return mark + fields;
    }
    if (!partial.items().isEmpty()) {
      return mark + partial.items().stream().map(PartialReaderTest::shown).toList();
    }
    return mark + (partial.state() == State.PENDING ? "" : Values.json(partial.value()));
  }

  private static String after(Type type, String text) {
    PartialReader reader = new PartialReader(type);
    text.codePoints().forEach(c -> reader.accept(Character.toString(c)));
    return shown(reader.value());
  }

  @Test
  void fieldsArePendingPartialOrComplete() {
    assertEquals("?", after(TIP, ""));
    assertEquals("~[title=?, stars=?, count=?, tags=?, source=?]", after(TIP, "{"));
    assertEquals(
        "~[title=~\"Wa\", stars=?, count=?, tags=?, source=?]", after(TIP, "{\"title\":\"Wa"));
    assertEquals(
        "~[title=~\"W\", stars=?, count=?, tags=?, source=?]", after(TIP, "{\"title\":\"W\\u00"));
    assertEquals(
        "~[title=\"Wé\", stars=?, count=?, tags=?, source=?]",
        after(TIP, "{\"title\":\"W\\u00e9\""));
  }

  @Test
  void aTextNeverShrinks() {
    for (String written : List.of("C:\\\\tmp", "\\\\", "a\\u005cb", "\\ud83d\\ude00!", "\\\"x")) {
      String json = "{\"title\":\"" + written;
      PartialReader reader = new PartialReader(TIP);
      int known = 0;
      for (char c : json.toCharArray()) {
        Partial title = reader.accept(Character.toString(c)).field("title");
        int length = title.text().map(String::length).orElse(known);
        assertTrue(length >= known && (title.text().isPresent() || known == 0), json);
        known = length;
      }
    }
  }

  /// A list is not read again for each piece: this would take minutes.
  @Test
  void longListsAreReadOnce() {
    Type type = Type.array(new Type.Rec(List.of(new Field("n", Type.INT, false))));
    PartialReader reader = new PartialReader(type);
    reader.accept("[");
    for (int i = 0; i < 4_000; i++) {
      reader.accept(i == 0 ? "" : ",");
      assertEquals(i + 1, reader.accept("{\"n\":" + i + "}").items().size());
    }
    assertEquals(3_999L, reader.accept("]").items().getLast().field("n").value());
  }

  @Test
  void whatIsNestedTooDeepIsNotLookedInto() {
    PartialReader reader = new PartialReader(Type.array(Type.ANY));
    Partial read = reader.accept("[".repeat(50_000));
    assertEquals(State.PARTIAL, read.state());
  }

  @Test
  void aNumberIsCompleteWhenItsTypeAllowsNoFurtherDigit() {
    String begun = "{\"title\":\"W\",\"stars\":4";
    assertTrue(after(TIP, begun).contains("stars=4,"), after(TIP, begun));
    String open = begun + ",\"count\":12";
    assertTrue(after(TIP, open).contains("count=~12,"), after(TIP, open));
    assertTrue(after(TIP, open + ",").contains("count=12,"));
  }

  @Test
  void listsGrow() {
    String begun = "{\"title\":\"W\",\"stars\":4,\"count\":1,\"tags\":[\"a\",\"b";
    assertTrue(after(TIP, begun).contains("tags=~[\"a\", ~\"b\"], source=?]"), after(TIP, begun));
    assertEquals(
        "[title=\"W\", stars=4, count=1, tags=[\"a\", \"b\"]]", after(TIP, begun + "\"]}"));
  }

  @Test
  void ofSeveralRecordsTheOneThatIsLeftIsKnown() {
    Type circle =
        new Type.Rec(
            List.of(
                new Field("kind", new Type.Literal("circle"), false),
                new Field("radius", Type.FLOAT, false)));
    Type square =
        new Type.Rec(
            List.of(
                new Field("kind", new Type.Literal("square"), false),
                new Field("side", Type.FLOAT, false)));
    Type shape = new Type.OneOf(List.of(circle, square));
    assertEquals("~[kind=~\"squ\"]", after(shape, "{\"kind\":\"squ"));
    assertEquals("~[kind=\"square\", side=?]", after(shape, "{\"kind\":\"square\""));
    assertEquals(
        "~[kind=\"square\", side=~1.5]", after(shape, "{\"kind\":\"square\",\"side\":1.5"));
  }

  @Test
  void plainTextsAndNumbersAtTheTop() {
    assertEquals("~\"lo\"", after(Type.TEXT, "lo"));
    assertEquals("~12", after(Type.INT, "12"));
    assertEquals("5", after(new Type.Int(1, 5), "5"));
    Type effort = new Type.OneOf(List.of(new Type.Literal("low"), new Type.Literal("high")));
    assertEquals("~\"lo\"", after(effort, "lo"));
    assertEquals("\"low\"", after(effort, "low"));
  }

  @Test
  void textThatTheConstraintDoesNotKnowIsReadAsJson() {
    String spaced = "{ \"stars\" : 4";
    assertEquals("~[stars=~4, title=?, count=?, tags=?, source=?]", after(TIP, spaced));
  }

  /// Every beginning of a text is consistent: what is complete is what it is in the end.
  @Test
  void whatIsCompleteStaysAsItIs() {
    Object value =
        Map.of("title", "a \"b\" \\ é", "stars", 3L, "count", -120L, "tags", List.of("x", ""));
    String text =
        "{\"title\":\"a \\\"b\\\" \\\\ \\u00e9\",\"stars\":3,\"count\":-120,\"tags\":[\"x\",\"\"]}";
    PartialReader reader = new PartialReader(TIP);
    for (int c : text.codePoints().toArray()) {
      Partial partial = reader.accept(Character.toString(c));
      partial
          .fields()
          .forEach(
              (name, field) -> {
                if (field.isComplete()) {
                  assertEquals(((Map<?, ?>) value).get(name), field.value());
                }
              });
    }
    assertTrue(reader.value().isComplete());
    assertEquals(Types.read(TIP, text), reader.end().value());
  }
}
