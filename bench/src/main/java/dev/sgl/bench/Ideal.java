package dev.sgl.bench;

import dev.sgl.backend.Backend;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Pin;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Selection;
import dev.sgl.local.tokens.ChatFormat;
import dev.sgl.local.tokens.Healing;
import dev.sgl.local.tokens.Tokenizer;
import java.util.Arrays;
import java.util.Optional;

/// Passes everything on, and counts what an ideal cache would have had to compute.
final class Ideal implements Backend {
  private final Backend backend;
  private final ChatFormat format;
  private final Tokenizer tokenizer;
  private final Distinct root = new Distinct();
  private long computed;
  private long prompts;

  Ideal(Backend backend, ChatFormat format, Tokenizer tokenizer) {
    this.backend = backend;
    this.format = format;
    this.tokenizer = tokenizer;
  }

  /// Tokens of prompts that had to be computed.
  synchronized long computed() {
    return computed;
  }

  /// Tokens of all prompts.
  synchronized long prompts() {
    return prompts;
  }

  private Healing tokens(Prompt prompt) {
    return Healing.of(prompt, format.tokens(prompt), tokenizer.vocabulary());
  }

  private static int[] joined(int[] before, int[] after, int count) {
    int[] all = Arrays.copyOf(before, before.length + count);
    System.arraycopy(after, 0, all, before.length, count);
    return all;
  }

  @Override
  public String model() {
    return backend.model();
  }

  @Override
  public Generation generate(Request request) {
    int[] prompt = tokens(request.prompt()).tokens();
    synchronized (this) {
      prompts += prompt.length;
      computed += Distinct.prompt(root, prompt);
    }
    Generation generation = backend.generate(request);
    return new Generation() {
      @Override
      public Optional<String> next() {
        return generation.next();
      }

      @Override
      public Reply reply() {
        Reply reply = generation.reply();
        int[] answer = reply.tokens().stream().mapToInt(Integer::intValue).toArray();
        synchronized (Ideal.this) { // the last token's row was never computed
          Distinct.add(root, joined(prompt, answer, Math.max(0, answer.length - 1)));
        }
        return reply;
      }

      @Override
      public void close() {
        generation.close();
      }
    };
  }

  @Override
  public Selection select(Question question) {
    Healing prompt = tokens(question.prompt());
    synchronized (this) {
      computed += Distinct.prompt(root, prompt.tokens());
      for (String choice : question.choices()) {
        int[] tokens = tokenizer.encodeContinued(prompt.tail() + choice);
        int[] all = joined(prompt.tokens(), tokens, tokens.length - 1);
        prompts += all.length;
        computed += Distinct.add(root, all);
      }
    }
    return backend.select(question);
  }

  @Override
  public Pin pin(Prompt prompt, Scheduling scheduling) {
    return backend.pin(prompt, scheduling);
  }

  @Override
  public void close() {
    backend.close();
  }
}
