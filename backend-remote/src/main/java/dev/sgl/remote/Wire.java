package dev.sgl.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Sampling;
import dev.sgl.remote.ServerKind.Ability;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/// Sampling options as OpenAI's protocol names them, and the extensions of vLLM and SGLang for
/// those it does not know. Only what a program set is sent.
final class Wire {
  /// Extensions that a kind of server does not know.
  private static final Map<ServerKind, Set<String>> MISSING =
      Map.of(
          ServerKind.VLLM,
          Set.of("stop_regex"),
          ServerKind.SGLANG,
          Set.of("allowed_token_ids", "bad_words"),
          ServerKind.LLAMA_CPP,
          Set.of("min_tokens", "stop_token_ids", "stop_regex", "allowed_token_ids", "bad_words"));

  private Wire() {}

  /// @param most tokens of the reply
  /// @throws BackendException if the server does not know an option that is set
  static void sampling(Sampling sampling, OptionalInt most, ServerKind server, ObjectNode body) {
    boolean isOpenAi = server == ServerKind.OPENAI || server == ServerKind.AZURE;
    most.ifPresent(n -> body.put(isOpenAi ? "max_completion_tokens" : "max_tokens", n));
    sampling.choice().temperature().ifPresent(x -> body.put("temperature", x));
    sampling.choice().topP().ifPresent(x -> body.put("top_p", x));
    // seeds of 64 bits are no numbers for everyone
    sampling.choice().seed().ifPresent(n -> body.put("seed", n & Integer.MAX_VALUE));
    sampling.logprobs().ifPresent(n -> logprobs(n, body));
    if (sampling.penalties().frequency() != 0) {
      body.put("frequency_penalty", sampling.penalties().frequency());
    }
    if (sampling.penalties().presence() != 0) {
      body.put("presence_penalty", sampling.penalties().presence());
    }
    if (!sampling.stops().texts().isEmpty()) {
      sampling.stops().texts().forEach(body.putArray("stop")::add);
    }
    if (!sampling.penalties().logitBias().isEmpty()) {
      ObjectNode bias = body.putObject("logit_bias");
      sampling.penalties().logitBias().forEach((token, value) -> bias.put("" + token, value));
    }
    extensions(sampling, server, body);
  }

  /// What an answer says that it cost.
  static Reply.Usage usage(JsonNode answer) {
    JsonNode counts = answer.path("usage");
    return new Reply.Usage(
        counts.path("prompt_tokens").asInt(),
        counts.path("prompt_tokens_details").path("cached_tokens").asInt(),
        counts.path("completion_tokens").asInt(),
        0);
  }

  private static void logprobs(int count, ObjectNode body) {
    if (body.has("prompt")) {
      body.put("logprobs", count);
    } else {
      body.put("logprobs", true);
      body.put("top_logprobs", count);
    }
  }

  private static void extensions(Sampling sampling, ServerKind server, ObjectNode body) {
    ObjectNode extensions = body.objectNode();
    sampling.choice().topK().ifPresent(n -> extensions.put("top_k", n));
    sampling.choice().minP().ifPresent(x -> extensions.put("min_p", x));
    sampling.penalties().repetition().ifPresent(x -> extensions.put("repetition_penalty", x));
    if (sampling.length().minTokens() > 0) {
      extensions.put("min_tokens", sampling.length().minTokens());
    }
    if (sampling.stops().ignoreEos()) {
      extensions.put("ignore_eos", true);
    }
    if (!sampling.stops().tokens().isEmpty()) {
      sampling.stops().tokens().forEach(extensions.putArray("stop_token_ids")::add);
    }
    if (!sampling.stops().patterns().isEmpty()) {
      sampling.stops().patterns().forEach(extensions.putArray("stop_regex")::add);
    }
    if (!sampling.words().allowed().isEmpty()) {
      sampling.words().allowed().forEach(extensions.putArray("allowed_token_ids")::add);
    }
    if (!sampling.words().banned().isEmpty()) {
      sampling.words().banned().forEach(extensions.putArray("bad_words")::add);
    }
    List<String> names = extensions.properties().stream().map(Map.Entry::getKey).toList();
    requireKnown(names, server);
    names.forEach(name -> body.set(spelled(name, server), extensions.path(name)));
  }

  private static void requireKnown(List<String> names, ServerKind server) {
    Set<String> missing = MISSING.getOrDefault(server, Set.of());
    for (String name : names) {
      if (missing.contains(name)) {
        throw unknown(server, name);
      }
    }
    boolean isKnown = server.can(Ability.SAMPLING) || server == ServerKind.UNKNOWN;
    if (!names.isEmpty() && !isKnown) {
      throw unknown(server, names.getFirst());
    }
  }

  private static String spelled(String name, ServerKind server) {
    boolean isOther = server == ServerKind.LLAMA_CPP && name.equals("repetition_penalty");
    return isOther ? "repeat_penalty" : name;
  }

  private static BackendException unknown(ServerKind server, String option) {
    return new BackendException(
        "a server of the kind " + server.word() + " does not know the option `" + option + "`");
  }
}
