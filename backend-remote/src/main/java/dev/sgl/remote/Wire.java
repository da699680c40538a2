package dev.sgl.remote;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Sampling;

/// Sampling options as OpenAI's protocol names them, and the extensions of vLLM and SGLang for
/// those it does not know. Only what a program set is sent.
final class Wire {
  private Wire() {}

  static void sampling(Sampling sampling, ObjectNode body) {
    sampling.maxTokens().ifPresent(n -> body.put("max_tokens", n));
    sampling.temperature().ifPresent(x -> body.put("temperature", x));
    sampling.topP().ifPresent(x -> body.put("top_p", x));
    sampling.topK().ifPresent(n -> body.put("top_k", n));
    sampling.minP().ifPresent(x -> body.put("min_p", x));
    sampling.seed().ifPresent(n -> body.put("seed", n));
    sampling.repetitionPenalty().ifPresent(x -> body.put("repetition_penalty", x));
    sampling
        .logprobs()
        .ifPresent(
            n -> {
              body.put("logprobs", true);
              body.put("top_logprobs", n);
            });
    if (sampling.minTokens() > 0) {
      body.put("min_tokens", sampling.minTokens());
    }
    if (sampling.ignoreEos()) {
      body.put("ignore_eos", true);
    }
    if (sampling.frequencyPenalty() != 0) {
      body.put("frequency_penalty", sampling.frequencyPenalty());
    }
    if (sampling.presencePenalty() != 0) {
      body.put("presence_penalty", sampling.presencePenalty());
    }
    if (!sampling.stop().isEmpty()) {
      sampling.stop().forEach(body.putArray("stop")::add);
    }
    if (!sampling.logitBias().isEmpty()) {
      ObjectNode bias = body.putObject("logit_bias");
      sampling.logitBias().forEach((token, value) -> bias.put("" + token, value));
    }
  }
}
