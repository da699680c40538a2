package dev.sgl.constraint.tag;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import dev.sgl.constraint.ConstraintException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads the JSON form of structural tags.
///
/// Reference: XGrammar 0.2, "Structural Tag", and the older form with `structures` and `triggers`
/// of SGLang and vLLM.
final class FormatParser {
  private static final int DEEPEST = 100;
  private static final int ANY_NUMBER = -1;

  /// Times that a part may be repeated, with those around it: each is a place of the machine.
  private static final long MOST_TIMES = 2_000;

  private static final Set<String> OF_TAGS = Set.of("begin", "content", "end");

  /// The members of each type, beside `type`.
  private static final Map<String, Set<String>> MEMBERS =
      Map.ofEntries(
          Map.entry("const_string", Set.of("value")),
          Map.entry(
              "json_schema",
              Set.of("json_schema", "style", "any_order", "excludes", "max_whitespace_cnt")),
          Map.entry("grammar", Set.of("grammar", "syntax")),
          Map.entry("regex", Set.of("pattern", "excludes")),
          Map.entry("any_text", Set.of("excludes", "max_chars", "max_tokens")),
          Map.entry("sequence", Set.of("elements")),
          Map.entry("or", Set.of("elements")),
          Map.entry("optional", Set.of("content")),
          Map.entry("star", Set.of("content")),
          Map.entry("plus", Set.of("content")),
          Map.entry("repeat", Set.of("content", "min", "max")),
          Map.entry("tag", OF_TAGS),
          Map.entry(
              "triggered_tags",
              Set.of("triggers", "tags", "excludes", "at_least_one", "stop_after_first")),
          Map.entry(
              "tags_with_separator",
              Set.of("tags", "separator", "at_least_one", "stop_after_first")),
          Map.entry("dispatch", Set.of("rules", "loop", "excludes")));

  private int depth;
  private long times = 1; // that the part is repeated which is read

  /// The format of a whole structural tag.
  ///
  /// @throws ConstraintException if it is malformed, or cannot be followed
  static Format parse(JsonNode tag) {
    FormatParser parser = new FormatParser();
    if (tag.hasNonNull("structures")) {
      return parser.older(tag);
    }
    return parser.format(member(tag, "format", "it"), "format");
  }

  private Format older(JsonNode tag) {
    List<Format.Tag> tags = new ArrayList<>();
    for (JsonNode structure : list(tag, "structures", "structures")) {
      String where = "structures[" + tags.size() + "]";
      requireKnown(structure, Set.of("begin", "schema", "end"), where);
      Format content = new Format.Json(schema(structure.path("schema"), where + ".schema"));
      tags.add(
          new Format.Tag(
              text(structure, "begin", where), content, List.of(text(structure, "end", where))));
    }
    return triggered(
        texts(tag, "triggers", "triggers"),
        tags,
        List.of(),
        flag(tag, "at_least_one", "at_least_one"),
        false,
        "structures");
  }

  private Format format(JsonNode node, String where) {
    if (++depth > DEEPEST) {
      throw wrong(where, "is nested too deeply");
    }
    Format format = of(text(node, "type", where), node, where);
    depth--;
    return format;
  }

