package dev.sgl.constraint.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.constraint.Budget;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.json.document.Documents;
import dev.sgl.constraint.machine.Node;
import dev.sgl.constraint.regex.Terms;
import java.util.Optional;
import java.util.function.Function;

/// Makes the beginning of a [dev.sgl.constraint.machine.Machine] of a JSON Schema.
public final class JsonSchemas {
  private JsonSchemas() {}

  /// @param others documents that references may lead to, by URI
  /// @param formats how `format` is followed
  /// @throws ConstraintException if the schema cannot be held to exactly, or no value satisfies it
  public static Node compile(
      JsonNode schema,
      JsonStyle style,
      Constraint.JsonSchema.Formats formats,
      Function<String, Optional<JsonNode>> others,
      Budget budget) {
    Terms terms = new Terms(budget);
    Documents documents = new Documents(schema, others);
    Language language = Language.of(budget, terms);
    SchemaReader reader = new SchemaReader(documents, language, style, formats);
    JsonNodes nodes = new JsonNodes(language, reader.shapes(), style);
    Formula any = reader.readAll(documents.root(), new UniqueItems(nodes));
    if (reader.deniesNarrowedDates()) {
      return compile(schema, style, Constraint.JsonSchema.Formats.ASSERTED, others, budget);
    }
    boolean isObject = style.syntax().outer().isPresent();
    Formula formula = isObject ? nodes.formulas.and(any, nodes.formulas.kind(Kind.OBJECT)) : any;
    if (!nodes.isPossible(formula)) {
      throw new ConstraintException("no value satisfies the schema");
    }
    return nodes.start(formula);
  }
}
