package dev.sgl.conversation;

import dev.sgl.backend.Ahead;
import dev.sgl.backend.Backend;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Selection;
import dev.sgl.program.Role;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import dev.sgl.program.TypeException;
import dev.sgl.program.Types;
import dev.sgl.program.Values;
import dev.sgl.run.RunListener;
import dev.sgl.run.RunOptions;
import dev.sgl.task.Pending;
import dev.sgl.task.TaskGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/// What is said in a conversation: each call adds an act to it and does not wait for it.
public final class Speech {
  private static final String THOUGHT = "<think>\n";
  private static final String THOUGHT_END = "\n</think>\n\n";

  private final Backend backend;
  private final RunOptions options;
  private final Conversation conversation;
  private final TaskGroup tasks;
  private final Defaults defaults;

  /// @param tasks the group that generations beside each other belong to
  public Speech(
      Backend backend,
      RunOptions options,
      Conversation conversation,
      TaskGroup tasks,
      Defaults defaults) {
    this.backend = backend;
    this.options = options;
    this.conversation = conversation;
    this.tasks = tasks;
    this.defaults = defaults;
  }

  /// A value that the model is asked for.
  ///
  /// @param name of the variable
  /// @param type of the value, as the program writes it
  /// @param options of the statement, by name
  /// @param ahead what follows it in the same message, as far as that is known
  /// @param place gives an error the place of the statement
  public record Wanted(
      String name,
      String type,
      Map<String, Object> options,
      List<Ahead> ahead,
      Function<RuntimeException, RuntimeException> place) {}

  /// A value that the model will have said, and what will be known of how it was made.
  public record Said(Pending value, Pending meta) {}

  public void say(String text) {
    conversation.thenBriefly(
        transcript -> {
          transcript.add(new Prompt.Part.Written(text));
          listener().written(conversation.branch(), text);
        });
  }

  public void begin(Role role) {
    conversation.thenBriefly(
        transcript -> {
          transcript.begin(role);
          listener().message(conversation.branch(), role);
        });
  }

  public void end() {
    conversation.thenBriefly(Transcript::end);
  }

  /// Shows a picture.
  public void image(String source) {
    Prompt.Part.Image image = options.pictures().read(source);
    conversation.thenBriefly(transcript -> transcript.add(image));
  }

  /// Lets the model speak within `type`.
  ///
  /// @param heard hears each piece of the text, as it comes
  public Said gen(Wanted wanted, Type type, Consumer<String> heard) {
    GenOptions own = GenOptions.of(wanted.options(), options.seed(), conversation, of(type));
    return add(
        wanted,
        (transcript, said) -> {
          long asked = System.nanoTime();
          listener().asked(conversation.branch(), wanted.name(), type);
          List<Reply> replies = generate(wanted, type, transcript.prompt(), own, heard);
          Reply first = replies.getFirst();
          Map<String, Object> meta = Meta.of(first, backend.model());
          listener().answered(conversation.branch(), wanted.name(), asked, meta);
          replies.forEach(reply -> own.spend(reply.usage().generatedTokens()));
          List<Object> values =
              replies.stream().map(reply -> read(type, wanted.type(), reply, own)).toList();
          transcript.add(new Prompt.Part.Generated(first.text(), first.tokens(), first.healed()));
          said.value().complete(own.several() ? values : values.getFirst());
          said.meta().complete(meta);
        });
  }

  /// A `stop` of a `with` is for what has no end of its own.
  private Defaults of(Type type) {
    return Types.endsItself(type) ? defaults.without("stop") : defaults;
  }

