package dev.sgl.server.turn;

import com.google.common.collect.Sets;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Token;
import dev.sgl.backend.TooLongException;
import dev.sgl.backend.Writing;
import dev.sgl.constraint.Syntax;
import dev.sgl.constraint.tag.StructuralTag;
import dev.sgl.program.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The generations of one answer, one after the other, each behind the tokens of those before
/// it and the texts written between them; and how many tokens the answer may still have. Where
/// there is no room for more, generations are empty and end by length. Run by one thread, and
/// ended by any.
final class Continuation implements AutoCloseable {
  /// The reply to a generation for which there is no room.
  static final Reply NO_ROOM =
      new Reply(
          "",
          List.of(),
          0,
          Reply.Finish.LENGTH,
          Optional.empty(),
          Reply.Usage.NONE,
          Reply.Timing.NONE,
          List.of());

  /// The names that special tokens have.
  private static final Pattern NAMES = Pattern.compile("<[^<>\\s\"]{1,64}>|\\[/?[A-Z_]{1,64}]");

  private final TokenBackend backend;
  private final Ask ask;
  private final Writing writing;
  private final List<Prompt.Part> open = new ArrayList<>(); // behind the prompt
  private int left;
  private int generations;
  private int generated;
  private final List<Integer> tokens = new ArrayList<>(); // those that were generated
  private int forced;
  private int writtenFirst; // tokens that were written before the first generation
  private Optional<Reply> first = Optional.empty(); // the reply to the first generation
  private Optional<Generation> current = Optional.empty();
  private boolean closed;

  Continuation(TokenBackend backend, Ask ask) {
    this.backend = backend;
    this.ask = ask;
    Set<String> calls = ask.tools().map(box -> box.format().call().specials()).orElse(Set.of());
    this.writing = // the marks of calls and of structural tags are seen in texts, too
        ask.writing().withSpecials(Sets.union(calls, specials(ask.type(), backend)));
    this.left = ask.sampling().length().maxTokens().orElse(Integer.MAX_VALUE);
  }

  /// The special tokens whose names are in a structural tag: they belong to its text.
  private static Set<String> specials(Type type, TokenBackend backend) {
    return type instanceof Type.Grammar(var tag) && StructuralTag.isOne(tag)
        ? NAMES
            .matcher(tag)
            .results()
            .map(MatchResult::group)
            .filter(name -> backend.special(name).isPresent())
            .collect(Collectors.toSet())
        : Set.of();
  }

  /// Tokens that the answer may still have.
  int left() {
    return left;
  }

  /// What the answer has cost so far.
  ///
  /// @param endTokens behind it
  Reply.Usage usage(int endTokens) {
    int prompt =
        first
            .map(reply -> reply.usage().promptTokens() - writtenFirst)
            .orElseGet(() -> backend.tokens(ask.prompt()).size());
    int cached = Math.min(prompt, first.map(reply -> reply.usage().cachedTokens()).orElse(0));
    return new Reply.Usage(prompt, cached, generated + endTokens, forced, endTokens);
  }

  /// The tokens of the answer, in the order in which they came.
  ///
  /// @param last the reply with which it ended
  List<Integer> all(Reply last) {
    List<Integer> all = new ArrayList<>(tokens);
    int ends = Math.min(last.usage().endTokens(), last.generated().size());
    all.addAll(last.generated().subList(last.generated().size() - ends, last.generated().size()));
    return all;
  }

  /// The times of the first generation, if it is over.
  Optional<Reply.Timing> timing() {
    return first.map(Reply::timing);
  }

  /// Tokens of the prompt and of the answer that were computed, also if the answer was broken off.
  int computedTokens() {
    Reply.Usage running = current.map(Generation::spent).orElse(Reply.Usage.NONE);
    int read =
        first.isPresent()
            ? first.get().usage().promptTokens()
            : Math.max(running.promptTokens(), writtenFirst);
    return read - writtenFirst + generated + running.generatedTokens();
  }

  /// Tokens of the answer, those of the generation that runs included.
  int tokens() {
    return generated + current.map(Generation::generatedTokens).orElse(0);
  }

  /// The log-probabilities that came with the last piece of text.
  List<Reply.Logprob> logprobs() {
    return current.map(Generation::logprobs).orElse(List.of());
  }

  /// How many parts there are behind the prompt.
  int size() {
    return open.size();
  }

  /// Forgets the parts behind the first `size`, though not the tokens that they cost.
  void rewind(int size) {
    open.subList(size, open.size()).clear();
  }

  /// Adds text that belongs to the prompt.
  void begin(String words) {
    if (!words.isEmpty()) {
      open.add(new Prompt.Part.Written(words));
    }
  }

