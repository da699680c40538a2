package dev.sgl.constraint.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.json.document.Documents;
import dev.sgl.constraint.json.document.Draft;
import dev.sgl.constraint.json.document.SchemaLocation;
import dev.sgl.constraint.json.scalar.Texts;
import dev.sgl.constraint.regex.Term;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// `unevaluatedProperties` and `unevaluatedItems` (2020-12, section 11).
///
/// Which properties and items are evaluated depends on which of the schemas beside them hold.
/// There are few such schemas, so each combination is told apart.
final class Unevaluated {
  private static final int MAX_CONDITIONS = 6;
  private static final int MAX_DEPTH = 30;

  /// What a schema evaluates if `condition` holds.
  ///
  /// @param everything all properties, or all items
  /// @param prefix the number of items from the first on
  /// @param containing items that are one of these
  private record Part(
      Formula condition,
      boolean everything,
      Set<String> names,
      List<Term> patterns,
      int prefix,
      List<Formula> containing) {}

  private final Documents documents;
  private final Formulas formulas;
  private final Texts texts;
  private final Function<SchemaLocation, Formula> reader;

  Unevaluated(
      Documents documents,
      Formulas formulas,
      Texts texts,
      Function<SchemaLocation, Formula> reader) {
    this.documents = documents;
    this.formulas = formulas;
    this.texts = texts;
    this.reader = reader;
  }

  Formula properties(SchemaLocation location, Formula value) {
    return each(
        collect(location, Kind.OBJECT),
        parts -> {
          Set<String> names = new LinkedHashSet<>();
          List<Term> patterns = new ArrayList<>();
          for (Part part : parts) {
            if (part.everything()) {
              return formulas.yes;
            }
            names.addAll(part.names());
            patterns.addAll(part.patterns());
          }
          return formulas.each(new Names.Except(names, patterns), value);
        });
  }

  Formula items(SchemaLocation location, Formula value) {
    return each(
        collect(location, Kind.ARRAY),
        parts -> {
          int prefix = 0;
          List<Formula> allowed = new ArrayList<>(List.of(value));
          for (Part part : parts) {
            if (part.everything()) {
              return formulas.yes;
            }
            prefix = Math.max(prefix, part.prefix());
            allowed.addAll(part.containing());
          }
          return formulas.items(prefix, Formulas.UNBOUNDED, formulas.or(allowed));
        });
  }

  private List<Part> collect(SchemaLocation location, Kind kind) {
    Collector collector = new Collector(kind);
    collector.schema(location, formulas.yes, 0);
    return collector.parts;
  }

  /// For each combination of conditions: if all others fail, the properties or items that
  /// these do not evaluate must satisfy `rule`.
  private Formula each(List<Part> parts, Function<List<Part>, Formula> rule) {
    List<Part> always = parts.stream().filter(p -> p.condition() == formulas.yes).toList();
    List<Formula> conditions =
        parts.stream().map(Part::condition).filter(c -> c != formulas.yes).distinct().toList();
    if (conditions.size() > MAX_CONDITIONS) {
      throw new ConstraintException(
          "is supported beside at most " + MAX_CONDITIONS + " conditional schemas");
    }
    List<Formula> rules = new ArrayList<>();
    for (int holding = 0; holding < 1 << conditions.size(); holding++) {
      List<Part> evaluating = new ArrayList<>(always);
      List<Formula> ways = new ArrayList<>();
      for (int i = 0; i < conditions.size(); i++) {
        Formula condition = conditions.get(i);
        if ((holding >> i & 1) == 0) {
          ways.add(condition);
        } else {
          parts.stream().filter(p -> p.condition() == condition).forEach(evaluating::add);
        }
      }
      ways.add(rule.apply(evaluating));
      rules.add(formulas.or(ways));
    }
    return formulas.and(rules);
  }

  /// Collects the parts that a schema evaluates, and those of the schemas that it applies to the
  /// same value.
  private final class Collector {
    private final Kind kind;
    private final List<Part> parts = new ArrayList<>();

    Collector(Kind kind) {
      this.kind = kind;
    }

