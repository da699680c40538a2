package dev.sgl.backend;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/// A model with given replies: for tests, and for `given model` in test blocks.
///
/// Generations take the replies in order; a `select` takes one too and chooses the choice that
/// equals it. Remembers the prompts.
public class ScriptedBackend implements Backend {
  private final Deque<String> replies;
  private final List<Prompt> prompts = new ArrayList<>();

  /// A model that gives `replies` in order and then fails.
  public ScriptedBackend(List<String> replies) {
    this.replies = new ArrayDeque<>(replies);
  }

  @Override
  public String model() {
    return "scripted";
  }

  /// The prompts so far, in the order in which they came.
  public synchronized List<Prompt> prompts() {
    return List.copyOf(prompts);
  }

  /// The number of replies that were not taken.
  public synchronized int left() {
    return replies.size();
  }

  private synchronized String take(Prompt prompt) {
    prompts.add(prompt);
    if (replies.isEmpty()) {
      throw new BackendException("the scripted model has no reply left");
    }
    return replies.removeFirst();
  }

  @Override
  public Generation generate(Request request) {
    String text = take(request.prompt());
    Reply reply =
        new Reply(
            text,
            List.of(),
            0,
            Reply.Finish.END,
            Optional.empty(),
            Reply.Usage.NONE,
            Reply.Timing.NONE,
            List.of());
    Iterator<String> chunks = List.of(text).iterator();
    return new Generation() {
      @Override
      public Optional<String> next() {
        return chunks.hasNext() ? Optional.of(chunks.next()) : Optional.empty();
      }

      @Override
      public Reply reply() {
        return reply;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Selection select(Question question) {
    String text = take(question.prompt());
    int index = question.choices().indexOf(text);
    if (index < 0) {
      throw new BackendException(
          "the scripted reply `" + text + "` is none of the choices " + question.choices());
    }
    return new Selection(
        index, List.of(), List.of(), 0, "scripted", Reply.Usage.NONE, Reply.Timing.NONE);
  }

  @Override
  public void close() {}
}
