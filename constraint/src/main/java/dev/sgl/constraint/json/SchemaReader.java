package dev.sgl.constraint.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.json.document.Documents;
import dev.sgl.constraint.json.document.Draft;
import dev.sgl.constraint.json.document.SchemaLocation;
import dev.sgl.constraint.json.scalar.Formats;
import dev.sgl.constraint.json.scalar.NumberSet;
import dev.sgl.constraint.json.scalar.Numbers;
import dev.sgl.constraint.json.scalar.Texts;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads schemas into formulas, keyword by keyword, as the schema's draft has it.
///
/// A schema that cannot be followed exactly is refused, with the keyword and its place.
final class SchemaReader {
  private final Documents documents;
  private final Formulas formulas;
  private final Terms terms;
  private final Texts texts;
  private final Numbers numbers;
  private final Formats formats;
  private final Values values;
  private final Shapes shapes;
  private final Constraint.JsonSchema.Formats asserted;
  private final Unevaluated unevaluated;
  private final Map<SchemaLocation, Formula> read = new HashMap<>();
  private final NarrowedFormats narrowed = new NarrowedFormats(this::read);
  private final NarrowedFormats narrowedDates = new NarrowedFormats(this::read);
  private boolean deniesNarrowedDates;
  private boolean hasUnique;

  SchemaReader(
      Documents documents,
      Language language,
      JsonStyle style,
      Constraint.JsonSchema.Formats asserted) {
    this.documents = documents;
    this.formulas = language.formulas();
    this.terms = language.terms();
    this.texts = language.texts();
    this.numbers = language.numbers();
    this.formats = new Formats(texts, asserted == Constraint.JsonSchema.Formats.USUAL);
    this.values = language.values();
    this.asserted = asserted;
    this.shapes = new Shapes(language.terms(), formulas, texts, numbers, style, this::read);
    this.unevaluated = new Unevaluated(documents, formulas, texts, this::read);
  }

  Shapes shapes() {
    return shapes;
  }

  /// The formula of the schema at `location`. All schemas that it leads to are read too, so
  /// that their errors are reported now.
  Formula readAll(SchemaLocation location, UniqueItems unique) {
    Formula root = read(location);
    Map<SchemaLocation, List<SchemaLocation>> references = new LinkedHashMap<>();
    Set<Formula> seen = new HashSet<>();
    List<Formula> open = new ArrayList<>(List.of(root));
    while (!open.isEmpty()) {
      Formula formula = open.removeLast();
      if (hasUnique) {
        unique.requireSupported(formula);
      }
      for (Formula.Assertion atom : Splits.atoms(formula)) {
        if (seen.add(atom)) {
          switch (atom) {
            case Formula.Ref ref -> {
              Formula referred = read(ref.location);
              references.put(ref.location, references(referred));
              open.add(referred);
            }
            case Formula.Each each -> open.add(each.value);
            case Formula.Items items -> open.add(items.value);
            case Formula.Contains contains -> open.add(contains.value);
            case Formula.Kinds _, Formula.Text _, Formula.Number _ -> {}
            case Formula.Properties _, Formula.Length _, Formula.Unique _ -> {}
          }
        }
      }
    }
    narrowed.requireNotDenied(root);
    deniesNarrowedDates |= narrowedDates.denied(root).isPresent();
    Set<SchemaLocation> ended = new HashSet<>();
    references.keySet().forEach(from -> requireEnd(from, references, new HashSet<>(), ended));
    return root;
  }

  /// Whether a date or a time of which only a part is allowed stands where it may be denied.
  boolean deniesNarrowedDates() {
    return deniesNarrowedDates;
  }

  /// The places whose schemas are asked of the same value.
  private static List<SchemaLocation> references(Formula formula) {
    List<SchemaLocation> locations = new ArrayList<>();
    for (Formula.Assertion atom : Splits.atoms(formula)) {
      if (atom instanceof Formula.Ref ref) {
        locations.add(ref.location);
      }
    }
    return locations;
  }

