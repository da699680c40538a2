package dev.sgl.remote;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.backend.BackendException;
import dev.sgl.program.Type;
import dev.sgl.program.TypeException;
import dev.sgl.program.Types;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What an endpoint has said, as the text of a typed value. Nothing that is not of its type comes
/// through, whatever the endpoint promised.
final class Values {
  private static final Pattern FENCED =
      Pattern.compile("\\A\\s*```[a-zA-Z]*\\s*\\n(.*?)\\n?\\s*```\\s*\\z", Pattern.DOTALL);
  private static final Pattern THOUGHT =
      Pattern.compile("\\A\\s*<think>.*?</think>", Pattern.DOTALL);
  private static final int SHOWN = 120;

  private Values() {}

  /// @throws BackendException if it is no value of the type
  static String read(String said, Type type, Plan.Held held, ObjectMapper json) {
    try {
      String value =
          switch (held) {
            case FREE, REGEX, GRAMMAR -> said;
            case SCHEMA -> json.readTree(bare(said)).toString();
            case WRAPPED, DESCRIBED -> unwrapped(bare(said), type, json);
          };
      Types.read(type, value);
      return value;
    } catch (JsonProcessingException e) {
      throw mismatch(said, type, "it is not JSON");
    } catch (TypeException e) {
      throw mismatch(said, type, String.valueOf(e.getMessage()));
    }
  }

  /// The values of a whole turn.
  ///
  /// @throws BackendException if one of them is not of its type
  static List<String> read(String said, WholeTurn turn, ObjectMapper json) {
    try {
      return turn.read(bare(said), json);
    } catch (JsonProcessingException e) {
      throw mismatch(said, turn.type(), "it is not JSON");
    } catch (TypeException e) {
      throw mismatch(said, turn.type(), String.valueOf(e.getMessage()));
    }
  }

  private static BackendException mismatch(String said, Type type, String why) {
    String shown = said.length() > SHOWN ? said.substring(0, SHOWN) + "…" : said;
    return new BackendException(
        "the endpoint's reply is not a `" + type.show() + "`: " + why + "; it said: " + shown);
  }

  /// Without a thought before it and a fence around it.
  private static String bare(String said) {
    String text = THOUGHT.matcher(said).replaceFirst("");
    Matcher fenced = FENCED.matcher(text);
    return fenced.matches() ? fenced.group(1) : text;
  }

  private static String unwrapped(String said, Type type, ObjectMapper json)
      throws JsonProcessingException {
    JsonNode tree = json.readTree(said);
    if (type instanceof Type.Rec) {
      return tree.toString();
    }
    JsonNode value =
        tree.isObject() && tree.size() == 1 && tree.has("value") ? tree.get("value") : tree;
    return text(value, type);
  }

  /// A value of `type` as its text.
  static String text(JsonNode value, Type type) {
    return value.isTextual() && !Types.isJson(type) ? value.textValue() : value.toString();
  }
}
