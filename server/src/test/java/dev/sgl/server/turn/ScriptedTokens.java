package dev.sgl.server.turn;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.CacheTree;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Selection;
import dev.sgl.backend.TokenBackend;
import dev.sgl.constraint.match.SyntaxReader;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A model that says what a test has it say. What it would say goes on over all generations; a
/// stop text or a stop token (written in brackets of its own) cuts a generation off, a type takes
/// as much as belongs to it. Where the prompt ends with what it would say next, it goes on behind
/// that; what it chooses is said once it is written.
public class ScriptedTokens implements TokenBackend {
  /// The tokens of each prompt, without its open part.
  static final int PROMPT = 10;

  private final StringBuilder script;
  private final Optional<String> template;
  private final int tokenLength;
  private int chosen; // characters of the script that were chosen, and may be written next
  private final Deque<String> prompts = new ArrayDeque<>();
  private final List<Request> requests = new ArrayList<>();

  /// A model whose tokens are characters.
  public ScriptedTokens(String script, String template) {
    this(script, template, 1);
  }

  /// @param tokenLength characters of a token, where tokens are limited
  ScriptedTokens(String script, String template, int tokenLength) {
    this.script = new StringBuilder(script);
    this.template = Optional.of(template);
    this.tokenLength = tokenLength;
  }

  /// What stood before each generation, the chat's own open part only.
  List<String> prompts() {
    return List.copyOf(prompts);
  }

  List<Request> requests() {
    return requests;
  }

  @Override
  public Map<String, String> roles() {
    return Map.of();
  }

  @Override
  public Generation generate(Request request) {
    requests.add(request);
    List<Prompt.Part> open =
        switch (request.prompt()) {
          case Prompt.Raw(var parts) -> parts;
          case Prompt.Chat(_, var parts, _) -> parts;
        };
    prompts.add(Prompt.text(open));
    skip(open);
    Reply reply = reply(request, PROMPT + Prompt.text(open).length());
    return new Generation() {
      private int at;

      @Override
      public Optional<String> next() {
        return at < reply.text().length()
            ? Optional.of(reply.text().substring(at, ++at))
            : Optional.empty();
      }

      @Override
      public Reply reply() {
        return reply;
      }

      @Override
      public void close() {}
    };
  }

  private void skip(List<Prompt.Part> open) {
    int from = open.size();
    while (from > 0 && open.get(from - 1) instanceof Prompt.Part.Written) {
      from--;
    }
    String written = Prompt.text(open.subList(from, open.size()));
    int begun = begun(written);
    if (begun == 0 && chosen > 0) { // what was chosen is written in other words
      script.delete(0, chosen);
      begun = begun(written);
    }
    script.delete(0, begun);
    chosen = 0;
  }

  /// How much of the script stands at the end of a text.
  private int begun(String written) {
    int at = 0;
    while (!script.toString().startsWith(written.substring(at))) {
      at++;
    }
    return written.length() - at;
  }

