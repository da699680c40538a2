package dev.sgl.constraint.json.document;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/// The location of a schema, with the base URI and the scope in which it is read.
///
/// @param schema the schema itself
/// @param base the URI against which its references are resolved
/// @param pointer its JSON pointer in its document, for messages
/// @param scope the dynamic anchors in scope: the target of each by its name
public record SchemaLocation(
    JsonNode schema, String base, Draft draft, String pointer, Map<String, Target> scope) {

  /// Where a reference leads, before it is known in what scope.
  public record Target(JsonNode schema, String base, Draft draft, String pointer) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Target that && schema == that.schema && base.equals(that.base);
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(schema);
    }
  }

  public SchemaLocation {
    scope = Map.copyOf(scope);
  }

  /// The location of the part of this schema that `keys` lead to.
  SchemaLocation at(JsonNode part, String... keys) {
    StringBuilder path = new StringBuilder(pointer);
    for (String key : keys) {
      path.append('/').append(key.replace("~", "~0").replace("/", "~1"));
    }
    return new SchemaLocation(part, base, draft, path.toString(), scope);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SchemaLocation that
        && schema == that.schema
        && base.equals(that.base)
        && scope.equals(that.scope);
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(schema);
  }
}
