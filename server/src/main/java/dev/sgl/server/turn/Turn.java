package dev.sgl.server.turn;

import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Token;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/// One answer of the model, made of one generation after the other, each behind the tokens of those
/// before it: a thought up to its end mark, text up to the mark of a call, the name of a tool, its
/// arguments. So nothing is guessed from finished text: what has a type is held to it, and what has
/// none is free. Run by one thread, and ended by any.
public final class Turn implements AutoCloseable {
  private static final String LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

  /// Tokens behind a call in which the mark of another must come.
  private static final int LOOK_AHEAD = 4;

  private final TokenBackend backend;
  private final Ask ask;
  private final Heard heard;
  private final List<Prompt.Part> open = new ArrayList<>(); // behind the prompt
  private final StringBuilder text = new StringBuilder();
  private String blank = ""; // the end of the text, as long as a call may follow
  private final List<Integer> tokens = new ArrayList<>();
  private boolean isWhole = true; // whether the tokens are the text
  private final List<Answer.ToolCall> calls = new ArrayList<>();
  private final List<Reply.Logprob> logprobs = new ArrayList<>();
  private Optional<String> thought = Optional.empty();
  private int thoughtTokens;
  private Optional<Reply.Usage> usage = Optional.empty();
  private int left;
  private int told; // log-probabilities of the generation
  private int generations;
  private Answer.Finish finish = Answer.Finish.STOP;
  private Optional<String> stop = Optional.empty();
  private boolean ended;
  private Optional<Generation> current = Optional.empty();
  private boolean closed;

  public Turn(TokenBackend backend, Ask ask, Heard heard) {
    this.backend = backend;
    this.ask = ask;
    this.heard = heard;
    this.left = ask.sampling().maxTokens().orElse(Integer.MAX_VALUE);
  }

  /// Asks the model, and waits for the end of its answer.
  ///
  /// @throws dev.sgl.backend.BackendException if it could not answer
  public Answer run() {
    ask.thought().ifPresent(this::think);
    if (!ended && ask.tools().isPresent()) {
      act(ask.tools().get());
    } else if (!ended) {
      say(ask.type(), ask.sampling());
    }
    Answer answer = answer();
    heard.ended(answer);
    return answer;
  }

  private Answer answer() {
    return new Answer(
        thought,
        text.toString(),
        isWhole ? tokens : List.of(),
        calls,
        calls.isEmpty() || finish == Answer.Finish.LENGTH ? finish : Answer.Finish.CALLS,
        stop,
        usage.orElse(Reply.Usage.NONE),
        thoughtTokens,
        logprobs);
  }

  // --- thoughts and texts

  private void think(Thought how) {
    write(how.begin());
    StringBuilder all = new StringBuilder();
    Sampling sampling =
        ask.sampling().withStops(List.of(Thought.END), List.of()).withLogprobs(OptionalInt.empty());
    Reply reply =
        generate(
            Type.TEXT,
            sampling,
            piece -> {
              all.append(piece);
              heard.thought(piece);
            });
    thought = Optional.of(all.toString());
    thoughtTokens = reply.usage().generatedTokens();
    if (reply.finish() == Reply.Finish.STOP) {
      keep(reply);
      write(Thought.END + "\n\n");
    } else {
      end(reply);
    }
  }

  private Reply say(Type type, Sampling sampling) {
    Reply reply = generate(type, sampling, this::say);
    heardLogprobs(reply.logprobs());
    isWhole &= tokens.isEmpty() && reply.healed() == 0;
    tokens.addAll(reply.tokens());
    logprobs.addAll(reply.logprobs());
    end(reply);
    return reply;
  }

  /// White space at the end of a text is said once it is known that no call follows.
  private void say(String piece) {
    String all = blank + (text.isEmpty() && thought.isPresent() ? piece.stripLeading() : piece);
    String shown = ask.tools().isPresent() ? all.stripTrailing() : all;
    blank = all.substring(shown.length());
    if (!shown.isEmpty()) {
      text.append(shown);
      heard.said(shown, fresh());
    }
  }

  private void sayBlank() {
    if (!blank.isEmpty()) {
      text.append(blank);
      heard.said(blank, fresh());
      blank = "";
    }
  }