  private Format of(String type, JsonNode node, String where) {
    Optional.ofNullable(MEMBERS.get(type)).ifPresent(names -> requireKnown(node, names, where));
    return switch (type) {
      case "const_string" -> new Format.Text(text(node, "value", where));
      case "json_schema" -> json(node, where);
      case "grammar" -> new Format.Grammar(text(node, "grammar", where));
      case "regex" -> new Format.Regex(text(node, "pattern", where));
      case "any_text" -> anyText(node, where);
      case "sequence" -> new Format.Sequence(formats(node, where));
      case "or" -> new Format.Or(formats(node, where));
      case "optional" -> new Format.Repeat(content(node, where), 0, 1);
      case "star" -> new Format.Repeat(content(node, where), 0, Integer.MAX_VALUE);
      case "plus" -> new Format.Repeat(content(node, where), 1, Integer.MAX_VALUE);
      case "repeat" -> repeat(node, where);
      case "tag" -> tag(node, where);
      case "triggered_tags" ->
          triggered(
              texts(node, "triggers", where),
              tags(node, where),
              excludes(node, where),
              flag(node, "at_least_one", where),
              flag(node, "stop_after_first", where),
              where);
      case "tags_with_separator" ->
          new Format.Separated(
              List.copyOf(tags(node, where)),
              text(node, "separator", where),
              flag(node, "at_least_one", where),
              !flag(node, "stop_after_first", where));
      case "dispatch" -> dispatch(node, where);
      case "token", "exclude_token", "any_tokens", "token_triggered_tags", "token_dispatch" ->
          throw wrong(where, "speaks of tokens (" + type + "); write their texts instead");
      case "qwen_xml_parameter" ->
          throw wrong(where, "is qwen_xml_parameter; use tools for arguments in that form");
      default -> throw wrong(where, "has the unknown type " + type);
    };
  }

  private static void requireKnown(JsonNode node, Set<String> names, String where) {
    for (var member : node.properties()) {
      boolean isType = member.getKey().equals("type");
      if (!isType && !names.contains(member.getKey()) && !member.getValue().isNull()) {
        throw wrong(where, "has the unknown member " + member.getKey());
      }
    }
  }

  /// A schema; one that is missing or null allows any JSON.
  private static JsonNode schema(JsonNode schema, String where) {
    if (schema.isMissingNode() || schema.isNull()) {
      return BooleanNode.TRUE;
    }
    if (!schema.isObject() && !schema.isBoolean()) {
      throw wrong(where, "must be a schema");
    }
    return schema;
  }

  private static Format json(JsonNode node, String where) {
    String style = node.path("style").asText("json");
    if (!style.equals("json")) {
      throw wrong(where, "has the style " + style + "; use tools for arguments in that form");
    }
    if (node.path("any_order").asBoolean() || !excludes(node, where).isEmpty()) {
      throw wrong(where, "cannot have any_order or excludes");
    }
    if (node.hasNonNull("max_whitespace_cnt")) {
      throw wrong(where, "cannot have max_whitespace_cnt");
    }
    return new Format.Json(schema(node.path("json_schema"), where + ".json_schema"));
  }

  private static Format anyText(JsonNode node, String where) {
    if (node.hasNonNull("max_tokens")) {
      throw wrong(where, "has max_tokens; use max_chars");
    }
    return new Format.AnyText(
        excludes(node, where),
        node.hasNonNull("max_chars") ? number(node, "max_chars", 0, where) : Integer.MAX_VALUE);
  }

  private Format content(JsonNode node, String where) {
    return format(member(node, "content", where), where + ".content");
  }

  private Format repeat(JsonNode node, String where) {
    int min = number(node, "min", 0, where);
    int max = number(node, "max", ANY_NUMBER, where);
    if (max != ANY_NUMBER && max < min) {
      throw wrong(where, "has a max below its min");
    }
    long before = times;
    times *= Math.max(1, max == ANY_NUMBER ? min : max);
    if (times > MOST_TIMES) {
      throw wrong(where, "repeats a part more than " + MOST_TIMES + " times");
    }
    Format content = content(node, where);
    times = before;
    return new Format.Repeat(content, min, max == ANY_NUMBER ? Integer.MAX_VALUE : max);
  }

  private List<Format> formats(JsonNode node, String where) {
    List<Format> all = new ArrayList<>();
    for (JsonNode element : list(node, "elements", where)) {
      all.add(format(element, where + ".elements[" + all.size() + "]"));
    }
    return all;
  }

  private List<Format.Tag> tags(JsonNode node, String where) {
    List<Format.Tag> all = new ArrayList<>();
    for (JsonNode tag : list(node, "tags", where)) {
      all.add(tag(tag, where + ".tags[" + all.size() + "]"));
    }
    return all;
  }

  private Format.Tag tag(JsonNode node, String where) {
    JsonNode end = node.path("end");
    List<String> ends =
        end.isArray() ? texts(node, "end", where) : List.of(text(node, "end", where));
    requireKnown(node, OF_TAGS, where);
    return new Format.Tag(text(node, "begin", where), content(node, where), ends);
  }