  /// Refuses references that lead back to `location` without a value in between.
  private static void requireEnd(
      SchemaLocation location,
      Map<SchemaLocation, List<SchemaLocation>> references,
      Set<SchemaLocation> open,
      Set<SchemaLocation> ended) {
    if (ended.contains(location)) {
      return;
    }
    if (!open.add(location)) {
      throw ConstraintException.at(location.pointer(), "the schema refers to itself without end");
    }
    for (SchemaLocation next : references.getOrDefault(location, List.of())) {
      requireEnd(next, references, open, ended);
    }
    ended.add(location);
  }

  /// The formula of the schema at `location`.
  Formula read(SchemaLocation location) {
    Formula known = read.get(location);
    if (known == null) {
      known = schema(location);
      read.put(location, known);
    }
    return known;
  }

  private Formula schema(SchemaLocation location) {
    JsonNode schema = location.schema();
    if (schema.isBoolean()) {
      return formulas.constant(schema.asBoolean());
    }
    if (!schema.isObject()) {
      throw ConstraintException.at(location.pointer(), "a schema was expected");
    }
    if (schema.has("$schema") && Draft.of(schema).isEmpty()) {
      throw refused(location, "$schema", "names an unknown draft");
    }
    if (schema.has("$ref") && location.draft().isBefore(Draft.DRAFT2019)) {
      return keyword(location, "$ref", schema.get("$ref"));
    }
    List<Formula> parts = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : schema.properties()) {
      parts.add(keyword(location, entry.getKey(), entry.getValue()));
    }
    return formulas.and(parts);
  }

  private Formula keyword(SchemaLocation location, String key, JsonNode value) {
    try {
      return asked(location, key, value);
    } catch (NumberFormatException e) {
      throw refused(location, key, "holds a number that is too large");
    } catch (ConstraintException e) {
      throw e.isWhole() ? e : refused(location, key, String.valueOf(e.getMessage()));
    }
  }

  private static ConstraintException refused(SchemaLocation location, String key, String why) {
    return ConstraintException.at(location.pointer(), "`" + key + "` " + why);
  }

  private Formula asked(SchemaLocation location, String key, JsonNode value) {
    Draft draft = location.draft();
    return switch (key) {
      case "$ref", "$dynamicRef", "$recursiveRef" -> reference(location, key, value);
      case "type" -> type(value, draft);
      case "enum" -> oneOf(value);
      case "const" -> draft == Draft.DRAFT4 ? formulas.yes : values.only(value);
      case "allOf" -> formulas.and(parts(location, key, value));
      case "anyOf" -> formulas.or(parts(location, key, value));
      case "oneOf" -> formulas.one(parts(location, key, value));
      case "not" -> formulas.not(part(location, value, key));
      case "if" -> draft.isBefore(Draft.DRAFT7) ? formulas.yes : conditional(location);
      case "minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType" ->
          text(key, value, draft);
      case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf" ->
          numeric(location, key, value);
      case "prefixItems",
          "items",
          "additionalItems",
          "unevaluatedItems",
          "contains",
          "minItems",
          "maxItems",
          "uniqueItems" ->
          formulas.when(Kind.ARRAY, array(location, key, value));
      case "properties",
          "patternProperties",
          "additionalProperties",
          "unevaluatedProperties",
          "propertyNames",
          "required",
          "minProperties",
          "maxProperties",
          "dependencies",
          "dependentRequired",
          "dependentSchemas" ->
          formulas.when(Kind.OBJECT, object(location, key, value));
      default -> formulas.yes; // an annotation, or unknown: it asks nothing
    };
  }

  private Formula reference(SchemaLocation location, String key, JsonNode value) {
    Draft draft = location.draft();
    return switch (key) {
      case "$ref" -> formulas.ref(documents.follow(location, string(value)));
      case "$dynamicRef" ->
          draft == Draft.DRAFT2020
              ? formulas.ref(documents.followDynamic(location, string(value)))
              : formulas.yes;
      case "$recursiveRef" ->
          draft == Draft.DRAFT2019
              ? formulas.ref(documents.followRecursive(location))
              : formulas.yes;
      default -> throw new AssertionError(key);
    };
  }

  private Formula oneOf(JsonNode listed) {
    List<Formula> choices = new ArrayList<>();
    list(listed).forEach(value -> choices.add(values.only(value)));
    return formulas.or(choices);
  }

  private Formula when(Kind kind, Term term) {
    return formulas.when(kind, formulas.text(term));
  }

  private Formula when(NumberSet set) {
    return formulas.when(Kind.NUMBER, formulas.number(set));
  }

  private Formula part(SchemaLocation location, JsonNode part, String... keys) {
    return read(documents.part(location, part, keys));
  }

  private List<Formula> parts(SchemaLocation location, String key, JsonNode values) {
    List<Formula> parts = new ArrayList<>();
    for (int i = 0; i < list(values).size(); i++) {
      parts.add(part(location, values.get(i), key, String.valueOf(i)));
    }
    return parts;
  }

  private Formula conditional(SchemaLocation location) {
    JsonNode schema = location.schema();
    Formula test = part(location, schema.get("if"), "if");
    Formula then = schema.has("then") ? part(location, schema.get("then"), "then") : formulas.yes;
    Formula otherwise =
        schema.has("else") ? part(location, schema.get("else"), "else") : formulas.yes;
    return formulas.and(formulas.or(formulas.not(test), then), formulas.or(test, otherwise));
  }

  // --- strings

  private Formula text(String key, JsonNode value, Draft draft) {
    return switch (key) {
      case "minLength" -> when(Kind.STRING, texts.length(count(value), Formulas.UNBOUNDED));
      case "maxLength" -> when(Kind.STRING, texts.length(0, count(value)));
      case "pattern" -> when(Kind.STRING, texts.containing(string(value)));
      case "format" -> format(string(value), draft);
      case "contentEncoding", "contentMediaType" -> content(key, value, draft);
      default -> throw new AssertionError(key);
    };
  }

  private Formula format(String name, Draft draft) {
    if (asserted == Constraint.JsonSchema.Formats.IGNORED) {
      return formulas.yes;
    }
    boolean international = !draft.isBefore(Draft.DRAFT7);
    Optional<Term> term = formats.find(name, international);
    if (term.isPresent() && Formats.isNarrowed(name, international)) {
      narrowed.add(formulas.text(term.get()), name);
    }
    if (term.isPresent() && formats.isNarrowedDate(name)) {
      narrowedDates.add(formulas.text(term.get()), name);
    }
    return term.map(t -> when(Kind.STRING, t)).orElse(formulas.yes);
  }

  /// Asserted by draft 7 alone, where a reader wants it (section 8).
  private Formula content(String key, JsonNode value, Draft draft) {
    if (draft != Draft.DRAFT7 || asserted == Constraint.JsonSchema.Formats.IGNORED) {
      return formulas.yes;
    }
    if (key.equals("contentMediaType") && value.asText().equals("application/json")) {
      throw new ConstraintException("is not supported: JSON inside of strings is not regular");
    }
    boolean base64 = key.equals("contentEncoding") && value.asText().equals("base64");
    return base64 ? when(Kind.STRING, formats.base64()) : formulas.yes;
  }

  // --- numbers

  private Formula numeric(SchemaLocation location, String key, JsonNode value) {
    boolean isFlag =
        value.isBoolean() && location.draft() == Draft.DRAFT4; // of the bound beside it
    return switch (key) {
      case "minimum" ->
          when(numbers.above(number(value), !isExclusive(location, "exclusiveMinimum")));
      case "maximum" ->
          when(numbers.below(number(value), !isExclusive(location, "exclusiveMaximum")));
      case "exclusiveMinimum" -> isFlag ? formulas.yes : when(numbers.above(number(value), false));
      case "exclusiveMaximum" -> isFlag ? formulas.yes : when(numbers.below(number(value), false));
      case "multipleOf" -> when(numbers.multiplesOf(positive(value)));
      default -> throw new AssertionError(key);
    };
  }

  // --- types and values

  private Formula type(JsonNode value, Draft draft) {
    List<Formula> choices = new ArrayList<>();
    for (JsonNode name : value.isArray() ? value : List.of(value)) {
      choices.add(
          switch (string(name)) {
            case "null" -> formulas.kind(Kind.NULL);
            case "boolean" -> formulas.kinds(Kind.TRUE.bit() | Kind.FALSE.bit());
            case "number" -> formulas.kind(Kind.NUMBER);
            case "integer" ->
                formulas.and(
                    formulas.kind(Kind.NUMBER),
                    formulas.number(numbers.integers(draft != Draft.DRAFT4)));
            case "string" -> formulas.kind(Kind.STRING);
            case "array" -> formulas.kind(Kind.ARRAY);
            case "object" -> formulas.kind(Kind.OBJECT);
            default ->
                throw new ConstraintException("names an unknown type `" + name.asText() + "`");
          });
    }
    return formulas.or(choices);
  }

  // --- arrays

  private Formula array(SchemaLocation location, String key, JsonNode value) {
    JsonNode schema = location.schema();
    boolean lists = location.draft().isBefore(Draft.DRAFT2020); // `items` may be a list
    return switch (key) {
      case "prefixItems" -> lists ? formulas.yes : tuple(location, key, value);
      case "items" -> {
        if (value.isArray() && !lists) {
          throw new ConstraintException(
              "is a list, as before draft 2020-12: name the draft with `$schema`, or use"
                  + " `prefixItems`");
        }
        int from = lists ? 0 : schema.path("prefixItems").size();
        yield value.isArray()
            ? tuple(location, key, value)
            : formulas.items(from, Formulas.UNBOUNDED, part(location, value, key));
      }
      case "additionalItems" ->
          lists && schema.path("items").isArray()
              ? formulas.items(
                  schema.get("items").size(), Formulas.UNBOUNDED, part(location, value, key))
              : formulas.yes;
      case "unevaluatedItems" -> unevaluated.items(location, part(location, value, key));
      case "contains" -> {
        boolean counts = !location.draft().isBefore(Draft.DRAFT2019);
        int min = counts && schema.has("minContains") ? count(schema.get("minContains")) : 1;
        int max =
            counts && schema.has("maxContains")
                ? count(schema.get("maxContains"))
                : Formulas.UNBOUNDED;
        yield location.draft() == Draft.DRAFT4
            ? formulas.yes
            : formulas.contains(part(location, value, key), min, max);
      }
      case "minItems" -> formulas.length(count(value), Formulas.UNBOUNDED);
      case "maxItems" -> formulas.length(0, count(value));
      case "uniqueItems" -> value.asBoolean() ? unique(location) : formulas.yes;
      default -> throw new AssertionError(key);
    };
  }

  private Formula tuple(SchemaLocation location, String key, JsonNode value) {
    List<Formula> items = new ArrayList<>();
    for (int i = 0; i < list(value).size(); i++) {
      items.add(formulas.items(i, i + 1, part(location, value.get(i), key, String.valueOf(i))));
    }
    return formulas.and(items);
  }

  private Formula unique(SchemaLocation location) {
    if (location.schema().path("maxItems").asInt(Formulas.UNBOUNDED) <= 1) {
      return formulas.yes;
    }
    hasUnique = true;
    return formulas.unique();
  }

  // --- objects

  private Formula object(SchemaLocation location, String key, JsonNode value) {
    return switch (key) {
      case "properties" -> properties(location, value);
      case "patternProperties" -> patternProperties(location, value);
      case "additionalProperties" -> additional(location, value);
      case "unevaluatedProperties" -> unevaluated.properties(location, part(location, value, key));
      case "propertyNames" -> names(location, value);
      case "required" -> formulas.and(present(list(value)));
      case "minProperties" -> formulas.properties(count(value), Formulas.UNBOUNDED);
      case "maxProperties" -> formulas.properties(0, count(value));
      case "dependencies" -> dependent(location, key, value); // later drafts leave it to the reader
      case "dependentRequired", "dependentSchemas" ->
          location.draft().isBefore(Draft.DRAFT2019)
              ? formulas.yes
              : dependent(location, key, value);
      default -> throw new AssertionError(key);
    };
  }

  private Formula properties(SchemaLocation location, JsonNode value) {
    List<Formula> parts = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : members(value).properties()) {
      String name = entry.getKey();
      Formula part = part(location, entry.getValue(), "properties", name);
      // also when it asks nothing, so that the property has its place in the order
      parts.add(formulas.named(name, part));
    }
    return formulas.and(parts);
  }

  private Formula patternProperties(SchemaLocation location, JsonNode value) {
    List<Formula> parts = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : members(value).properties()) {
      Term term = texts.containing(entry.getKey());
      Formula part = part(location, entry.getValue(), "patternProperties", entry.getKey());
      parts.add(formulas.each(new Names.Matching(term), part));
    }
    return formulas.and(parts);
  }

  /// Denies the properties whose names are not as the schema `value` has them.
  private Formula names(SchemaLocation location, JsonNode value) {
    Formula names = part(location, value, "propertyNames");
    narrowed.requireAbsent(shapes.of(names, Kind.STRING));
    deniesNarrowedDates |= narrowedDates.in(shapes.of(names, Kind.STRING)).isPresent();
    Term allowed = shapes.text(names);
    return location.draft() == Draft.DRAFT4 || allowed == texts.any()
        ? formulas.yes
        : formulas.each(new Names.Matching(texts.not(allowed)), formulas.no);
  }

  private List<Formula> present(JsonNode names) {
    List<Formula> parts = new ArrayList<>();
    names.forEach(name -> parts.add(formulas.has(string(name))));
    return parts;
  }

  private Formula additional(SchemaLocation location, JsonNode value) {
    Set<String> names = new LinkedHashSet<>();
    List<Term> patterns = new ArrayList<>();
    location.schema().path("properties").fieldNames().forEachRemaining(names::add);
    location
        .schema()
        .path("patternProperties")
        .fieldNames()
        .forEachRemaining(pattern -> patterns.add(texts.containing(pattern)));
    return formulas.each(
        new Names.Except(names, patterns), part(location, value, "additionalProperties"));
  }

  private Formula dependent(SchemaLocation location, String key, JsonNode value) {
    List<Formula> parts = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : members(value).properties()) {
      JsonNode needs = entry.getValue();
      List<Formula> needed =
          needs.isArray() ? present(needs) : List.of(part(location, needs, key, entry.getKey()));
      Formula absent = formulas.not(formulas.has(entry.getKey()));
      parts.add(formulas.or(absent, formulas.and(needed)));
    }
    return formulas.and(parts);
  }

  // --- values of keywords

  private static String string(JsonNode value) {
    if (!value.isTextual()) {
      throw new ConstraintException("needs a text");
    }
    return value.asText();
  }

  private static JsonNode list(JsonNode value) {
    if (!value.isArray()) {
      throw new ConstraintException("needs a list");
    }
    return value;
  }

  private static JsonNode members(JsonNode value) {
    if (!value.isObject()) {
      throw new ConstraintException("needs an object");
    }
    return value;
  }

  /// Whether draft 4's `exclusiveMinimum` or `exclusiveMaximum` says so of the bound beside it.
  private static boolean isExclusive(SchemaLocation location, String key) {
    return location.draft() == Draft.DRAFT4 && location.schema().path(key).asBoolean(false);
  }

  private static BigDecimal number(JsonNode value) {
    if (!value.isNumber()) {
      throw new ConstraintException(
          value.isBoolean()
              ? "needs a number; if the schema is of draft 4, name that with `$schema`"
              : "needs a number");
    }
    return value.decimalValue();
  }

  private static BigDecimal positive(JsonNode value) {
    if (number(value).signum() <= 0) {
      throw new ConstraintException("needs a number above zero");
    }
    return number(value);
  }

  /// A bound on how many; where it is beyond all measure, the largest number there is.
  private static int count(JsonNode value) {
    BigDecimal number = number(value);
    if (number.signum() < 0 || number.stripTrailingZeros().scale() > 0) {
      throw new ConstraintException("needs a whole number from 0 on");
    }
    return number.min(BigDecimal.valueOf(Formulas.UNBOUNDED)).intValue();
  }
}
