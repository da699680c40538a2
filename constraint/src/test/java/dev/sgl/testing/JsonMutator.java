package dev.sgl.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/// Changes JSON at random: values are removed, repeated, nested, taken from elsewhere, and replaced
/// by values of other types and numbers at the bounds of Java's; one text in four is changed as a
/// text, too.
public final class JsonMutator {
  private static final Pattern PIECES = Pattern.compile("\\s+|[-+.\\w]+|[^\\s]");

  private static final int REPEATS = 5000;

  /// As they are written; some of them are no JSON.
  private static final List<String> ODD =
      List.of(
          "null",
          "true",
          "false",
          "0",
          "-0",
          "1",
          "-1",
          "2",
          "0.5",
          "-0.5",
          "1e-999",
          "1e999",
          "-1e999",
          "1e9999999999",
          "2147483647",
          "2147483648",
          "-2147483649",
          "4294967296",
          "9223372036854775807",
          "9223372036854775808",
          "18446744073709551616",
          "NaN",
          "Infinity",
          "\"\"",
          "\" \"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"\\udc00x\"",
          "\"-1\"",
          "\"\\\\\"",
          "\"../x\"",
          "\"\\n\"",
          "[]",
          "{}",
          "[null]",
          "[[]]",
          "[{}]",
          "{\"\":null}",
          "[1,\"a\"]",
          "\"none\"");

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final List<JsonNode> corpus;
  private final Mutator texts;

  /// @param corpus values to change, and to take parts from
  public JsonMutator(List<JsonNode> corpus) {
    this.corpus = corpus;
    List<String> written = corpus.stream().map(JsonMutator::text).toList();
    this.texts = new Mutator(written, PIECES, ODD, REPEATS);
  }

  /// A value of the corpus, changed.
  public String mutate(SplittableRandom random) {
    return mutate(Mutator.any(corpus, random), random);
  }

  /// `value` with one to three changes.
  public String mutate(JsonNode value, SplittableRandom random) {
    JsonNode changed = value.deepCopy();
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      changed = change(changed, random);
    }
    String text = text(changed);
    return random.nextInt(4) == 0 ? texts.mutate(text, random) : text;
  }

  /// A place in a value: a member of an object or an item of an array.
  private record Slot(JsonNode in, String name, int index) {
    JsonNode value() {
      return in instanceof ObjectNode object ? object.path(name) : in.path(index);
    }

    void set(JsonNode value) {
      switch (in) {
        case ObjectNode object -> object.set(name, value);
        case ArrayNode array -> array.set(index, value);
        default -> throw new IllegalStateException();
      }
    }

    void remove() {
      switch (in) {
        case ObjectNode object -> object.remove(name);
        case ArrayNode array -> array.remove(index);
        default -> throw new IllegalStateException();
      }
    }
  }

  private static void slots(JsonNode in, List<Slot> all) {
    for (Map.Entry<String, JsonNode> member : in.properties()) {
      all.add(new Slot(in, member.getKey(), 0));
      slots(member.getValue(), all);
    }
    for (int i = 0; in.isArray() && i < in.size(); i++) {
      all.add(new Slot(in, "", i));
      slots(in.get(i), all);
    }
  }

  private static List<Slot> slots(JsonNode in) {
    List<Slot> all = new ArrayList<>();
    slots(in, all);
    return all;
  }

  private JsonNode change(JsonNode whole, SplittableRandom random) {
    List<Slot> slots = slots(whole);
    if (slots.isEmpty() || random.nextInt(50) == 0) {
      return changed(whole, random);
    }
    Slot slot = Mutator.any(slots, random);
    switch (random.nextInt(8)) {
      case 0 -> slot.remove();
      case 1 -> Mutator.any(slots, random).set(slot.value().deepCopy());
      case 2 -> repeat(slot, random);
      case 3 -> rename(slot, Mutator.any(slots, random));
      default -> slot.set(changed(slot.value(), random));
    }
    return whole;
  }

  private JsonNode changed(JsonNode value, SplittableRandom random) {
    return switch (random.nextInt(5)) {
      case 0 -> nested(value, random);
      case 1 -> part(random);
      case 2 -> value.isTextual() ? text(value.asText(), random) : raw(Mutator.any(ODD, random));
      default -> raw(Mutator.any(ODD, random));
    };
  }

  /// Something of any value of the corpus.
  private JsonNode part(SplittableRandom random) {
    List<Slot> slots = slots(Mutator.any(corpus, random));
    return slots.isEmpty() ? raw("0") : Mutator.any(slots, random).value().deepCopy();
  }

  private static JsonNode text(String text, SplittableRandom random) {
    int at = random.nextInt(text.length() + 1);
    return NODES.textNode(
        switch (random.nextInt(4)) {
          case 0 -> text.substring(0, at);
          case 1 -> text.repeat(Mutator.times(REPEATS, random));
          case 2 -> text.substring(0, at) + (char) random.nextInt(1 << 16) + text.substring(at);
          default -> text + " ";
        });
  }

  private static JsonNode nested(JsonNode value, SplittableRandom random) {
    int depth = Mutator.times(REPEATS, random);
    return random.nextBoolean()
        ? raw("[".repeat(depth) + text(value) + "]".repeat(depth))
        : raw("{\"a\":".repeat(depth) + text(value) + "}".repeat(depth));
  }

  private static void repeat(Slot slot, SplittableRandom random) {
    int room = (1 << 20) / text(slot.value()).length();
    int times = Math.min(room, Mutator.times(REPEATS, random));
    for (int i = 0; i < times; i++) {
      switch (slot.in()) {
        case ObjectNode object -> object.set(slot.name() + i, slot.value().deepCopy());
        case ArrayNode array -> array.add(slot.value().deepCopy());
        default -> throw new IllegalStateException();
      }
    }
  }

  /// Puts a member under the name of another.
  private static void rename(Slot slot, Slot other) {
    JsonNode value = slot.value();
    slot.remove();
    if (slot.in() instanceof ObjectNode object) {
      object.set(other.name(), value);
    }
  }

  private static JsonNode raw(String text) {
    return NODES.rawValueNode(new RawValue(text));
  }

  private static String text(JsonNode value) {
    return Json.text(value);
  }
}
