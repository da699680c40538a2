package dev.sgl.conversation;

import dev.sgl.backend.Writing.OnLength;
import dev.sgl.constraint.JsonStyle.Layout;
import dev.sgl.program.Values;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// An option of a generation, with the name that the language has for it.
///
/// @param value a value of programs
public record GenOption(String name, Object value) {

  /// Most tokens to generate.
  public static GenOption maxTokens(int tokens) {
    return new GenOption("max_tokens", (long) tokens);
  }

  /// Tokens before which free text may not end.
  public static GenOption minTokens(int tokens) {
    return new GenOption("min_tokens", (long) tokens);
  }

  /// How freely tokens are chosen; 0 takes the likeliest.
  public static GenOption temperature(double temperature) {
    return new GenOption("temperature", number(temperature));
  }

  /// Only of the likeliest tokens that have so much probability together.
  public static GenOption topP(double probability) {
    return new GenOption("top_p", number(probability));
  }

  /// Samples only from this number of the likeliest tokens; 0 is all.
  public static GenOption topK(int tokens) {
    return new GenOption("top_k", (long) tokens);
  }

  /// Only of tokens at least so probable, relative to the likeliest.
  public static GenOption minP(double probability) {
    return new GenOption("min_p", number(probability));
  }

  /// Texts before which the value ends.
  public static GenOption stop(String... texts) {
    return new GenOption("stop", texts.length == 1 ? texts[0] : List.of((Object[]) texts));
  }

  /// Makes the choice repeatable.
  public static GenOption seed(long seed) {
    return new GenOption("seed", seed);
  }

  /// Subtracted from a token's logit for each time that it was generated.
  public static GenOption frequencyPenalty(double penalty) {
    return new GenOption("frequency_penalty", number(penalty));
  }

  /// Subtracted once from each generated token's logit.
  public static GenOption presencePenalty(double penalty) {
    return new GenOption("presence_penalty", number(penalty));
  }

  /// Divides positive and multiplies negative logits of tokens seen.
  public static GenOption repetitionPenalty(double penalty) {
    return new GenOption("repetition_penalty", number(penalty));
  }

  /// Added to the logits of tokens, by token id.
  public static GenOption logitBias(Map<Integer, Double> bias) {
    Map<String, Object> byText = new LinkedHashMap<>();
    bias.forEach((token, value) -> byText.put(token.toString(), value));
    return new GenOption("logit_bias", byText);
  }

  /// Passes over the model's end of text.
  public static GenOption ignoreEos() {
    return new GenOption("ignore_eos", true);
  }

  /// The white space of JSON: that of the model, a blank after each comma and colon, or none.
  public static GenOption json(Layout layout) {
    return new GenOption("json", layout.name().toLowerCase(Locale.ROOT));
  }

  /// What happens to a value that is not complete where `max_tokens` comes near.
  public static GenOption onLength(OnLength value) {
    return new GenOption("on_length", value.name().toLowerCase(Locale.ROOT));
  }

  /// How many of the likeliest tokens `meta` tells of at each place.
  public static GenOption logprobs(int tokens) {
    return new GenOption("logprobs", (long) tokens);
  }

  /// How many values to generate at once; the value is a list.
  public static GenOption n(int count) {
    return new GenOption("n", (long) count);
  }

  /// Tokens after which values are closed at their earliest legal end: for `with` alone.
  public static GenOption budget(int tokens) {
    return new GenOption("budget", (long) tokens);
  }

  /// A number as it would be written: 0 and not 0.0.
  private static Object number(double number) {
    return number == Math.rint(number) ? (Object) (long) number : (Object) number;
  }

  @Override
  public String toString() {
    return name + ": " + Values.json(value);
  }
}