  private static Format triggered(
      List<String> triggers,
      List<Format.Tag> tags,
      List<String> excludes,
      boolean atLeastOne,
      boolean stopsAfterFirst,
      String where) {
    List<Format.Rule> rules = new ArrayList<>();
    for (Format.Tag tag : tags) {
      List<String> its = triggers.stream().filter(tag.begin()::startsWith).toList();
      if (its.size() != 1) {
        throw wrong(
            where,
            "has a tag that begins with `%s` and %s of its triggers"
                .formatted(tag.begin(), its.isEmpty() ? "none" : "several"));
      }
      String rest = tag.begin().substring(its.getFirst().length());
      rules.add(new Format.Rule(its.getFirst(), new Format.Tag(rest, tag.content(), tag.ends())));
    }
    for (String trigger : triggers) {
      if (rules.stream().noneMatch(rule -> rule.trigger().equals(trigger))) {
        throw wrong(where, "has the trigger `" + trigger + "`, with which no tag begins");
      }
    }
    return new Format.Triggered(
        rules, excludes, atLeastOne ? List.copyOf(tags) : List.of(), !stopsAfterFirst);
  }

  private Format dispatch(JsonNode node, String where) {
    List<Format.Rule> rules = new ArrayList<>();
    for (JsonNode rule : list(node, "rules", where)) {
      String place = where + ".rules[" + rules.size() + "]";
      if (!rule.isArray() || rule.size() != 2 || rule.path(0).asText().isEmpty()) {
        throw wrong(place, "must be a list of a text and a format");
      }
      rules.add(new Format.Rule(rule.path(0).asText(), format(rule.path(1), place + "[1]")));
    }
    return new Format.Triggered(
        rules, excludes(node, where), List.of(), !node.has("loop") || flag(node, "loop", where));
  }

  // --- members

  private static JsonNode member(JsonNode node, String name, String where) {
    JsonNode member = node.path(name);
    if (!member.isObject()) {
      throw wrong(where, "needs the object " + name);
    }
    return member;
  }

  private static String text(JsonNode node, String name, String where) {
    if (!node.path(name).isTextual()) {
      throw wrong(where, "needs the text " + name);
    }
    return node.path(name).textValue();
  }

  private static JsonNode list(JsonNode node, String name, String where) {
    JsonNode list = node.path(name);
    if (!list.isArray() || list.isEmpty()) {
      throw wrong(where, "needs a list " + name + " that is not empty");
    }
    return list;
  }

  private static List<String> texts(JsonNode node, String name, String where) {
    List<String> texts = new ArrayList<>();
    for (JsonNode item : list(node, name, where)) {
      boolean mayBeEmpty = name.equals("end");
      if (!item.isTextual() || item.textValue().isEmpty() && !mayBeEmpty) {
        throw wrong(where, "must have texts in " + name + " that are not empty");
      }
      texts.add(item.textValue());
    }
    return texts;
  }

  private static List<String> excludes(JsonNode node, String where) {
    JsonNode given = node.path("excludes");
    boolean isNothing = given.isMissingNode() || given.isNull();
    return isNothing || given.isArray() && given.isEmpty()
        ? List.of()
        : texts(node, "excludes", where);
  }

  private static boolean flag(JsonNode node, String name, String where) {
    JsonNode flag = node.path(name);
    if (!flag.isMissingNode() && !flag.isNull() && !flag.isBoolean()) {
      throw wrong(where, "must have true or false as " + name);
    }
    return flag.asBoolean();
  }

  private static int number(JsonNode node, String name, int least, String where) {
    JsonNode number = node.path(name);
    if (!number.isIntegralNumber() || !number.canConvertToInt() || number.intValue() < least) {
      throw wrong(where, "needs the integer " + name + " from " + least);
    }
    return number.intValue();
  }

  private static ConstraintException wrong(String where, String message) {
    return new ConstraintException("bad structural tag: " + where + " " + message);
  }
}