  /// Lets the model think. Models that think were trained on these two marks; to others they are as
  /// good as any.
  public Said think(Wanted wanted) {
    GenOptions own =
        GenOptions.of(
            wanted.options(),
            options.seed(),
            conversation,
            defaults.with(Map.of("stop", THOUGHT_END.strip())));
    return add(
        wanted,
        (transcript, said) -> {
          transcript.think(new Prompt.Part.Written(THOUGHT));
          long asked = System.nanoTime();
          Request request = request(transcript.prompt(), Type.TEXT, own, 0);
          Reply reply = generate(request, chunk -> heard(wanted, chunk));
          Map<String, Object> meta = Meta.of(reply, backend.model());
          listener().answered(conversation.branch(), wanted.name(), asked, meta);
          own.spend(reply.usage().generatedTokens());
          transcript.think(new Prompt.Part.Generated(reply.text(), reply.tokens(), reply.healed()));
          transcript.think(new Prompt.Part.Written(THOUGHT_END));
          said.value().complete(reply.text().strip());
          said.meta().complete(meta);
        });
  }

  /// Lets the model choose.
  public Said select(Wanted wanted, List<?> choices, Step.Method method) {
    if (choices.isEmpty()) {
      throw new TypeException("`select` has nothing to choose from");
    }
    return add(
        wanted,
        (transcript, said) -> {
          List<String> texts = choices.stream().map(Values::text).toList();
          long asked = System.nanoTime();
          Question question =
              new Question(transcript.prompt(), texts, method, options.scheduling());
          Selection best = backend.select(question);
          Map<String, Object> meta = Meta.of(best, texts, backend.model());
          listener().answered(conversation.branch(), wanted.name(), asked, meta);
          String text = texts.get(best.index());
          transcript.add(new Prompt.Part.Generated(text, best.tokens(), best.healed()));
          heard(wanted, text);
          said.value().complete(choices.get(best.index()));
          said.meta().complete(meta);
        });
  }

  private RunListener listener() {
    return options.listener();
  }

  private void heard(Wanted wanted, String text) {
    listener().generated(conversation.branch(), wanted.name(), text);
  }

  /// Generates once, or `n` times at once; the first is heard while it is generated.
  private List<Reply> generate(
      Wanted wanted, Type type, Prompt prompt, GenOptions own, Consumer<String> heard) {
    List<Pending> others = new ArrayList<>();
    for (int i = 1; i < own.count(); i++) {
      Request request = request(prompt, type, own, i);
      others.add(
          tasks
              .start(conversation.branch(), () -> placed(wanted, () -> generate(request, _ -> {})))
              .value());
    }
    Request request =
        request(prompt, type, own, 0).withAhead(own.several() ? List.of() : wanted.ahead());
    List<Reply> replies = new ArrayList<>();
    replies.add(
        generate(
            request,
            chunk -> {
              heard(wanted, chunk);
              heard.accept(chunk);
            }));
    others.forEach(other -> replies.add((Reply) other.await()));
    return replies;
  }

  private Request request(Prompt prompt, Type type, GenOptions own, int index) {
    return new Request(
        prompt, type, own.sampling(index), options.scheduling(), own.writing(), List.of());
  }

  private Reply generate(Request request, Consumer<String> heard) {
    try (Generation generation = backend.generate(request)) {
      Optional<String> chunk = generation.next();
      while (chunk.isPresent()) {
        heard.accept(chunk.get());
        chunk = generation.next();
      }
      return generation.reply();
    }
  }

  private static Object read(Type type, String written, Reply reply, GenOptions options) {
    if (reply.isCutOff() && !Types.isFree(type)) {
      throw CutOff.error(written, reply, options);
    }
    return Types.read(type, reply.text());
  }

  private interface Making {
    void make(Transcript transcript, Said said);
  }

  /// Adds an act that makes a value. If it fails, or an act before it did, the value fails too.
  private Said add(Wanted wanted, Making making) {
    Said said = new Said(new Pending(), new Pending());
    conversation.then(
        new Conversation.Act(
            transcript ->
                placed(
                    wanted,
                    () -> {
                      making.make(transcript, said);
                      return said;
                    }),
            error -> {
              said.value().fail(error);
              said.meta().fail(error);
            }));
    return said;
  }

  private static <T> T placed(Wanted wanted, Supplier<T> work) {
    try {
      return work.get();
    } catch (TypeException | BackendException e) {
      throw wanted.place().apply(e);
    }
  }
}
