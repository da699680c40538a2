package dev.sgl.backend.recording;

import dev.sgl.backend.Backend;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Selection;
import dev.sgl.backend.recording.Recording.Answer;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;

/// Answers what a recording has the answer to. Each answer is given once.
public final class RecordedBackend implements Backend {
  private final Recording recording;

  public RecordedBackend(Recording recording) {
    this.recording = recording;
  }

  @Override
  public String model() {
    return "recorded";
  }

  private Answer take(String key) {
    return recording
        .take(key)
        .orElseThrow(() -> new BackendException("no answer to this was recorded; record it again"));
  }

  private static void requireSuccess(Answer answer) {
    if (!answer.failure().isEmpty()) {
      throw new BackendException(answer.failure());
    }
  }

  @Override
  public Generation generate(Request request) {
    Answer answer = take(Recording.key(request));
    Iterator<String> chunks = List.of(answer.text()).iterator();
    CountDownLatch closed = new CountDownLatch(1);
    return new Generation() {
      @Override
      public Optional<String> next() {
        if (chunks.hasNext()) {
          return Optional.of(chunks.next());
        }
        end();
        return Optional.empty();
      }

      /// What failed when it was recorded fails; what was cancelled has no end.
      private void end() {
        requireSuccess(answer);
        if (answer.cancelled()) {
          try {
            closed.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          throw new CancellationException("cancelled");
        }
      }

      @Override
      public Reply reply() {
        end();
        return new Reply(
            answer.text(),
            List.of(),
            0,
            answer.finish(),
            Optional.empty(),
            new Reply.Cuts(answer.cutStrings(), answer.closed()),
            answer.usage(),
            Reply.Timing.NONE,
            List.of());
      }

      @Override
      public void close() {
        closed.countDown();
      }
    };
  }

  @Override
  public Selection select(Question question) {
    Answer answer = take(Recording.key(question));
    requireSuccess(answer);
    int index = question.choices().indexOf(answer.text());
    if (index < 0) {
      throw new BackendException("the recorded answer `" + answer.text() + "` is no choice");
    }
    return new Selection(
        index, answer.scores(), List.of(), 0, answer.method(), answer.usage(), Reply.Timing.NONE);
  }

  @Override
  public void close() {}
}
