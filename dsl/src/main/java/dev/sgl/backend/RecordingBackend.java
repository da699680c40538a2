package dev.sgl.backend;

import java.util.List;
import java.util.Optional;

/// A model whose answers are recorded. Closing it closes the model.
public final class RecordingBackend implements Backend {
  private final Backend model;
  private final Recording recording;

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
    Generation generation = model.generate(request);
    String key = Recording.key(request);
    return new Generation() {
      private final StringBuilder said = new StringBuilder();
      private boolean ended;

      @Override
      public Optional<String> next() {
        Optional<String> chunk = generation.next();
        chunk.ifPresent(said::append);
        return chunk;
      }

      @Override
      public Reply reply() {
        Reply reply = generation.reply();
        add(
            new Recording.Answer(
                key, reply.text(), false, reply.finish(), reply.usage(), List.of(), ""));
        return reply;
      }

      @Override
      public void close() {
        add(
            new Recording.Answer(
                key, said.toString(), true, Reply.Finish.END, Reply.Usage.NONE, List.of(), ""));
        generation.close();
      }

      private void add(Recording.Answer answer) {
        if (!ended) {
          recording.add(answer);
        }
        ended = true;
      }
    };
  }

  @Override
  public Selection select(Question question) {
    Selection best = model.select(question);
    recording.add(
        new Recording.Answer(
            Recording.key(question),
            question.choices().get(best.index()),
            false,
            Reply.Finish.END,
            best.usage(),
            best.scores(),
            best.method()));
    return best;
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
