package dev.sgl.interpreter;

import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Selection;
import dev.sgl.program.Role;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import dev.sgl.program.TypeException;
import dev.sgl.program.Types;
import dev.sgl.program.Values;
import dev.sgl.task.Pending;
import dev.sgl.task.TaskGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// What a routine says: each call adds an act to the conversation and does not wait for it.
final class Speech {
  private static final String THOUGHT = "<think>\n";
  private static final String THOUGHT_END = "\n</think>\n\n";

  private final Run run;
  private final Conversation conversation;
  private final TaskGroup tasks;
  private final Defaults defaults;

  Speech(Run run, Conversation conversation, TaskGroup tasks, Defaults defaults) {
    this.run = run;
    this.conversation = conversation;
    this.tasks = tasks;
    this.defaults = defaults;
  }

  void say(String text) {
    conversation.thenBriefly(
        transcript -> {
          transcript.add(new Prompt.Part.Written(text));
          run.options().listener().written(conversation.branch(), text);
        });
  }

  void begin(Role role) {
    conversation.thenBriefly(
        transcript -> {
          transcript.begin(role);
          run.options().listener().message(conversation.branch(), role);
        });
  }

  void end() {
    conversation.thenBriefly(Transcript::end);
  }

  /// Lets the model speak, and binds what it will have said.
  void gen(Step.Gen gen, Environment environment, Evaluator values) {
    GenOptions options = options(gen.options(), values);
    bind(
        gen.name(),
        gen.span(),
        environment,
        (transcript, value, meta) -> {
          long asked = System.nanoTime();
          List<Reply> replies = generate(gen, transcript.prompt(), options);
          Map<String, Object> known = Meta.of(replies.getFirst(), run.backend().model());
          run.options().listener().answered(conversation.branch(), gen.name(), asked, known);
          replies.forEach(reply -> options.spend(reply.usage().generatedTokens()));
          List<Object> read = replies.stream().map(reply -> read(gen.type(), reply)).toList();
          Reply first = replies.getFirst();
          transcript.add(new Prompt.Part.Generated(first.text(), first.tokens(), first.healed()));
          value.complete(options.several() ? read : read.getFirst());
          meta.complete(known);
        });
  }

  private GenOptions options(List<Step.Option> options, Evaluator values) {
    return GenOptions.of(options, values, run.options().seed(), conversation, defaults);
  }

  /// Lets the model think, and binds what it will have thought. Models that think were trained on
  /// these two marks; to others they are as good as any.
  void think(Step.Think think, Environment environment, Evaluator values) {
    GenOptions options = options(think.options(), values);
    bind(
        think.name(),
        think.span(),
        environment,
        (transcript, value, meta) -> {
          transcript.think(new Prompt.Part.Written(THOUGHT));
          long asked = System.nanoTime();
          Sampling sampling = options.sampling(0).withStop(List.of(THOUGHT_END.strip()));
          Request request =
              new Request(transcript.prompt(), Type.TEXT, sampling, run.options().scheduling());
          String branch = conversation.branch();
          RunListener listener = run.options().listener();
          Reply reply = generate(request, chunk -> listener.generated(branch, think.name(), chunk));
          Map<String, Object> known = Meta.of(reply, run.backend().model());
          listener.answered(branch, think.name(), asked, known);
          options.spend(reply.usage().generatedTokens());
          transcript.think(new Prompt.Part.Generated(reply.text(), reply.tokens(), reply.healed()));
          transcript.think(new Prompt.Part.Written(THOUGHT_END));
          value.complete(reply.text().strip());
          meta.complete(known);
        });
  }

  /// Shows a picture.
  void image(String source) {
    Prompt.Part.Image image = run.options().pictures().read(source);
    conversation.thenBriefly(transcript -> transcript.add(image));
  }

  /// Generates once, or `n` times at once; the first is heard while it is generated.
  private List<Reply> generate(Step.Gen gen, Prompt prompt, GenOptions options) {
    List<Pending> others = new ArrayList<>();
    for (int i = 1; i < options.count(); i++) {
      Request request = request(prompt, gen, options, i);
      others.add(
          tasks
              .start(
                  conversation.branch(),
                  () ->
                      RunException.located(
                          gen.span(),
                          conversation.branch(),
                          new Environment(),
                          () -> generate(request, _ -> {})))
              .value());
    }
    String branch = conversation.branch();
    Request request = request(prompt, gen, options, 0);
    List<Reply> replies = new ArrayList<>();
    replies.add(
        generate(request, chunk -> run.options().listener().generated(branch, gen.name(), chunk)));
    others.forEach(other -> replies.add((Reply) other.await()));
    return replies;
  }

  private Request request(Prompt prompt, Step.Gen gen, GenOptions options, int index) {
    return new Request(prompt, gen.type(), options.sampling(index), run.options().scheduling());
  }

  private Reply generate(Request request, Consumer<String> listener) {
    try (Generation generation = run.backend().generate(request)) {
      Optional<String> chunk = generation.next();
      while (chunk.isPresent()) {
        listener.accept(chunk.get());
        chunk = generation.next();
      }
      return generation.reply();
    }
  }

  private static Object read(Type type, Reply reply) {
    if (reply.finish() == Reply.Finish.LENGTH && !Types.isFree(type)) {
      throw new TypeException(
          "the value was cut off after "
              + reply.usage().generatedTokens()
              + " tokens, before it was a whole `"
              + type.show()
              + "`; raise `max_tokens`");
    }
    return Types.read(type, reply.text());
  }

  /// Lets the model choose, and binds what it will have chosen.
  void select(Step.Select select, Environment environment, Evaluator values) {
    List<Object> choices = new ArrayList<>();
    values.list(select.choices()).forEach(choice -> choices.add(Pending.deep(choice)));
    if (choices.isEmpty()) {
      throw new TypeException("`select` has nothing to choose from");
    }
    bind(
        select.name(),
        select.span(),
        environment,
        (transcript, value, meta) -> {
          List<String> texts = choices.stream().map(Values::text).toList();
          long asked = System.nanoTime();
          Question question =
              new Question(transcript.prompt(), texts, select.method(), run.options().scheduling());
          Selection best = run.backend().select(question);
          Map<String, Object> known = Meta.of(best, texts, run.backend().model());
          run.options().listener().answered(conversation.branch(), select.name(), asked, known);
          String text = texts.get(best.index());
          transcript.add(new Prompt.Part.Generated(text, best.tokens(), best.healed()));
          run.options().listener().generated(conversation.branch(), select.name(), text);
          value.complete(choices.get(best.index()));
          meta.complete(known);
        });
  }

  /// An act that makes the value of a variable, and what is known of how it was made.
  private interface Making {
    void make(Transcript transcript, Pending value, Pending meta);
  }

  /// Adds an act and binds what it makes to `name`. If it fails, or an act before it did, the
  /// value fails too, with the place.
  private void bind(String name, Span span, Environment environment, Making making) {
    Pending value = new Pending();
    Pending meta = new Pending();
    Environment known = environment.copy();
    conversation.then(
        new Conversation.Act(
            transcript ->
                RunException.located(
                    span,
                    conversation.branch(),
                    known,
                    () -> {
                      making.make(transcript, value, meta);
                      return value;
                    }),
            error -> {
              value.fail(error);
              meta.fail(error);
            }));
    environment.define(name, new Environment.Variable(value, meta, Optional.empty()));
  }
}