  /// Adds text to the answer that the model does not generate; false if there is no room for
  /// the text.
  boolean write(String words) {
    List<Integer> more = words.isEmpty() ? List.of() : backend.tokens(words, false);
    if (more.size() > left) {
      left = 0;
      return false;
    }
    begin(words);
    tokens.addAll(more);
    left -= more.size();
    generated += more.size();
    forced += more.size();
    writtenFirst += first.isEmpty() ? more.size() : 0;
    return true;
  }

  /// Adds what the model wrote, as the tokens that it was.
  void keep(Reply reply) {
    if (!reply.tokens().isEmpty()) {
      open.add(new Prompt.Part.Generated(reply.text(), reply.tokens(), reply.healed()));
    } else {
      begin(reply.text());
    }
  }

  /// Adds what the model wrote, with its last token as text that a longer one may begin with:
  /// where a value ended, the rest of that token was cut off.
  void keepOpen(Reply reply) {
    int last = reply.tokens().size() - 1;
    String end =
        last < 1 ? "" : backend.token(reply.tokens().get(last)).map(Token::text).orElse("");
    if (end.isEmpty() || !reply.text().endsWith(end)) {
      keep(reply);
      return;
    }
    String text = reply.text().substring(0, reply.text().length() - end.length());
    open.add(new Prompt.Part.Generated(text, reply.tokens().subList(0, last), reply.healed()));
    begin(end);
  }

  /// Lets the model continue; its reply is added only by [#keep(Reply)].
  ///
  /// @param pieces is called with each piece of the text
  Reply generate(Type type, Sampling sampling, Consumer<String> pieces) {
    return generate(type, sampling, writing, pieces);
  }

  /// Lets the model write the arguments of a call, and what follows them.
  ///
  /// @param pieces is called with each piece of the arguments
  Reply argue(Type type, String end, Sampling sampling, Consumer<String> pieces) {
    return generate(type, sampling, writing.ofCall(end), pieces);
  }

  /// The same of arguments that are not written as JSON.
  ///
  /// @param specials names of special tokens that belong to their text
  Reply argue(
      Type type, Syntax syntax, Set<String> specials, Sampling sampling, Consumer<String> pieces) {
    return generate(type, sampling, writing.ofCall(syntax, specials), pieces);
  }

  private Reply generate(Type type, Sampling sampling, Writing writing, Consumer<String> pieces) {
    if (left < 1) {
      return NO_ROOM;
    }
    Reply reply = ask(type, sampling, writing, pieces);
    count(reply);
    return reply;
  }

  /// What the model would say next, as if it were not asked.
  Reply peek(Sampling sampling) {
    return peek(Type.TEXT, sampling);
  }

  /// The value of a type that it would write next, as if it were not asked.
  Reply peek(Type type, Sampling sampling) {
    return left < 1
        ? NO_ROOM
        : ask(type, sampling.withLogprobs(OptionalInt.empty()), writing, _ -> {});
  }

  /// Counts the tokens of a reply that was only a look ahead and is kept all the same.
  void count(Reply reply) {
    left = Math.max(0, left - reply.usage().generatedTokens());
    generated += reply.usage().generatedTokens();
    int known = Math.min(reply.usage().generatedTokens(), reply.generated().size());
    tokens.addAll(reply.generated().subList(0, known));
    forced += reply.usage().forcedTokens();
  }

  private Reply ask(Type type, Sampling sampling, Writing writing, Consumer<String> pieces) {
    Sampling own =
        sampling.withLength(left(sampling.length())).withChoice(sampling.choice().withSeed(seed()));
    generations++;
    Request request =
        new Request(ask.prompt().with(open), type, own, ask.scheduling()).withWriting(writing);
    try (Generation generation = backend.generate(request)) {
      begin(generation);
      for (Optional<String> p = generation.next(); p.isPresent(); p = generation.next()) {
        pieces.accept(p.get());
      }
      Reply reply = generation.reply();
      current = Optional.empty();
      first = first.or(() -> Optional.of(reply));
      return reply;
    } catch (TooLongException e) {
      if (first.isEmpty() && backend.tokens(ask.prompt()).size() >= backend.card().context()) {
        throw e; // it is the prompt itself that is too long
      }
      left = 0;
      return NO_ROOM;
    }
  }

  /// The lengths that are left after the generations so far.
  private Sampling.Length left(Sampling.Length all) {
    return new Sampling.Length(
        OptionalInt.of(Math.min(left, all.maxTokens().orElse(left))),
        all.budget(),
        Math.max(0, all.minTokens() - generated));
  }

  /// Each generation has a seed of its own.
  private OptionalLong seed() {
    OptionalLong seed = ask.sampling().choice().seed();
    return seed.isPresent() ? OptionalLong.of(seed.getAsLong() + generations) : seed;
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
