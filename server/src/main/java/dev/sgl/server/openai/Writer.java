package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Reply;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Token;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.Answer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// The parts that answers have in common.
public final class Writer {
  /// What OpenAI's API says of a probability that rounds to none.
  static final double LEAST_LOGPROB = -9999;

  private Writer() {}

  static String finish(Answer.Finish finish) {
    return switch (finish) {
      case STOP -> "stop";
      case LENGTH -> "length";
      case CALLS -> "tool_calls";
    };
  }

  /// The usage of a prompt and all its answers.
  static ObjectNode usage(int prompt, int cached, List<Answer> answers) {
    int generated = answers.stream().mapToInt(a -> a.usage().generatedTokens()).sum();
    ObjectNode usage = usage(prompt, cached, generated);
    usage
        .putObject("completion_tokens_details")
        .put("reasoning_tokens", answers.stream().mapToInt(Answer::thoughtTokens).sum());
    return usage;
  }

  static ObjectNode usage(int prompt, int cached, int generated) {
    ObjectNode usage = Json.object();
    usage.put("prompt_tokens", prompt);
    usage.put("completion_tokens", generated);
    usage.put("total_tokens", prompt + generated);
    usage.putObject("prompt_tokens_details").put("cached_tokens", cached);
    return usage;
  }

  /// Answers to one prompt: the first one's prompt is that of all.
  static ObjectNode usage(List<Answer> answers) {
    Reply.Usage first = answers.getFirst().usage();
    return usage(first.promptTokens(), first.cachedTokens(), answers);
  }

  /// Log-probabilities as chats have them.
  public static ObjectNode logprobs(List<Reply.Logprob> logprobs, TokenBackend backend) {
    ObjectNode node = Json.object();
    ArrayNode content = node.putArray("content");
    for (Reply.Logprob logprob : logprobs) {
      ObjectNode entry = content.addObject();
      token(entry, logprob.id(), logprob.token(), logprob.logprob(), backend);
      ArrayNode top = entry.putArray("top_logprobs");
      logprob.top().forEach(c -> token(top.addObject(), c.id(), c.token(), c.logprob(), backend));
    }
    node.putNull("refusal");
    return node;
  }

  private static void token(
      ObjectNode entry, int id, String text, double logprob, TokenBackend backend) {
    Optional<Token> token = backend.token(id);
    String shown = text.isEmpty() ? token.map(Token::text).orElse("") : text;
    entry.put("token", shown);
    entry.put("logprob", Math.max(LEAST_LOGPROB, logprob));
    ArrayNode bytes = entry.putArray("bytes");
    List<Byte> known = token.map(Token::bytes).orElse(List.of());
    if (known.isEmpty()) {
      for (byte one : shown.getBytes(StandardCharsets.UTF_8)) {
        bytes.add(one & 0xff);
      }
    }
    known.forEach(one -> bytes.add(one & 0xff));
  }

  /// Log-probabilities as completions have them; an unknown one is null.
  ///
  /// @param offset characters before the first token
  static ObjectNode completionLogprobs(
      List<Optional<Reply.Logprob>> logprobs, List<String> texts, int offset) {
    ObjectNode node = Json.object();
    ArrayNode tokens = node.putArray("tokens");
    ArrayNode values = node.putArray("token_logprobs");
    ArrayNode tops = node.putArray("top_logprobs");
    ArrayNode offsets = node.putArray("text_offset");
    int at = offset;
    for (int i = 0; i < logprobs.size(); i++) {
      String text = texts.get(i);
      tokens.add(text);
      offsets.add(at);
      at += text.length();
      if (logprobs.get(i).isEmpty()) {
        values.addNull();
        tops.addNull();
        continue;
      }
      Reply.Logprob logprob = logprobs.get(i).get();
      values.add(Math.max(LEAST_LOGPROB, logprob.logprob()));
      ObjectNode top = tops.addObject();
      logprob.top().forEach(c -> top.put(c.token(), Math.max(LEAST_LOGPROB, c.logprob())));
      top.put(logprob.token(), Math.max(LEAST_LOGPROB, logprob.logprob()));
    }
    return node;
  }
}
