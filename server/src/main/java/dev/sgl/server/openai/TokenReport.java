package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.parameters.SamplingReader;
import dev.sgl.server.turn.Answer;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/// The tokens of a call that its answer reports, as vLLM has it: `return_token_ids`, and
/// `prompt_logprobs`.
///
/// @param ids whether prompts and answers are also given as ids of tokens
/// @param logprobs how many of the likeliest tokens are reported at each place of the prompt; empty
///     for no log-probabilities of the prompt
record TokenReport(boolean ids, OptionalInt logprobs, Scheduling scheduling) {

  static TokenReport read(Fields fields, boolean stream) {
    OptionalInt logprobs = fields.integer("prompt_logprobs", 0, SamplingReader.MOST_LOGPROBS);
    if (logprobs.isPresent() && stream) {
      throw ApiException.invalid("prompt_logprobs", "a stream has no prompt_logprobs");
    }
    return new TokenReport(
        fields.flag("return_token_ids", false), logprobs, SamplingReader.scheduling(fields));
  }

  /// The report of a prompt, as members of an answer.
  ///
  /// @param backend that scores it
  ObjectNode prompt(Supplier<List<Integer>> tokens, TokenBackend backend) {
    ObjectNode body = Json.object();
    addPromptIds(body, tokens);
    if (logprobs.isEmpty()) {
      return body;
    }
    List<Integer> prompt = tokens.get();
    ArrayNode all = body.putArray("prompt_logprobs");
    prompt.stream().limit(1).forEach(_ -> all.addNull()); // nothing is before the first
    backend
        .score(prompt, logprobs.getAsInt(), scheduling)
        .forEach(place -> all.add(candidates(place)));
    return body;
  }

  /// Adds the ids of a prompt, if they are reported.
  void addPromptIds(ObjectNode body, Supplier<List<Integer>> prompt) {
    if (ids) {
      prompt.get().forEach(body.putArray("prompt_token_ids")::add);
    }
  }

  /// Adds the ids of an answer, if they are reported.
  void addAnswerIds(ObjectNode choice, Answer answer) {
    if (ids) {
      answer.tokens().forEach(choice.putArray("token_ids")::add);
    }
  }

  /// A place of the prompt: its own token first, then the likeliest. The rank of a token that is
  /// not among those is null.
  private static ObjectNode candidates(Reply.Logprob place) {
    ObjectNode all = Json.object();
    ObjectNode own = add(all, place.id(), place.token(), place.logprob()).putNull("rank");
    IntStream.range(0, place.top().size())
        .forEach(
            rank -> {
              Reply.Candidate other = place.top().get(rank);
              boolean isOwn = other.id() == place.id();
              ObjectNode entry = isOwn ? own : add(all, other.id(), other.token(), other.logprob());
              entry.put("rank", rank + 1);
            });
    return all;
  }

  private static ObjectNode add(ObjectNode all, int id, String token, double logprob) {
    return all.putObject(Integer.toString(id))
        .put("logprob", Math.max(Writer.LEAST_LOGPROB, logprob))
        .put("decoded_token", token);
  }
}
