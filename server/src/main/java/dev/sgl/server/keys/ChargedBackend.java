package dev.sgl.server.keys;

import dev.sgl.backend.CacheTree;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Pin;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Selection;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.BrokenOffException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/// A backend whose work a caller pays for: the tokens that were computed are taken from the
/// caller's, also where the work was broken off or failed. The owner closes the backend.
public final class ChargedBackend implements TokenBackend {
  private final TokenBackend backend;
  private final Caller caller;

  /// The work of `backend` for `caller`.
  public ChargedBackend(TokenBackend backend, Caller caller) {
    this.backend = backend;
    this.caller = caller;
  }

  // --- work

  @Override
  public Generation generate(Request request) {
    return new ChargedGeneration(backend.generate(request), caller);
  }

  /// A generation that is paid for once, when it is closed.
  private static final class ChargedGeneration implements Generation {
    private final Generation generation;
    private final Caller caller;
    private Optional<Reply> reply = Optional.empty();
    private boolean closed;

    ChargedGeneration(Generation generation, Caller caller) {
      this.generation = generation;
      this.caller = caller;
    }

    @Override
    public Optional<String> next() {
      return generation.next();
    }

    @Override
    public List<Reply.Logprob> logprobs() {
      return generation.logprobs();
    }

    @Override
    public int generatedTokens() {
      return generation.generatedTokens();
    }

    @Override
    public Reply.Usage spent() {
      return generation.spent();
    }

    @Override
    public Reply reply() {
      Reply finished = generation.reply();
      synchronized (this) {
        reply = Optional.of(finished);
      }
      return finished;
    }

    @Override
    public void close() {
      generation.close();
      synchronized (this) {
        if (!closed) {
          closed = true;
          Reply.Usage usage = reply.map(Reply::usage).orElseGet(generation::spent);
          caller.spend(usage.promptTokens() + usage.generatedTokens() + usage.endTokens());
        }
      }
    }
  }

  @Override
  public Selection select(Question question) {
    return charged(() -> backend.select(question), best -> best.usage().promptTokens());
  }

  @Override
  public List<Reply.Logprob> score(List<Integer> tokens, int top, Scheduling scheduling) {
    return charged(() -> backend.score(tokens, top, scheduling), _ -> tokens.size());
  }

  @Override
  public float[] embed(List<Integer> tokens, Pooling pooling, Scheduling scheduling) {
    return charged(() -> backend.embed(tokens, pooling, scheduling), _ -> tokens.size());
  }

  @Override
  public float[] label(List<Integer> tokens, Scheduling scheduling) {
    return charged(() -> backend.label(tokens, scheduling), _ -> tokens.size());
  }

  @Override
  public Relevance relevance(Comparison comparison, Scheduling scheduling) {
    return charged(() -> backend.relevance(comparison, scheduling), Relevance::tokens);
  }

  @Override
  public double[] next(List<Integer> tokens, List<Integer> candidates, Scheduling scheduling) {
    return charged(() -> backend.next(tokens, candidates, scheduling), _ -> tokens.size());
  }

  /// @param tokens that work has cost which came to its end
  private <T> T charged(Supplier<T> work, ToIntFunction<T> tokens) {
    try {
      T result = work.get();
      caller.spend(tokens.applyAsInt(result));
      return result;
    } catch (BrokenOffException e) {
      caller.spend(e.computedTokens());
      throw e;
    }
  }

  // --- all else is free

  @Override
  public String model() {
    return backend.model();
  }

  @Override
  public Pin pin(Prompt prompt, Scheduling scheduling) {
    return backend.pin(prompt, scheduling);
  }

  @Override
  public ModelCard card() {
    return backend.card();
  }

  @Override
  public List<Integer> tokens(Prompt prompt) {
    return backend.tokens(prompt);
  }

  @Override
  public String text(Prompt.Chat chat) {
    return backend.text(chat);
  }

  @Override
  public List<Integer> tokens(String text, boolean whole) {
    return backend.tokens(text, whole);
  }

  @Override
  public List<Integer> firstTokens(String text, int most) {
    return backend.firstTokens(text, most);
  }

  @Override
  public Optional<Token> token(int id) {
    return backend.token(id);
  }

  @Override
  public Optional<Token> special(String name) {
    return backend.special(name);
  }

  @Override
  public Map<String, String> roles() {
    return backend.roles();
  }

  @Override
  public ReadingCard reading() {
    return backend.reading();
  }

  @Override
  public CacheTree cacheTree(int most) {
    return backend.cacheTree(most);
  }

  @Override
  public void flushCache() {
    backend.flushCache();
  }

  @Override
  public Load load() {
    return backend.load();
  }

  @Override
  public void close() {}
}
