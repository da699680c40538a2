package dev.sgl.constraint.json.document;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/// Where a schema stands, and what is needed to read it there.
///
/// @param schema the schema itself
/// @param base the URI against which its references are resolved
/// @param pointer where it stands in its document, for messages
/// @param scope what the dynamic anchors mean that are in scope: the place of each by its name
public record Place(
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

  public Place {
    scope = Map.copyOf(scope);
  }

  /// The place of the part `key` of this schema.
  Place at(JsonNode part, String... keys) {
    StringBuilder path = new StringBuilder(pointer);
    for (String key : keys) {
      path.append('/').append(key.replace("~", "~0").replace("/", "~1"));
    }
    return new Place(part, base, draft, path.toString(), scope);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Place that
        && schema == that.schema
        && base.equals(that.base)
        && scope.equals(that.scope);
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(schema);
  }
}
