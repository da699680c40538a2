package dev.sgl.server.parameters;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.TokenBackend;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.StreamSupport;

/// Prompts that come as a text, as a list of tokens, or as a list of either.
public final class Inputs {
  /// The most inputs of a call.
  public static final int MOST = 2048;

  private Inputs() {}

  /// One of them.
  ///
  /// @param text none if it came as tokens
  public record Input(Optional<String> text, List<Integer> tokens) {
    /// The prompt as its tokens.
    public Prompt prompt() {
      return new Prompt.Raw(List.of(new Prompt.Part.Tokens(tokens)));
    }

    /// Its last tokens, `most` of them at most.
    public Input last(int most) {
      return tokens.size() <= most
          ? this
          : new Input(Optional.empty(), tokens.subList(tokens.size() - most, tokens.size()));
    }

    /// The prompt as its text, whose last token may become another with what follows.
    public Prompt healed() {
      return text.<Prompt>map(t -> new Prompt.Raw(List.of(new Prompt.Part.Written(t))))
          .orElseGet(this::prompt);
    }
  }

  /// The inputs of a call in their order; texts begin as every text of the model does.
  ///
  /// @throws ApiException if there is none, or a token is not the model's
  public static List<Input> read(Fields fields, String name, TokenBackend backend) {
    return read(fields, name, backend, true);
  }

  /// The inputs of a call in their order.
  ///
  /// @param whole whether a text gets what begins every text of the model
  public static List<Input> read(Fields fields, String name, TokenBackend backend, boolean whole) {
    return read(fields, name, backend, whole, "");
  }

  /// The inputs of a call in their order.
  ///
  /// @param prompt that comes before each text
  public static List<Input> read(
      Fields fields, String name, TokenBackend backend, boolean whole, String prompt) {
    JsonNode node = fields.any(name).orElseThrow(() -> fields.missing(name));
    List<Input> inputs = new ArrayList<>();
    if (!node.isArray() || isTokens(node)) {
      inputs.add(one(node, name, backend, whole, prompt));
    } else {
      fields.items(name, MOST).forEach(item -> inputs.add(one(item, name, backend, whole, prompt)));
    }
    if (inputs.isEmpty()) {
      throw ApiException.invalid(name, "invalid_value", name + " is empty");
    }
    return inputs;
  }

  /// The number of tokens to which prompts are cut: `truncate_prompt_tokens`; -1 leaves just room
  /// for the answer.
  ///
  /// @param answer most tokens of the answer
  public static OptionalInt most(Fields fields, int context, OptionalInt answer) {
    OptionalInt most = fields.integer("truncate_prompt_tokens", -1, Integer.MAX_VALUE);
    if (most.isPresent() && most.getAsInt() == 0) {
      throw ApiException.invalid(
          "truncate_prompt_tokens", "truncate_prompt_tokens must be -1, or 1 or more");
    }
    int room = Math.max(1, context - Math.max(1, answer.orElse(1)));
    return most.isPresent() && most.getAsInt() < 0 ? OptionalInt.of(room) : most;
  }

  /// Refuses more answers than one call may ask for.
  public static void requireFew(List<Input> inputs, int n) {
    if ((long) inputs.size() * n > MOST) {
      throw ApiException.invalid(
          "n", "too_many", "prompts times n are more than " + MOST + " answers");
    }
  }

  private static boolean isTokens(JsonNode node) {
    return node.isArray()
        && !node.isEmpty()
        && StreamSupport.stream(node.spliterator(), false).allMatch(JsonNode::isNumber);
  }

  private static Input one(
      JsonNode node, String name, TokenBackend backend, boolean whole, String prompt) {
    if (node.isTextual()) {
      String text = prompt + node.textValue();
      return new Input(Optional.of(text), backend.tokens(text, whole));
    }
    int vocabulary = backend.card().vocabulary();
    if (!isTokens(node)) {
      throw ApiException.invalid(
          name, "invalid_type", name + " must be a string, a list of tokens, or a list of either");
    }
    List<Integer> tokens = new ArrayList<>();
    for (JsonNode token : node) {
      if (!token.isIntegralNumber() || !token.canConvertToInt()) {
        throw ApiException.invalid(name, "invalid_type", token + " is no token");
      }
      if (token.intValue() < 0 || token.intValue() >= vocabulary) {
        throw ApiException.invalid(
            name, "invalid_value", "the model has no token " + token + " of its " + vocabulary);
      }
      tokens.add(token.intValue());
    }
    return new Input(Optional.empty(), tokens);
  }
}
