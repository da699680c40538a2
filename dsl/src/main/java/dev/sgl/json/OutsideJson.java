package dev.sgl.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.databind.json.JsonMapper;

/// Reads JSON that others wrote: clients, models, endpoints, hubs, files.
public final class OutsideJson {
  private static final JsonMapper PLAIN = mapper().build();

  private OutsideJson() {}

  /// The mapper without further features.
  public static JsonMapper plain() {
    return PLAIN;
  }

  /// A mapper that keeps no table of the field names it has seen. Jackson's table is shared by
  /// everything that one mapper reads and never shrinks, so names of one client would fill it for
  /// all others. Depth, digits and lengths are bounded by Jackson's `StreamReadConstraints`.
  public static JsonMapper.Builder mapper() {
    return mapper(new JsonFactoryBuilder());
  }

  /// As [#mapper()], with limits of one's own.
  public static JsonMapper.Builder mapper(JsonFactoryBuilder factory) {
    return JsonMapper.builder(
        factory.disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES).build());
  }
}
