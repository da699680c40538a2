package dev.sgl.backend.recording;

import dev.sgl.backend.Backend;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Pin;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Selection;
import java.util.Optional;
import java.util.function.Supplier;

/// A model whose answers are recorded. Closing it closes the model.
public final class RecordingBackend implements Backend {
  private final Backend model;
  private final Recording recording;

  /// A backend that asks `model` and adds each answer to `recording`.
  public RecordingBackend(Backend model, Recording recording) {
    this.model = model;
    this.recording = recording;
  }

  @Override
  public String model() {
    return model.model();
  }

  @Override
  public Generation generate(Request request) {
    String key = Recording.key(request);
    return new RecordingGeneration(key, asked(key, () -> model.generate(request)));
  }

  /// A generation that is recorded once, by its first end: a reply, a failure or a cancellation.
  private final class RecordingGeneration implements Generation {
    private final String key;
    private final Generation generation;
    private final StringBuilder said = new StringBuilder();
    private boolean ended;

    RecordingGeneration(String key, Generation generation) {
      this.key = key;
      this.generation = generation;
    }

    @Override
    public Optional<String> next() {
      Optional<String> chunk = recorded(generation::next);
      chunk.ifPresent(said::append);
      return chunk;
    }

    @Override
    public Reply reply() {
      Reply reply = recorded(generation::reply);
      add(Recording.Answer.said(key, reply));
      return reply;
    }

    private <T> T recorded(Supplier<T> answer) {
      try {
        return answer.get();
      } catch (BackendException e) {
        add(Recording.Answer.failed(key, said.toString(), String.valueOf(e.getMessage())));
        throw e;
      }
    }

    @Override
    public void close() {
      add(Recording.Answer.cancelled(key, said.toString()));
      generation.close();
    }

    private void add(Recording.Answer answer) {
      if (!ended) {
        recording.add(answer);
      }
      ended = true;
    }
  }

  @Override
  public Selection select(Question question) {
    String key = Recording.key(question);
    Selection best = asked(key, () -> model.select(question));
    recording.add(Recording.Answer.chosen(key, question.choices().get(best.index()), best));
    return best;
  }

  /// Asks the model; if it fails at once, that is its answer.
  private <T> T asked(String key, Supplier<T> question) {
    try {
      return question.get();
    } catch (BackendException e) {
      recording.add(Recording.Answer.failed(key, "", String.valueOf(e.getMessage())));
      throw e;
    }
  }

  @Override
  public Pin pin(Prompt prompt, Scheduling scheduling) {
    return model.pin(prompt, scheduling);
  }

  @Override
  public void close() {
    model.close();
  }
}
