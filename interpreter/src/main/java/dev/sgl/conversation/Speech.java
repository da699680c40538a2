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
import dev.sgl.task.TaskLimit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/// Adds acts to a conversation, without waiting for them; and makes copies of it.
public final class Speech {
  private static final String THOUGHT = "<think>\n";
  private static final String THOUGHT_END = "\n</think>\n\n";

  private final Backend backend;
  private final RunOptions options;
  private final Conversation conversation;
  private final TaskGroup tasks;
  private final Defaults defaults;

  /// Speech without default options.
  ///
  /// @param tasks the group of generations that run at the same time
  public Speech(Backend backend, RunOptions options, Conversation conversation, TaskGroup tasks) {
    this(backend, options, conversation, tasks, Defaults.NONE);
  }

  private Speech(
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

  /// Holds a conversation that begins with nothing, and waits until all of it has been said.
  ///
  /// @param limit of the tasks of the conversation and its copies
  /// @return the result of `talk`
  public static <T> T hold(
      String branch,
      Backend backend,
      RunOptions options,
      TaskLimit limit,
      Function<Speech, T> talk) {
    options.listener().began(branch);
    try (TaskGroup group = new TaskGroup(options.sequential(), limit)) {
      Speech speech = new Speech(backend, options, new Conversation(branch, group), group);
      return group.during(() -> speech.finished(talk));
    } finally {
      options.listener().ended(branch);
    }
  }

  private <T> T finished(Function<Speech, T> talk) {
    T value = talk.apply(this);
    conversation.await();
    tasks.join();
    return value;
  }

  /// The same options in another conversation.
  ///
  /// @param group that the other conversation belongs to
  public Speech in(Conversation other, TaskGroup group) {
    return new Speech(backend, options, other, group, defaults);
  }

  /// The same conversation with more default options, by name.
  public Speech with(Map<String, Object> more) {
    return new Speech(backend, options, conversation, tasks, defaults.with(more));
  }

  /// The conversation to which acts are added.
  public Conversation conversation() {
    return conversation;
  }

  /// The group of generations that run at the same time.
  public TaskGroup tasks() {
    return tasks;
  }

  /// The name of the conversation's branch, such as `main/drafts[1]`.
  public String branch() {
    return conversation.branch();
  }

  // --- copies of the conversation

  /// Begins a fork of the conversation, without branches yet.
  ///
  /// @param mayFail whether the other branches continue when one fails, because not all are needed
  public Fork fork(boolean mayFail) {
    return new Fork(this, backend, options, mayFail);
  }

  /// A copy of the conversation as of now; the listener is called with its beginning, and the
  /// caller reports its end.
  ///
  /// @param name of the copy, without the names of the branches around it
  /// @param group that the copy belongs to
  public Speech copy(String name, TaskGroup group) {
    Conversation copy = Conversation.from(conversation.snapshot(), conversation.child(name), group);
    listener().began(copy.branch());
    return in(copy, group);
  }

  /// Runs `block` in a copy of the conversation, which is dropped at the end.
  public <T> T scratch(Function<Speech, T> block) {
    return inCopy("scratch", copy -> copy.finished(block));
  }

  /// Runs `block` in a copy of the conversation, which takes the place of the conversation unless
  /// `block` throws.
  ///
  /// @param name of the copy, without the names of the branches around it
  public <T> T attempt(String name, Function<Speech, T> block) {
    return inCopy(
        name,
        copy -> {
          T value = copy.finished(block);
          conversation.thenBriefly(transcript -> transcript.become(copy.conversation.transcript()));
          return value;
        });
  }

  private <T> T inCopy(String name, Function<Speech, T> work) {
    try (TaskGroup group = tasks.inner()) {
      Speech copy = copy(name, group);
      try {
        return group.during(() -> work.apply(copy));
      } finally {
        listener().ended(copy.branch());
      }
    }
  }

  // --- acts

  /// A request for a value.
  ///
  /// @param name of the variable
  /// @param type of the value, as the program writes it
  /// @param options of the statement, by name
  /// @param ahead the text and the generations that follow it in the same message, as far as
  ///     they are known
  /// @param place gives an error the place of the statement
  public record Wanted(
      String name,
      String type,
      Map<String, Object> options,
      List<Ahead> ahead,
      Function<RuntimeException, RuntimeException> place) {}

  /// A value that the model will have written, and the facts that `meta` gives about it.
  public record Said(Pending value, Pending meta) {}

  /// Adds text to the open message, or to the conversation that has no messages.
  public void say(String text) {
    conversation.thenBriefly(
        transcript -> {
          transcript.add(new Prompt.Part.Written(text));
          listener().written(branch(), text);
        });
  }

  /// Opens a message.
  public void begin(Role role) {
    conversation.thenBriefly(
        transcript -> {
          transcript.begin(role);
          listener().message(branch(), role);
        });
  }

  /// Closes the open message.
  public void end() {
    conversation.thenBriefly(Transcript::end);
  }

  /// Adds a picture to the open message.
  ///
  /// @param source a path, a URL or a `data:` URL
  /// @throws TypeException if it is no picture, or may not be shown
  public void image(String source) {
    Prompt.Part.Image image = options.pictures().read(source);
    conversation.thenBriefly(transcript -> transcript.add(image));
  }

  /// Lets the model speak within `type`.
  ///
  /// @param heard called with each piece of the text, as it arrives, on the thread that generates
  public Said gen(Wanted wanted, Type type, Consumer<String> heard) {
    GenOptions own = GenOptions.of(wanted.options(), options.seed(), conversation, of(type));
    return add(
        wanted,
        (transcript, said) -> {
          long asked = System.nanoTime();
          listener().asked(branch(), wanted.name(), type);
          List<Reply> replies = generate(wanted, type, transcript.prompt(), own, heard);
          Reply first = replies.getFirst();
          Map<String, Object> meta = answered(wanted, asked, Meta.of(first, backend.model()));
          replies.forEach(reply -> own.spend(reply.usage().generatedTokens()));
          List<Object> values =
              replies.stream().map(reply -> read(type, wanted.type(), reply, own)).toList();
          transcript.add(generated(first));
          said.value().complete(own.several() ? values : values.getFirst());
          said.meta().complete(meta);
        });
  }

  /// A `stop` of a `with` is for values without an end of their own.
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
          Map<String, Object> meta = answered(wanted, asked, Meta.of(reply, backend.model()));
          own.spend(reply.usage().generatedTokens());
          transcript.think(generated(reply));
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
          Map<String, Object> meta = answered(wanted, asked, Meta.of(best, texts, backend.model()));
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
    listener().generated(branch(), wanted.name(), text);
  }

  /// Reports an answer to the listener, and returns its facts.
  ///
  /// @param asked when the model was asked, as of [System#nanoTime()]
  private Map<String, Object> answered(Wanted wanted, long asked, Map<String, Object> meta) {
    listener().answered(branch(), wanted.name(), asked, meta);
    return meta;
  }

  private static Prompt.Part generated(Reply reply) {
    return new Prompt.Part.Generated(reply.text(), reply.tokens(), reply.healed());
  }

  /// Generates once, or `n` times at once; the first is heard while it is generated.
  private List<Reply> generate(
      Wanted wanted, Type type, Prompt prompt, GenOptions own, Consumer<String> heard) {
    List<Pending> others = new ArrayList<>();
    for (int i = 1; i < own.count(); i++) {
      Request request = request(prompt, type, own, i);
      others.add(
          tasks.start(branch(), () -> placed(wanted, () -> generate(request, _ -> {}))).value());
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
