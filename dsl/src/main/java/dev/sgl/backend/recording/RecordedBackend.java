package dev.sgl.backend.recording;

import dev.sgl.backend.Backend;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Selection;
import dev.sgl.backend.recording.Recording.Answer;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Answers requests from a recording. Each answer is given once.
public final class RecordedBackend implements Backend {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Recording recording;
  private final Duration patience;

  /// A backend that takes each answer out of `recording` once.
  public RecordedBackend(Recording recording) {
    this(recording, PATIENCE);
  }

  /// @param patience how long an answer that was cancelled when it was recorded waits to be
  ///     cancelled again; after that it is an error
  RecordedBackend(Recording recording, Duration patience) {
    this.recording = recording;
    this.patience = patience;
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
    return new Replay(take(Recording.key(request)));
  }

  /// A generation whose answer was recorded; its text comes as one piece.
  private final class Replay implements Generation {
    private final Answer answer;
    private final Iterator<String> chunks;
    private final CountDownLatch closed = new CountDownLatch(1);

    Replay(Answer answer) {
      this.answer = answer;
      chunks = List.of(answer.text()).iterator();
    }

    @Override
    public Optional<String> next() {
      if (chunks.hasNext()) {
        return Optional.of(chunks.next());
      }
      end();
      return Optional.empty();
    }

    /// An answer that failed when it was recorded fails; one that was cancelled has no other end.
    private void end() {
      requireSuccess(answer);
      if (answer.cancelled()) {
        try {
          if (!closed.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new BackendException(
                "this was cancelled when it was recorded, but not now; record it again");
          }
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
  }

  @Override
  public Selection select(Question question) {
    Answer answer = take(Recording.key(question));
    requireSuccess(answer);
    int index = question.choices().indexOf(answer.text());
    if (index < 0) {
      throw new BackendException("the recorded answer `" + answer.text() + "` is no choice");
    }
    if (!answer.scores().isEmpty() && answer.scores().size() != question.choices().size()) {
      throw new BackendException("the recorded answer does not have a score for each choice");
    }
    return new Selection(
        index, answer.scores(), List.of(), 0, answer.method(), answer.usage(), Reply.Timing.NONE);
  }

  @Override
  public void close() {}
}
