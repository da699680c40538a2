package dev.sgl.constraint.syntax;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.constraint.Syntax;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Writes objects in a [Syntax], with the white space of Python's `json.dumps` where that is
/// JSON's.
public final class SyntaxWriter {
  private final Syntax syntax;

  /// A writer of objects of `syntax`.
  public SyntaxWriter(Syntax syntax) {
    this.syntax = syntax;
  }

  /// An object as it is written.
  public String write(JsonNode object) {
    return syntax.outer().map(form -> members(object, form)).orElseGet(() -> value(object));
  }

  private List<Map.Entry<String, JsonNode>> properties(JsonNode object) {
    List<Map.Entry<String, JsonNode>> all = new ArrayList<>(object.properties());
    if (syntax.sorted()) {
      all.sort(Map.Entry.comparingByKey(String.CASE_INSENSITIVE_ORDER));
    }
    return all;
  }

  private String members(JsonNode object, Syntax.Members form) {
    return properties(object).stream()
        .map(
            property ->
                form.beforeName()
                    + property.getKey()
                    + form.afterName()
                    + member(property.getValue(), form))
        .collect(Collectors.joining(form.between(), form.begin(), form.end()));
  }

  private String member(JsonNode value, Syntax.Members form) {
    Optional<Syntax.Raw> raw = form.strings().filter(_ -> value.isTextual());
    return raw.isPresent()
        ? raw.get().begin() + value.textValue() + raw.get().end()
        : form.beforeValue() + value(value) + form.afterValue();
  }

  private String value(JsonNode value) {
    return switch (value.getNodeType()) {
      case NULL -> syntax.scalars().nothing();
      case BOOLEAN -> value.booleanValue() ? syntax.scalars().yes() : syntax.scalars().no();
      case STRING ->
          syntax
              .scalars()
              .strings()
              .map(raw -> raw.begin() + value.textValue() + raw.end())
              .orElseGet(() -> ValueReader.quoted(value.textValue()));
      case ARRAY -> {
        List<String> items = new ArrayList<>();
        value.forEach(item -> items.add(value(item)));
        yield "[" + String.join(comma(), items) + "]";
      }
      case OBJECT -> syntax.inner().map(form -> members(value, form)).orElseGet(() -> json(value));
      default -> value.toString();
    };
  }

  private String comma() {
    return syntax.inner().map(Syntax.Members::between).orElse(", ");
  }

  private String json(JsonNode object) {
    return properties(object).stream()
        .map(property -> ValueReader.quoted(property.getKey()) + ": " + value(property.getValue()))
        .collect(Collectors.joining(", ", "{", "}"));
  }
}
