package dev.sgl.server.http;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.json.OutsideJson;
import java.io.IOException;
import java.util.List;

/// JSON that comes from outside, with limits, and that goes out.
public final class Json {
  private static final int MOST_DEPTH = 256;
  private static final int MOST_DIGITS = 1000;
  private static final int MOST_PARTS = 4_000_000; // names, values, brackets

  private static final ObjectMapper MAPPER =
      OutsideJson.mapper(
              new JsonFactoryBuilder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MOST_DEPTH)
                          .maxNumberLength(MOST_DIGITS)
                          .maxTokenCount(MOST_PARTS)
                          .maxStringLength(Integer.MAX_VALUE) // the body has a limit
                          .build()))
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  /// Texts that may complete a cut literal, number or name: the parser reports an early end
  /// only where the last token is whole.
  private static final List<String> GOING_ON =
      List.of("", "\"", "1", "rue", "ue", "e", "alse", "lse", "se", "ull", "ll", "l");

  private Json() {}

  /// A new, empty object.
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /// A new, empty array.
  public static ArrayNode array() {
    return MAPPER.createArrayNode();
  }

  /// `null`.
  public static JsonNode nothing() {
    return NullNode.getInstance();
  }

  /// A list, a map, a string, a number as JSON.
  public static JsonNode of(Object value) {
    return MAPPER.valueToTree(value);
  }

  /// JSON as maps, lists, strings, numbers and booleans.
  public static Object plain(JsonNode node) {
    return MAPPER.convertValue(node, Object.class);
  }

  /// A tree as text in UTF-8, without white space.
  public static byte[] bytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree can always be written
    }
  }

  /// The parser's message, without the description of its source.
  private static String said(JsonProcessingException e) {
    String message =
        e.getOriginalMessage().replaceAll("\\s*\\(?(start marker at )?\\[Source: .*", "");
    JsonLocation at = e.getLocation();
    return at == null
        ? message
        : "%s (line %d, column %d)".formatted(message, at.getLineNr(), at.getColumnNr());
  }

  /// Whether a text is the beginning of a JSON object, and ends before the object does.
  public static boolean isCut(String text) {
    return GOING_ON.stream().anyMatch(more -> endsEarly(text + more));
  }

  private static boolean endsEarly(String text) {
    try (JsonParser parser = MAPPER.createParser(text)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        parser.skipChildren();
      }
      return false;
    } catch (JsonEOFException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /// The JSON of a body.
  ///
  /// @throws ApiException if it is no JSON, or too deep
  public static JsonNode read(byte[] body) {
    try {
      JsonNode node = MAPPER.readTree(body);
      if (node == null || node.isMissingNode()) {
        throw ApiException.invalid("", "the body is empty; it must be a JSON object");
      }
      return node;
    } catch (JsonProcessingException e) {
      throw ApiException.invalid("", "the body is not JSON: " + said(e));
    } catch (IOException e) {
      throw ApiException.invalid("", "the body cannot be read: " + e.getMessage());
    }
  }
}
