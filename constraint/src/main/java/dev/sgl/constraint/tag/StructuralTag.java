package dev.sgl.constraint.tag;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sgl.constraint.Budget;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.machine.Node;
import java.util.function.Function;

/// Constraints in the form of structural tags: JSON that describes free text with tags in it, whose
/// contents are JSON for a schema, or texts of a grammar or a pattern.
public final class StructuralTag {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private StructuralTag() {}

  /// Whether a grammar is written as a structural tag: no other notation begins with a brace.
  public static boolean isOne(String grammar) {
    return grammar.stripLeading().startsWith("{");
  }

  /// The texts that a structural tag allows.
  ///
  /// @param inner makes the beginning of a content
  /// @throws ConstraintException if it is malformed, or cannot be followed
  public static Node compile(String tag, Function<Constraint, Node> inner, Budget budget) {
    Budget.requireShort("a structural tag", tag);
    JsonNode json;
    try {
      json = JSON.readTree(tag);
    } catch (JsonProcessingException e) {
      throw new ConstraintException("bad structural tag: it is no JSON");
    }
    return new TagNodes(inner, budget).whole(FormatParser.parse(json));
  }
}