  /// The log-probabilities that came with the last piece of text.
  private List<Reply.Logprob> fresh() {
    List<Reply.Logprob> fresh = current.map(Generation::logprobs).orElse(List.of());
    told += fresh.size();
    return fresh;
  }

  /// Tells of the tokens at the end that became no text.
  private void heardLogprobs(List<Reply.Logprob> all) {
    if (told < all.size()) {
      heard.said("", all.subList(told, all.size()));
    }
    told = 0;
  }

  private void end(Reply reply) {
    ended = true;
    stop = reply.stop();
    finish =
        switch (reply.finish()) {
          case END, STOP -> Answer.Finish.STOP;
          case LENGTH -> Answer.Finish.LENGTH;
        };
  }

  // --- tools

  private void act(Toolbox box) {
    if (box.required() || awaitCall(box)) {
      do {
        call(box);
      } while (!ended && box.parallel() && box.format().isParallel() && another(box));
      if (!ended) {
        finish = Answer.Finish.CALLS;
      }
    }
  }

  /// Lets the model speak until it begins a call; false if it does not.
  private boolean awaitCall(Toolbox box) {
    ToolFormat format = box.format();
    if (!Types.isFree(ask.type())) { // a call begins at once, or there is none
      int before = left;
      Sampling few = marked(ask.sampling().withMaxTokens(Math.min(left, LOOK_AHEAD)), format);
      Reply looked = look(few);
      if (begins(looked, format) && isBlank(looked)) {
        return true;
      }
      left = before;
      say(ask.type(), ask.sampling());
      return false;
    }
    Reply reply = say(Type.TEXT, marked(ask.sampling(), format));
    if (begins(reply, format) && format.onlyAtBeginning() && !isBlank(reply)) {
      keep(reply); // a brace within a text
      write("{");
      sayBlank();
      say("{");
      isWhole = false;
      ended = false;
      say(Type.TEXT, ask.sampling());
      sayBlank();
      return false;
    }
    if (!begins(reply, format)) {
      sayBlank();
      return false;
    }
    keep(reply);
    blank = "";
    ended = false;
    stop = Optional.empty();
    return true;
  }

  private static boolean isBlank(Reply reply) {
    return reply.text().isBlank();
  }

  /// The sampling with the marks of calls as stops.
  private Sampling marked(Sampling sampling, ToolFormat format) {
    List<String> texts = new ArrayList<>(sampling.stop());
    texts.addAll(format.marks());
    List<Integer> ids = new ArrayList<>(sampling.stopTokens());
    format.token().flatMap(backend::special).map(Token::id).ifPresent(ids::add);
    return sampling.withStops(texts, ids);
  }

  private static boolean begins(Reply reply, ToolFormat format) {
    return reply.finish() == Reply.Finish.STOP
        && reply
            .stop()
            .filter(s -> format.marks().contains(s) || format.token().equals(Optional.of(s)))
            .isPresent();
  }

  /// What the model would say, without saying it.
  private Reply look(Sampling sampling) {
    return generate(Type.TEXT, sampling.withLogprobs(OptionalInt.empty()), _ -> {});
  }

  /// Whether the model goes on with another call.
  private boolean another(Toolbox box) {
    if (left < 1) {
      return false;
    }
    if (box.format() == ToolFormat.MISTRAL) {
      Type either = new Type.OneOf(List.of(new Type.Literal(","), new Type.Literal("]")));
      return generate(either, ask.sampling().withMaxTokens(1), _ -> {}).text().equals(",");
    }
    Reply reply =
        look(marked(ask.sampling().withMaxTokens(Math.min(left, LOOK_AHEAD)), box.format()));
    if (!begins(reply, box.format()) || !isBlank(reply)) {
      return false;
    }
    keep(reply);
    return true;
  }

  private void call(Toolbox box) {
    ToolFormat format = box.format();
    int index = calls.size();
    write(format.beforeName(index));
    Optional<ToolSpec> tool = choose(box);
    if (tool.isEmpty()) {
      return;
    }
    write(format.beforeArguments());
    String id = id(format.idLength());
    heard.called(index, id, tool.get().name());
    StringBuilder json = new StringBuilder();
    Reply reply =
        generate(
            tool.get().arguments(),
            ask.sampling().withStops(List.of(), List.of()).withLogprobs(OptionalInt.empty()),
            piece -> {
              json.append(piece);
              heard.argued(index, piece);
            });
    calls.add(new Answer.ToolCall(id, tool.get().name(), json.toString()));
    keep(reply);
    if (reply.finish() == Reply.Finish.LENGTH) {
      end(reply);
    } else {
      write(format.end(!box.parallel()));
    }
  }

