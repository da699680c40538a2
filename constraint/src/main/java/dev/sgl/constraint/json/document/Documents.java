package dev.sgl.constraint.json.document;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.json.document.SchemaLocation.Target;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// The schemas that references lead to: by `$id`, by anchor and by JSON pointer, in the document
/// itself and in the others that were given. Nothing is ever fetched.
public final class Documents {
  private static final String DEFAULT_BASE = "sgl:/schema";
  private static final int MAX_DEPTH = 500;

  /// Keywords whose value is a schema, whose values are schemas, or whose items are.
  private static final Set<String> SCHEMAS =
      Set.of(
          "additionalItems",
          "additionalProperties",
          "contains",
          "contentSchema",
          "else",
          "if",
          "items",
          "not",
          "propertyNames",
          "then",
          "unevaluatedItems",
          "unevaluatedProperties");
  private static final Set<String> SCHEMA_MAPS =
      Set.of(
          "$defs",
          "definitions",
          "dependencies",
          "dependentSchemas",
          "patternProperties",
          "properties");
  private static final Set<String> SCHEMA_LISTS =
      Set.of("allOf", "anyOf", "items", "oneOf", "prefixItems");

  private final Map<String, Target> resources = new HashMap<>();
  private final Map<String, Target> anchors = new HashMap<>();
  private final Map<String, Map<String, Target>> dynamic = new HashMap<>(); // by resource, by name
  private final Function<String, Optional<JsonNode>> others;
  private final Target root;

  /// @param others the documents that references may lead to, by URI without fragment
  public Documents(JsonNode document, Function<String, Optional<JsonNode>> others) {
    this.others = others;
    Draft draft = Draft.of(document).orElse(Draft.DRAFT2020);
    root = new Target(document, baseOf(document, DEFAULT_BASE, draft), draft, "#");
    resources.put(DEFAULT_BASE, root);
    scan(document, DEFAULT_BASE, draft, "#", 0);
    resources.putIfAbsent(root.base(), root);
  }

  /// The document itself.
  public SchemaLocation root() {
    return enter(root, Map.of());
  }

  // --- what is where

  private void scan(JsonNode schema, String outer, Draft before, String pointer, int depth) {
    if (depth > MAX_DEPTH) {
      throw new ConstraintException("the schema is nested too deeply");
    }
    if (!schema.isObject()) {
      return;
    }
    Draft draft = Draft.of(schema).orElse(before);
    String base = baseOf(schema, outer, draft);
    Target here = new Target(schema, base, draft, pointer);
    if (!base.equals(outer)) {
      resources.putIfAbsent(base, here);
    }
    anchors(schema, base, here);
    for (Map.Entry<String, JsonNode> entry : schema.properties()) {
      String key = entry.getKey();
      JsonNode value = entry.getValue();
      String at = pointer + "/" + key;
      if (SCHEMAS.contains(key) && value.isObject()) {
        scan(value, base, draft, at, depth + 1);
      } else if (SCHEMA_LISTS.contains(key) && value.isArray()) {
        for (int i = 0; i < value.size(); i++) {
          scan(value.get(i), base, draft, at + "/" + i, depth + 1);
        }
      } else if (SCHEMA_MAPS.contains(key) && value.isObject()) {
        for (Map.Entry<String, JsonNode> part : value.properties()) {
          scan(part.getValue(), base, draft, at + "/" + part.getKey(), depth + 1);
        }
      }
    }
  }

  private void anchors(JsonNode schema, String base, Target here) {
    String plain = schema.path("$anchor").asText("");
    if (!plain.isEmpty() && !here.draft().isBefore(Draft.DRAFT2019)) {
      anchors.putIfAbsent(base + "#" + plain, here);
    }
    String moving = schema.path("$dynamicAnchor").asText("");
    if (!moving.isEmpty() && here.draft() == Draft.DRAFT2020) {
      anchors.putIfAbsent(base + "#" + moving, here);
      dynamic.computeIfAbsent(base, b -> new LinkedHashMap<>()).putIfAbsent(moving, here);
    }
    if (schema.path("$recursiveAnchor").asBoolean() && here.draft() == Draft.DRAFT2019) {
      dynamic.computeIfAbsent(base, b -> new LinkedHashMap<>()).putIfAbsent("", here);
    }
    String id = schema.path(here.draft().id()).asText("");
    if (id.startsWith("#") && id.length() > 1 && here.draft().isBefore(Draft.DRAFT2019)) {
      anchors.putIfAbsent(base + id, here);
    }
  }

  /// The base inside of `schema`, which stands where the base is `outer`.
  private static String baseOf(JsonNode schema, String outer, Draft draft) {
    JsonNode id = schema.path(draft.id());
    boolean hidden = draft.isBefore(Draft.DRAFT2019) && schema.has("$ref");
    if (!id.isTextual() || hidden || id.asText().startsWith("#")) {
      return outer;
    }
    return resolve(outer, id.asText()).split("#", 2)[0];
  }

