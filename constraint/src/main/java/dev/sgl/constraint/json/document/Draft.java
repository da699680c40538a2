package dev.sgl.constraint.json.document;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/// The versions of JSON Schema, the older first.
public enum Draft {
  DRAFT4("http://json-schema.org/draft-04/schema"),
  DRAFT6("http://json-schema.org/draft-06/schema"),
  DRAFT7("http://json-schema.org/draft-07/schema"),
  DRAFT2019("https://json-schema.org/draft/2019-09/schema"),
  DRAFT2020("https://json-schema.org/draft/2020-12/schema");

  private final String uri;

  Draft(String uri) {
    this.uri = uri;
  }

  /// The draft that `$schema` of `schema` names; empty if it names none.
  public static Optional<Draft> of(JsonNode schema) {
    String named = schema.path("$schema").asText("");
    String plain = named.endsWith("#") ? named.substring(0, named.length() - 1) : named;
    for (Draft draft : values()) {
      if (draft.uri.equals(
          plain.replaceFirst(
              "^https?://json-schema.org/draft-", "http://json-schema.org/draft-"))) {
        return Optional.of(draft);
      }
    }
    return Optional.empty();
  }

  /// Whether this draft is older than `other`.
  public boolean isBefore(Draft other) {
    return ordinal() < other.ordinal();
  }

  /// The keyword that names a schema.
  String id() {
    return this == DRAFT4 ? "id" : "$id";
  }
}
