package dev.sgl.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.program.Step;
import dev.sgl.remote.http.Cancellation;
import java.util.ArrayList;
import java.util.List;

/// Exact scores of choices, from servers that echo a prompt with the log-probabilities of its
/// tokens: those of a choice behind the prompt, all choices in one request.
final class EchoedScores {
  private final Link link;
  private final Endpoint endpoint;
  private final Cancellation wanted;
  private Reply.Usage usage = Reply.Usage.NONE;

  EchoedScores(Link link, Cancellation wanted) {
    this.link = link;
    this.endpoint = link.endpoint();
    this.wanted = wanted;
  }

  /// The scores of all choices.
  ///
  /// @throws BackendException if the server does not tell them
  List<Double> of(Question question) {
    List<List<Integer>> whole = new ArrayList<>();
    question.choices().forEach(choice -> whole.add(tokens(question.prompt(), choice)));
    List<Integer> prompt = tokens(question.prompt(), "");
    int shared = prompt.size();
    for (List<Integer> one : whole) { // a choice may change the prompt's last token
      shared = Math.min(shared, common(one, prompt));
    }
    List<Double> scores = means(whole, shared);
    if (question.method() == Step.Method.UNCONDITIONAL) {
      List<List<Integer>> alone = new ArrayList<>();
      int from = shared;
      // a token of its own stands for the prompt: the one that every text begins with
      whole.forEach(
          one -> {
            List<Integer> without = new ArrayList<>(one.subList(0, 1));
            without.addAll(one.subList(from, one.size()));
            alone.add(without);
          });
      List<Double> given = scores;
      List<Double> prior = means(alone, 1);
      scores = new ArrayList<>();
      for (int i = 0; i < given.size(); i++) {
        scores.add(given.get(i) - prior.get(i));
      }
    }
    return scores;
  }

  private static int common(List<Integer> a, List<Integer> b) {
    int i = 0;
    while (i < a.size() && i < b.size() && a.get(i).equals(b.get(i))) {
      i++;
    }
    return i;
  }

  /// The tokens of a prompt with a choice behind it, as the server sees them.
  private List<Integer> tokens(Prompt prompt, String choice) {
    ObjectNode body = endpoint.json().createObjectNode().put("model", link.options().model());
    switch (prompt) {
      case Prompt.Raw(var parts) -> body.put("prompt", Prompt.text(parts) + choice);
      case Prompt.Chat chat -> Body.conversation(chat, choice, body);
    }
    List<Integer> tokens = new ArrayList<>();
    endpoint.post("/tokenize", body, wanted).path("tokens").forEach(id -> tokens.add(id.asInt()));
    if (tokens.isEmpty()) {
      throw new BackendException("the endpoint " + endpoint.host() + " does not tokenize");
    }
    return tokens;
  }

  /// The mean log-probability of the tokens from the place `from` on, of each text.
  private List<Double> means(List<List<Integer>> texts, int from) {
    ObjectNode body = endpoint.json().createObjectNode().put("model", link.options().model());
    ArrayNode prompts = body.putArray("prompt");
    texts.forEach(text -> text.forEach(prompts.addArray()::add));
    body.put("echo", true).put("max_tokens", link.server() == ServerKind.VLLM ? 1 : 0);
    body.put("temperature", 0).put("logprobs", link.server() == ServerKind.VLLM ? 1 : 0);
    JsonNode answer = endpoint.post("completions", body, wanted);
    usage = usage.plus(Wire.usage(answer));
    List<Double> means = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      JsonNode logprobs = answer.path("choices").path(i).path("logprobs").path("token_logprobs");
      int end = texts.get(i).size();
      if (logprobs.size() < end || from >= end) {
        throw new BackendException("the endpoint " + endpoint.host() + " does not score prompts");
      }
      double sum = 0;
      for (int t = from; t < end; t++) {
        sum += logprobs.path(t).asDouble(RemoteSelector.NEVER);
      }
      means.add(sum / (end - from));
    }
    return means;
  }

  /// What the scores cost.
  Reply.Usage usage() {
    return usage;
  }
}