  private Reply reply(Request request, int promptTokens) {
    int end = script.length();
    Reply.Finish finish = Reply.Finish.END;
    Optional<String> stop = Optional.empty();
    int cut = 0;
    if (Types.isFree(request.type())) {
      List<String> stops = new ArrayList<>(request.sampling().stops().texts());
      request.sampling().stops().tokens().forEach(id -> stops.add(NAMES.get(id)));
      for (String text : stops) {
        int found = script.indexOf(text);
        if (found >= 0 && found < end) {
          end = found;
          finish = Reply.Finish.STOP;
          stop = Optional.of(text);
          cut = text.length();
        }
      }
    } else if (!request.writing().syntax().isJson()) {
      SyntaxReader reader = Types.reader(request.type(), request.writing().syntax());
      reader.read(script.toString());
      end = script.length() - reader.rest().length();
    } else {
      end = whole(request.type());
      int behind = end;
      while (behind < script.length() && Character.isWhitespace(script.charAt(behind))) {
        behind++;
      }
      String follows = request.writing().end();
      if (!script.substring(behind).startsWith(follows)) {
        script.insert(behind, follows);
      }
      end = follows.isEmpty() ? end : behind + follows.length();
    }
    int most =
        Math.min(script.length(), request.sampling().length().maxTokens().orElse(script.length()))
            * tokenLength;
    if (end > most) {
      end = most;
      finish = Reply.Finish.LENGTH;
      stop = Optional.empty();
      cut = 0;
    }
    String text = script.substring(0, end);
    if (request.type() instanceof Type.OneOf) {
      chosen = end;
    } else if (Types.isFree(request.type()) || finish != Reply.Finish.LENGTH) {
      script.delete(0, end + cut);
    }
    List<Integer> tokens = text.chars().boxed().toList();
    Reply.Usage usage = new Reply.Usage(promptTokens, 4, text.length(), 0);
    return new Reply(text, tokens, 0, finish, stop, usage, Reply.Timing.NONE, List.of());
  }

  /// How much of the script the longest value of the type at its beginning is.
  private int whole(Type type) {
    for (int end = script.length(); end > 0; end--) {
      boolean isBlank = Character.isWhitespace(script.charAt(end - 1));
      if (isBlank && !(type instanceof Type.OneOf)) {
        continue;
      }
      try {
        Types.read(type, script.substring(0, end));
        return end;
      } catch (RuntimeException e) {
        continue;
      }
    }
    throw new AssertionError("no " + type.show() + " at " + script);
  }

  static final List<String> NAMES = List.of("[TOOL_CALLS]", "<|python_tag|>");

  @Override
  public Optional<Token> special(String name) {
    int id = NAMES.indexOf(name);
    return id < 0 ? Optional.empty() : Optional.of(new Token(id, name, List.of()));
  }

  @Override
  public ModelCard card() {
    return new ModelCard("scripted", "", "", 100, 100, 1, template);
  }

  @Override
  public List<Integer> tokens(Prompt prompt) {
    return List.of();
  }

  @Override
  public String text(Prompt.Chat chat) {
    throw new BackendException("the model has no chat template");
  }

  @Override
  public List<Integer> tokens(String text, boolean whole) {
    return text.chars().boxed().toList();
  }

  @Override
  public Optional<Token> token(int id) {
    return Optional.of(new Token(id, Character.toString(id), List.of()));
  }

  @Override
  public List<Reply.Logprob> score(List<Integer> tokens, int top, Scheduling scheduling) {
    return List.of();
  }

  @Override
  public float[] embed(List<Integer> tokens, Pooling pooling, Scheduling scheduling) {
    return new float[1];
  }

  @Override
  public List<Integer> firstTokens(String text, int most) {
    List<Integer> all = tokens(text, true);
    return all.subList(0, Math.min(most, all.size()));
  }

  @Override
  public float[] label(List<Integer> tokens, Scheduling scheduling) {
    throw new BackendException("the model has no labels to score");
  }

  @Override
  public Relevance relevance(Comparison comparison, Scheduling scheduling) {
    throw new BackendException("the model does not rank documents");
  }

  @Override
  public double[] next(List<Integer> tokens, List<Integer> candidates, Scheduling scheduling) {
    return new double[candidates.size()];
  }

  @Override
  public ReadingCard reading() {
    return new ReadingCard(
        true,
        false,
        false,
        Pooling.MEAN,
        1,
        Map.of(),
        Optional.empty(),
        List.of(),
        Activation.NONE);
  }

  @Override
  public Load load() {
    return new Load(0, 0, 0, 0);
  }

  @Override
  public CacheTree cacheTree(int most) {
    return new CacheTree(List.of(), 0);
  }

  @Override
  public void flushCache() {}

  @Override
  public String model() {
    return "scripted";
  }

  @Override
  public Selection select(Question question) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
