package dev.sgl.remote;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.json.OutsideJson;
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

  /// One value and nothing behind it, and nothing said twice.
  private static final ObjectMapper JSON =
      OutsideJson.mapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private Values() {}

  /// A reply that is no value of its type.
  static final class Mismatch extends Exception {
    private static final long serialVersionUID = 1;

    Mismatch(String message) {
      super(message);
    }
  }

  /// @throws Mismatch if it is no value of the type
  static String read(String said, Type type, Plan.Held held) throws Mismatch {
    try {
      String value =
          switch (held) {
            case FREE, REGEX, GRAMMAR -> said;
            case SCHEMA -> asWritten(bare(said));
            case WRAPPED, DESCRIBED -> unwrapped(bare(said), type);
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
  /// @throws Mismatch if one of them is not of its type
  static List<String> read(String said, WholeTurn turn) throws Mismatch {
    try {
      return turn.read(JSON.readTree(bare(said)));
    } catch (JsonProcessingException e) {
      throw mismatch(said, turn.type(), "it is not JSON");
    } catch (TypeException e) {
      throw mismatch(said, turn.type(), String.valueOf(e.getMessage()));
    }
  }

  private static Mismatch mismatch(String said, Type type, String why) {
    String shown = said.length() > SHOWN ? said.substring(0, SHOWN) + "…" : said;
    return new Mismatch(
        "the endpoint's reply is not a `" + type.show() + "`: " + why + "; it said: " + shown);
  }

  /// Without a thought before it and a fence around it.
  private static String bare(String said) {
    String text = THOUGHT.matcher(said).replaceFirst("");
    Matcher fenced = FENCED.matcher(text);
    return fenced.matches() ? fenced.group(1) : text;
  }

  /// The text of a value, with the white space that the model gave it: in the next prompt it stands
  /// as the model wrote it.
  private static String asWritten(String said) throws JsonProcessingException {
    JSON.readTree(said);
    return said.strip();
  }

  private static String unwrapped(String said, Type type) throws JsonProcessingException {
    if (type instanceof Type.Rec) {
      return asWritten(said);
    }
    JsonNode tree = JSON.readTree(said);
    boolean isWrapped = tree.isObject() && tree.size() == 1 && tree.has("value");
    return text(isWrapped ? tree.get("value") : tree, type);
  }

  /// A value of `type` as its text. A type of raw text comes as a JSON string, a number as a
  /// number; no other kind of value is converted.
  ///
  /// @throws TypeException if it is another kind of value
  static String text(JsonNode value, Type type) {
    boolean isJson = Types.isJson(type);
    boolean isFitting =
        switch (type) {
          case Type.Int _, Type.Float _ -> value.isNumber();
          case Type.Bool _ -> value.isBoolean();
          case Type.Text _, Type.Str _, Type.Pattern _, Type.Grammar _ -> value.isTextual();
          case Type.Literal _, Type.OneOf _, Type.Recursive _, Type.Ref _, Type.Any _ ->
              isJson || value.isTextual() || value.isNumber() || value.isBoolean();
          case Type.Rec _, Type.Array _, Type.MapOf _, Type.Call _, Type.Schema _ ->
              !value.isMissingNode();
        };
    if (!isFitting || value.isMissingNode()) {
      throw new TypeException("a `" + type.show() + "` is needed, not " + value.getNodeType());
    }
    return value.isTextual() && !isJson ? value.textValue() : value.toString();
  }
}