  private static String resolve(String base, String reference) {
    try {
      URI uri = URI.create(base);
      if (uri.isOpaque()) {
        return reference.startsWith("#") ? base + reference : URI.create(reference).toString();
      }
      return reference.isEmpty() || reference.startsWith("#")
          ? base + reference
          : uri.resolve(reference).toString();
    } catch (IllegalArgumentException e) {
      throw new ConstraintException("`" + reference + "` is no reference to a schema");
    }
  }

  // --- where references lead

  /// The location of a part of the schema at `location`.
  public SchemaLocation part(SchemaLocation location, JsonNode part, String... keys) {
    SchemaLocation plain = location.at(part, keys);
    Draft draft = Draft.of(part).orElse(location.draft());
    String base = baseOf(part, location.base(), draft);
    return base.equals(location.base())
        ? plain
        : enter(new Target(part, base, draft, plain.pointer()), location.scope());
  }

  /// Where `$ref` at `location` leads.
  public SchemaLocation follow(SchemaLocation location, String reference) {
    return enter(find(location, reference), location.scope());
  }

  /// Where `$dynamicRef` leads (2020-12, section 8.2.3.2): to the outermost dynamic anchor of that
  /// name, if the reference itself leads to one.
  public SchemaLocation followDynamic(SchemaLocation location, String reference) {
    Target target = find(location, reference);
    String name = target.schema().path("$dynamicAnchor").asText("");
    boolean moves = !name.isEmpty() && reference.endsWith("#" + name);
    return enter(moves ? location.scope().getOrDefault(name, target) : target, location.scope());
  }

  /// Where `$recursiveRef` leads (2019-09, section 8.2.4.2.1).
  public SchemaLocation followRecursive(SchemaLocation location) {
    Target target = find(location, "#");
    boolean moves = target.schema().path("$recursiveAnchor").asBoolean();
    return enter(moves ? location.scope().getOrDefault("", target) : target, location.scope());
  }

  private SchemaLocation enter(Target target, Map<String, Target> scope) {
    Map<String, Target> inner = new HashMap<>(dynamic.getOrDefault(target.base(), Map.of()));
    inner.putAll(scope); // the outermost counts
    return new SchemaLocation(
        target.schema(), target.base(), target.draft(), target.pointer(), inner);
  }

  private Target find(SchemaLocation location, String reference) {
    String uri = resolve(location.base(), reference);
    String[] parts = uri.split("#", 2);
    String fragment = parts.length == 2 ? parts[1] : "";
    Target resource = resource(parts[0], location, reference);
    if (fragment.isEmpty()) {
      return resource;
    }
    if (fragment.startsWith("/")) {
      return pointed(resource, fragment).orElseThrow(() -> unknown(location, reference));
    }
    Target anchor = anchors.get(parts[0] + "#" + fragment);
    if (anchor == null) {
      throw unknown(location, reference);
    }
    return anchor;
  }

  private Target resource(String uri, SchemaLocation location, String reference) {
    Target known = resources.get(uri);
    if (known != null) {
      return known;
    }
    JsonNode document = others.apply(uri).orElseThrow(() -> unknown(location, reference));
    Draft draft = Draft.of(document).orElse(location.draft());
    String base = baseOf(document, uri, draft);
    Target target = new Target(document, base, draft, uri + "#");
    resources.put(uri, target);
    resources.putIfAbsent(base, target);
    scan(document, uri, draft, uri + "#", 0);
    return target;
  }

  private static ConstraintException unknown(SchemaLocation location, String reference) {
    return ConstraintException.at(
        location.pointer(), "the schema refers to `" + reference + "`, which is not there");
  }

  private static Optional<Target> pointed(Target resource, String fragment) {
    JsonNode node = resource.schema();
    String base = resource.base();
    Draft draft = resource.draft();
    String path = resource.pointer();
    for (String token : fragment.substring(1).split("/", -1)) {
      String key =
          URLDecoder.decode(token.replace("+", "%2B"), StandardCharsets.UTF_8)
              .replace("~1", "/")
              .replace("~0", "~");
      JsonNode next =
          node.isArray() && key.matches("\\d{1,9}")
              ? node.path(Integer.parseInt(key))
              : node.path(key);
      if (next.isMissingNode()) {
        return Optional.empty();
      }
      node = next;
      path += "/" + token;
      if (node.isObject()) {
        draft = Draft.of(node).orElse(draft);
        base = baseOf(node, base, draft);
      }
    }
    return Optional.of(new Target(node, base, draft, path));
  }
}
