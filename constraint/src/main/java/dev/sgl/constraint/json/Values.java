package dev.sgl.constraint.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.json.scalar.Numbers;
import dev.sgl.constraint.json.scalar.Texts;
import dev.sgl.constraint.regex.Term;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The formulas of single values: of `const`, of `enum`, and of texts that write a value.
final class Values {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private final Formulas formulas;
  private final Texts texts;
  private final Numbers numbers;
  private final Set<Formula> singles = new HashSet<>(); // numbers of one value

  Values(Formulas formulas, Texts texts, Numbers numbers) {
    this.formulas = formulas;
    this.texts = texts;
    this.numbers = numbers;
  }

  /// Only the value that `text` writes.
  Formula written(byte[] text) {
    try {
      return only(JSON.readTree(new String(text, StandardCharsets.UTF_8)));
    } catch (JsonProcessingException | NumberFormatException e) {
      throw ConstraintException.tooComplex("an item that must differ from others is too large");
    }
  }

  /// Whether an assertion of a string or a number leaves a single value. Different assertions are
  /// then of different values.
  boolean isSingle(Formula assertion) {
    return assertion instanceof Formula.Text text && isWord(text.term)
        || singles.contains(assertion);
  }

  private static boolean isWord(Term term) {
    Term rest = term;
    while (rest instanceof Term.Concat(_, Term.Bytes(_, var set), var tail) && set.size() == 1) {
      rest = tail;
    }
    return rest instanceof Term.Bytes(_, var last) && last.size() == 1;
  }

  /// Only `value`.
  Formula only(JsonNode value) {
    return switch (value.getNodeType()) {
      case NULL -> formulas.kind(Kind.NULL);
      case BOOLEAN -> formulas.kind(value.asBoolean() ? Kind.TRUE : Kind.FALSE);
      case NUMBER -> {
        Formula number = formulas.number(numbers.value(value.decimalValue()));
        singles.add(number);
        yield formulas.and(formulas.kind(Kind.NUMBER), number);
      }
      case STRING ->
          formulas.and(formulas.kind(Kind.STRING), formulas.text(texts.only(value.asText())));
      case ARRAY -> array(value);
      case OBJECT -> object(value);
      default -> throw new ConstraintException("holds what is not JSON");
    };
  }

  private Formula array(JsonNode value) {
    List<Formula> parts = new ArrayList<>();
    parts.add(formulas.kind(Kind.ARRAY));
    parts.add(formulas.length(value.size(), value.size()));
    for (int i = 0; i < value.size(); i++) {
      parts.add(formulas.items(i, i + 1, only(value.get(i))));
    }
    return formulas.and(parts);
  }

  private Formula object(JsonNode value) {
    List<Formula> parts = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    parts.add(formulas.kind(Kind.OBJECT));
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      names.add(entry.getKey());
      parts.add(formulas.each(new Names.Named(entry.getKey()), only(entry.getValue())));
      parts.add(formulas.has(entry.getKey()));
    }
    parts.add(formulas.each(new Names.Except(names, List.of()), formulas.no));
    return formulas.and(parts);
  }
}
