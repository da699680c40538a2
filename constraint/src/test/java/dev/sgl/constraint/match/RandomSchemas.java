package dev.sgl.constraint.match;

import java.util.List;
import java.util.SplittableRandom;

/// Makes schemas in which assertions meet: counts and recursion, denied names, choices.
final class RandomSchemas {
  static final List<String> NAMES = List.of("a", "b", "ab", "1", "2");

  private final SplittableRandom random;

  RandomSchemas(SplittableRandom random) {
    this.random = random;
  }

  String root() {
    return "{\"$defs\":{\"A\":%s,\"B\":%s},\"$ref\":\"#/$defs/A\"}"
        .formatted(definition(3), definition(2));
  }

  /// No bare reference: one that leads back to itself asks nothing.
  private String definition(int depth) {
    String schema = schema(depth);
    return schema.startsWith("{\"$ref\"") ? definition(depth) : schema;
  }

  private String schema(int depth) {
    return switch (random.nextInt(depth == 0 ? 4 : 9)) {
      case 0 -> "{\"type\":\"integer\",\"minimum\":1,\"maximum\":%d}".formatted(number(1, 30));
      case 1 -> "{\"enum\":[\"x\",\"%s\",%d,null]}".formatted(name(), number(0, 3));
      case 2 -> "{\"type\":\"string\",\"maxLength\":%d}".formatted(number(0, 4));
      case 3 -> "{\"$ref\":\"#/$defs/%s\"}".formatted(random.nextBoolean() ? "A" : "B");
      case 4 -> array(depth - 1);
      case 5 -> choice(depth - 1);
      default -> object(depth - 1);
    };
  }

  private String array(int depth) {
    String more =
        switch (random.nextInt(4)) {
          case 0 -> ",\"contains\":%s,\"minContains\":%d".formatted(schema(depth), number(0, 2));
          case 1 -> ",\"prefixItems\":[%s]".formatted(schema(depth));
          case 2 -> ",\"minItems\":1";
          default -> "";
        };
    String unique = random.nextInt(3) == 0 ? ",\"uniqueItems\":true" : "";
    return "{\"type\":\"array\",\"items\":%s,\"maxItems\":%d%s%s}"
        .formatted(schema(depth), number(1, 3), more, unique);
  }

  private String choice(int depth) {
    String kind = List.of("anyOf", "oneOf", "allOf").get(random.nextInt(3));
    return "{\"%s\":[%s,%s]}".formatted(kind, schema(depth), schema(depth));
  }

  private String object(int depth) {
    StringBuilder all = new StringBuilder("{\"type\":\"object\",\"properties\":{");
    all.append("\"%s\":%s,\"%s\":%s}".formatted("a", schema(depth), "b", schema(depth)));
    switch (random.nextInt(3)) {
      case 0 -> all.append(",\"additionalProperties\":false");
      case 1 -> all.append(",\"additionalProperties\":").append(schema(depth));
      default ->
          all.append(",\"patternProperties\":{\"^[0-9]$\":%s}".formatted(schema(depth)))
              .append(",\"additionalProperties\":false");
    }
    if (random.nextInt(2) == 0) {
      all.append(",\"minProperties\":%d".formatted(number(1, 2)));
    }
    if (random.nextInt(2) == 0) {
      all.append(",\"maxProperties\":%d".formatted(number(1, 3)));
    }
    switch (random.nextInt(6)) {
      case 0 -> all.append(",\"required\":[\"%s\"]".formatted(name()));
      case 1 ->
          all.append(",\"propertyNames\":{\"enum\":[\"%s\",\"%s\"]}".formatted(name(), name()));
      case 2 ->
          all.append(
              ",\"not\":{\"propertyNames\":{\"not\":{\"enum\":[\"%s\"]}}}".formatted(name()));
      case 3 -> all.append(",\"not\":{\"required\":[\"%s\"]}".formatted(name()));
      case 4 -> all.append(",\"dependentRequired\":{\"%s\":[\"%s\"]}".formatted(name(), name()));
      default -> {}
    }
    return all.append('}').toString();
  }

  private String name() {
    return NAMES.get(random.nextInt(NAMES.size()));
  }

  private int number(int least, int most) {
    return random.nextInt(least, most + 1);
  }
}