  /// Lets the model write the name of a tool and what ends it; none if there was no room.
  private Optional<ToolSpec> choose(Toolbox box) {
    List<ToolSpec> tools = box.tools();
    String end = box.format().nameEnd();
    if (tools.size() == 1) {
      write(tools.getFirst().name() + end);
      return Optional.of(tools.getFirst());
    }
    List<Type> names = new ArrayList<>();
    tools.forEach(tool -> names.add(new Type.Literal(tool.name() + end)));
    Reply reply =
        generate(
            new Type.OneOf(names),
            ask.sampling().withStops(List.of(), List.of()).withLogprobs(OptionalInt.empty()),
            _ -> {});
    keep(reply);
    Optional<ToolSpec> chosen =
        tools.stream().filter(tool -> reply.text().equals(tool.name() + end)).findFirst();
    if (chosen.isEmpty()) {
      end(reply);
    }
    return chosen;
  }

  private static String id(int length) {
    StringBuilder id = new StringBuilder(length == ToolFormat.SHORT_ID ? "" : "call_");
    for (int i = 0; i < length; i++) {
      id.append(LETTERS.charAt(ThreadLocalRandom.current().nextInt(LETTERS.length())));
    }
    return id.toString();
  }

  // --- generations

  /// Adds text that the model did not write.
  private void write(String words) {
    if (!words.isEmpty()) {
      open.add(new Prompt.Part.Written(words));
    }
  }

  /// Adds what the model wrote, as the tokens that it was.
  private void keep(Reply reply) {
    if (!reply.tokens().isEmpty()) {
      open.add(new Prompt.Part.Generated(reply.text(), reply.tokens(), reply.healed()));
    } else {
      write(reply.text());
    }
  }

  private Prompt prompt() {
    return switch (ask.prompt()) {
      case Prompt.Raw(var parts) -> new Prompt.Raw(joined(parts));
      case Prompt.Chat(var messages, var begun, var variables) ->
          new Prompt.Chat(messages, joined(begun), variables);
    };
  }

  private List<Prompt.Part> joined(List<Prompt.Part> before) {
    List<Prompt.Part> all = new ArrayList<>(before);
    all.addAll(open);
    return all;
  }

  private Reply generate(Type type, Sampling sampling, Consumer<String> pieces) {
    Sampling own =
        sampling
            .withMaxTokens(Math.max(1, Math.min(left, sampling.maxTokens().orElse(left))))
            .withSeed(seed());
    generations++;
    try (Generation generation =
        backend.generate(new Request(prompt(), type, own, ask.scheduling()))) {
      begin(generation);
      for (Optional<String> p = generation.next(); p.isPresent(); p = generation.next()) {
        pieces.accept(p.get());
      }
      Reply reply = generation.reply();
      count(reply.usage());
      return reply;
    }
  }

  /// Each generation has a seed of its own.
  private OptionalLong seed() {
    OptionalLong seed = ask.sampling().seed();
    return seed.isPresent() ? OptionalLong.of(seed.getAsLong() + generations) : seed;
  }

  private void count(Reply.Usage more) {
    left = Math.max(0, left - more.generatedTokens());
    Reply.Usage before =
        usage.orElse(new Reply.Usage(more.promptTokens(), more.cachedTokens(), 0, 0));
    usage =
        Optional.of(
            new Reply.Usage(
                before.promptTokens(),
                before.cachedTokens(),
                before.generatedTokens() + more.generatedTokens(),
                before.forcedTokens() + more.forcedTokens()));
  }

  private synchronized void begin(Generation generation) {
    if (closed) {
      throw new CancellationException("cancelled");
    }
    current = Optional.of(generation);
  }

  /// Ends the answer, if it is not finished.
  @Override
  public synchronized void close() {
    closed = true;
    current.ifPresent(Generation::close);
  }
}
