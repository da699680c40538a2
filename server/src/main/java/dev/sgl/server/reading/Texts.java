package dev.sgl.server.reading;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.Streams;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.parameters.Conversations;
import dev.sgl.server.parameters.Inputs;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Served;
import dev.sgl.server.turn.Together;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.function.Function;

/// The texts of a call, as the tokens that the model reads.
record Texts(List<List<Integer>> tokens) {
  private static final String CUT = "truncate_prompt_tokens";

  /// Reads a text or several, or `messages` as one text: a conversation that is over.
  static Texts read(Fields fields, String name, Served served) {
    TokenBackend backend = served.backend();
    if (fields.has("messages")) {
      return new Texts(List.of(backend.tokens(new Conversations(served).finished(fields))));
    }
    boolean whole = fields.flag("add_special_tokens", true);
    String prompt = prompt(fields, backend.reading());
    OptionalInt most = most(fields, backend.card().context());
    JsonNode given = fields.any(name).orElseThrow(() -> fields.missing(name));
    if (most.isPresent() && isTexts(given)) {
      return filled(
          strings(fields, name, Inputs.MOST).stream()
              .map(text -> backend.firstTokens(prompt + text, most.getAsInt()))
              .toList(),
          fields.name(name));
    }
    return filled(
        Inputs.read(fields, name, backend, whole, prompt).stream()
            .map(Inputs.Input::tokens)
            .map(all -> all.subList(0, Math.min(all.size(), most.orElse(all.size()))))
            .toList(),
        fields.name(name));
  }

  /// Texts that have tokens.
  ///
  /// @throws ApiException if one has none
  private static Texts filled(List<List<Integer>> tokens, String name) {
    if (tokens.stream().anyMatch(List::isEmpty)) {
      throw ApiException.invalid(name, "invalid_value", name + " has a text without a token");
    }
    return new Texts(tokens);
  }

  private static boolean isTexts(JsonNode given) {
    return given.isTextual()
        || Streams.stream(given).allMatch(JsonNode::isTextual) && !given.isEmpty();
  }

  /// The text before texts: the prompt that a call names, or the folder's own.
  private static String prompt(Fields fields, TokenBackend.ReadingCard card) {
    Optional<String> named = fields.text("prompt_name");
    if (named.isPresent() && !card.prompts().containsKey(named.get())) {
      throw ApiException.invalid(
          "prompt_name",
          "invalid_value",
          "the model has no prompt `"
              + named.get()
              + "`"
              + (card.prompts().isEmpty() ? "" : "; it has " + names(card)));
    }
    return named.or(card::prompt).map(card.prompts()::get).orElse("");
  }

  private static String names(TokenBackend.ReadingCard card) {
    return String.join(", ", card.prompts().keySet().stream().sorted().toList());
  }

  /// The most tokens that are kept of a text; −1 asks for as many as the model takes.
  static OptionalInt most(Fields fields, int context) {
    OptionalInt asked = fields.integer(CUT, -1, context);
    if (asked.isPresent() && asked.getAsInt() == 0) {
      throw ApiException.invalid(CUT, "invalid_value", CUT + " must be -1 or at least 1");
    }
    return asked.isPresent() && asked.getAsInt() < 0 ? OptionalInt.of(context) : asked;
  }

  /// The results of a work for each, all at once, in their order.
  <T> List<T> each(Function<List<Integer>, T> work) {
    return Together.all(tokens.stream().<Callable<T>>map(text -> () -> work.apply(text)).toList());
  }

  /// The vectors of all.
  List<float[]> vectors(TokenBackend backend, TokenBackend.Pooling how, Scheduling scheduling) {
    return each(text -> backend.embed(text, how, scheduling));
  }

  /// The number of tokens of all.
  int count() {
    return tokens.stream().mapToInt(List::size).sum();
  }

  /// Writes the number of tokens that were read.
  static void usage(ObjectNode body, int tokens) {
    body.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
  }

  /// The beginning of an answer with a list.
  static ObjectNode answer(RequestContext request, Served served) {
    return Json.object()
        .put("id", request.id())
        .put("object", "list")
        .put("created", System.currentTimeMillis() / 1000)
        .put("model", served.name());
  }

  /// A text or a list of texts.
  static List<String> strings(Fields fields, String name, int most) {
    JsonNode node = fields.any(name).orElseThrow(() -> fields.missing(name));
    return node.isTextual() ? List.of(node.textValue()) : fields.texts(name, most);
  }
}