    /// @param depth 0 for the schema that has the keyword
    void schema(SchemaLocation location, Formula condition, int depth) {
      JsonNode schema = location.schema();
      formulas.spend(10);
      if (depth > MAX_DEPTH) {
        throw new ConstraintException("is not supported beside a schema that refers to itself");
      }
      if (!schema.isObject()) {
        return;
      }
      boolean top = depth == 0;
      parts.add(
          kind == Kind.OBJECT
              ? ofObject(location, condition, top)
              : ofArray(location, condition, top));
      for (Map.Entry<String, JsonNode> entry : schema.properties()) {
        keyword(location, entry.getKey(), entry.getValue(), condition, depth + 1);
      }
    }

    private void keyword(
        SchemaLocation location, String key, JsonNode value, Formula condition, int depth) {
      switch (key) {
        case "$ref" -> schema(documents.follow(location, value.asText()), condition, depth);
        case "$dynamicRef" ->
            schema(documents.followDynamic(location, value.asText()), condition, depth);
        case "$recursiveRef" -> schema(documents.followRecursive(location), condition, depth);
        case "allOf", "anyOf", "oneOf" -> list(location, key, value, condition, depth);
        case "if" -> conditional(location, value, condition, depth);
        case "dependentSchemas" -> dependent(location, value, condition, depth);
        default -> {}
      }
    }

    private void list(
        SchemaLocation location, String key, JsonNode value, Formula condition, int depth) {
      for (int i = 0; i < value.size(); i++) {
        SchemaLocation part = documents.part(location, value.get(i), key, String.valueOf(i));
        Formula holds =
            key.equals("allOf") ? condition : formulas.and(condition, reader.apply(part));
        schema(part, holds, depth);
      }
    }

    private void conditional(
        SchemaLocation location, JsonNode value, Formula condition, int depth) {
      SchemaLocation test = documents.part(location, value, "if");
      Formula holds = reader.apply(test);
      Formula then = formulas.and(condition, holds);
      schema(test, then, depth);
      branch(location, "then", then, depth);
      branch(location, "else", formulas.and(condition, formulas.not(holds)), depth);
    }

    private void branch(SchemaLocation location, String key, Formula condition, int depth) {
      if (location.schema().has(key)) {
        schema(documents.part(location, location.schema().get(key), key), condition, depth);
      }
    }

    private void dependent(SchemaLocation location, JsonNode value, Formula condition, int depth) {
      for (Map.Entry<String, JsonNode> need : value.properties()) {
        SchemaLocation part =
            documents.part(location, need.getValue(), "dependentSchemas", need.getKey());
        schema(part, formulas.and(condition, formulas.has(need.getKey())), depth);
      }
    }
  }

  private Part ofObject(SchemaLocation location, Formula condition, boolean top) {
    JsonNode schema = location.schema();
    Set<String> names = new LinkedHashSet<>();
    List<Term> patterns = new ArrayList<>();
    schema.path("properties").fieldNames().forEachRemaining(names::add);
    schema
        .path("patternProperties")
        .fieldNames()
        .forEachRemaining(pattern -> patterns.add(texts.containing(pattern)));
    boolean everything =
        schema.has("additionalProperties") || !top && schema.has("unevaluatedProperties");
    return new Part(condition, everything, names, patterns, 0, List.of());
  }

  private Part ofArray(SchemaLocation location, Formula condition, boolean top) {
    JsonNode schema = location.schema();
    boolean lists = location.draft().isBefore(Draft.DRAFT2020);
    boolean all =
        lists
            ? schema.has("items")
                && (!schema.get("items").isArray() || schema.has("additionalItems"))
            : schema.has("items");
    boolean everything = all || !top && schema.has("unevaluatedItems");
    int prefix = schema.path(lists ? "items" : "prefixItems").size();
    List<Formula> containing =
        !lists && schema.has("contains")
            ? List.of(reader.apply(documents.part(location, schema.get("contains"), "contains")))
            : List.of();
    return new Part(
        condition,
        everything,
        Set.of(),
        List.of(),
        lists && !schema.path("items").isArray() ? 0 : prefix,
        containing);
  }
}
