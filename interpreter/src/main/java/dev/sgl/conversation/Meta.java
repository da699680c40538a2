package dev.sgl.conversation;

import dev.sgl.backend.Reply;
import dev.sgl.backend.Selection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What `meta(x)` knows of a value: the model, the tokens that it cost, and how it was chosen.
final class Meta {
  private Meta() {}

  static Map<String, Object> of(Reply reply, String model) {
    Map<String, Object> meta = usage(model, reply.usage(), reply.timing());
    meta.put("finish", reply.finish().name().toLowerCase(Locale.ROOT));
    meta.put("cut", (long) reply.cuts().strings());
    meta.put("closed", reply.cuts().closed());
    if (!reply.logprobs().isEmpty()) {
      meta.put("logprobs", reply.logprobs().stream().map(Meta::logprob).toList());
    }
    return meta;
  }

  static Map<String, Object> of(Selection selection, List<String> choices, String model) {
    Map<String, Object> meta = usage(model, selection.usage(), selection.timing());
    meta.put("method", selection.method());
    if (!selection.scores().isEmpty()) {
      Map<String, Object> scores = new LinkedHashMap<>();
      for (int i = 0; i < choices.size(); i++) {
        scores.putIfAbsent(choices.get(i), selection.scores().get(i));
      }
      meta.put("scores", scores);
    }
    return meta;
  }

  private static Map<String, Object> usage(String model, Reply.Usage usage, Reply.Timing timing) {
    Map<String, Object> meta = new LinkedHashMap<>();
    meta.put("model", model);
    meta.put("prompt_tokens", (long) usage.promptTokens());
    meta.put("cached_tokens", (long) usage.cachedTokens());
    meta.put("generated_tokens", (long) usage.generatedTokens());
    meta.put("forced_tokens", (long) usage.forcedTokens());
    meta.put("queued_ms", timing.queued());
    meta.put("first_token_ms", timing.firstToken());
    meta.put("total_ms", timing.total());
    return meta;
  }

  private static Map<String, Object> logprob(Reply.Logprob logprob) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("token", logprob.token());
    out.put("logprob", logprob.logprob());
    Map<String, Object> top = new LinkedHashMap<>();
    logprob.top().forEach(candidate -> top.putIfAbsent(candidate.token(), candidate.logprob()));
    out.put("top", top);
    return out;
  }
}
