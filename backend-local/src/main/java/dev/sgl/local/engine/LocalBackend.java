package dev.sgl.local.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.primitives.Ints;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.CacheTree;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Pin;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Selection;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TooLongException;
import dev.sgl.backend.UnavailableException;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.local.cache.KvCache;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Purpose;
import dev.sgl.local.reading.ReadSequence;
import dev.sgl.local.reading.Reranker;
import dev.sgl.local.reading.ScoredPrompt;
import dev.sgl.local.reading.ScoredSequence;
import dev.sgl.local.reading.TextReader;
import dev.sgl.local.sample.Sampler;
import dev.sgl.local.schedule.Sequence;
import dev.sgl.local.tokens.ChatFormat;
import dev.sgl.local.tokens.Healing;
import dev.sgl.local.tokens.TextStream;
import dev.sgl.local.tokens.Tokenizer;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.StoredWeights;
import dev.sgl.local.writing.AllowedWords;
import dev.sgl.local.writing.Forms;
import dev.sgl.local.writing.GeneratedSequence;
import dev.sgl.local.writing.PhraseEnds;
import dev.sgl.local.writing.Rules;
import dev.sgl.local.writing.Spellings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/// A model of a folder, run in this process.
public final class LocalBackend implements TokenBackend {
  private static final String CONFIG = "config.json";

  /// Tokens of a run of the cache that are shown.
  private static final int SHOWN_TOKENS = 48;

  private final String name;
  private final Checkpoint checkpoint;
  private final Tokenizer tokenizer;
  private final ChatFormat format;
  private final GenerationDefaults defaults;
  private final Engine engine;
  private final Spellings spellings;
  private final int context;
  private final StoredWeights weights;
  private final TextReader reader;
  private final Optional<Reranker> reranker;
  private final AtomicBoolean closed = new AtomicBoolean();

  private LocalBackend(Path folder, LocalOptions options, Progress progress) {
    name =
        options
            .overrides()
            .name()
            .orElseGet(() -> folder.toAbsolutePath().normalize().getFileName().toString());
    checkpoint = Checkpoint.open(folder);
    try {
      reader = new TextReader(checkpoint); // before the weights are loaded, since it may refuse
      // its first batches warm the kernels up while the tokenizer is read
      Loader.Loaded loaded = new Loader(checkpoint, options, progress).load();
      engine = loaded.engine();
      weights = loaded.weights();
      context = Math.min(loaded.context(), reader.folder().most().orElse(loaded.context()));
    } catch (RuntimeException | Error e) {
      checkpoint.close();
      throw e;
    }
    try {
      progress.loading("tokenizer", checkpoint.bytes(), checkpoint.bytes());
      tokenizer = Tokenizer.open(checkpoint, engine.vocabulary());
      format = ChatFormat.open(checkpoint, tokenizer, options.overrides().chatTemplate());
      defaults = GenerationDefaults.read(checkpoint, tokenizer);
      reranker = reader.mayJudge() ? Reranker.of(name, tokenizer) : Optional.empty();
      Forms forms =
          new Forms(
              new MaskCache(tokenizer.vocabulary(), defaults.ends()),
              options.writing().layout(),
              options.writing().jumpForward(),
              PhraseEnds.of(tokenizer.vocabulary(), defaults.ends()));
      spellings = new Spellings(new Spellings.Spelling(tokenizer, forms), defaults.ends());
    } catch (RuntimeException | Error e) {
      engine.close();
      checkpoint.close();
      throw e;
    }
  }

  /// Loads the model of `folder`.
  ///
  /// @throws ModelException if it cannot be loaded
  public static LocalBackend open(Path folder, LocalOptions options, Progress progress) {
    try {
      return new LocalBackend(folder, options, progress);
    } catch (ModelException e) {
      throw located(folder, e);
    }
  }

  /// Names the file of a mistake in `config.json`, which a GGUF file has as metadata.
  private static ModelException located(Path folder, ModelException e) {
    String message = String.valueOf(e.getMessage());
    if (!message.startsWith(CONFIG + ": ")) {
      return e;
    }
    Path config = folder.resolve(CONFIG);
    String where = Files.isRegularFile(config) ? config.toString() : folder + ", as " + CONFIG;
    return new ModelException(where + message.substring(CONFIG.length()), e);
  }

  @Override
  public String model() {
    return name;
  }

  @Override
  public Generation generate(Request request) {
    requireText();
    int[] prompt = read(request.prompt());
    int room = context - prompt.length;
    if (room < 1) {
      throw new TooLongException("the prompt", prompt.length, context);
    }
    Sampling sampling = request.sampling();
    int limit = Math.min(room, sampling.length().maxTokens().orElse(room));
    boolean spent = sampling.length().budget().orElse(1) == 0; // then the model generates nothing
    Spellings.Spelling spelling = spellings.of(request.writing().specials());
    Vocabulary vocabulary = spelling.tokenizer().vocabulary();
    TextStream text = text(request, spelling.forms());
    Healing healed =
        spent || !sampling.words().areAll() // which say nothing of text that is taken back
            ? Healing.none(prompt)
            : Healing.of(request.prompt(), prompt, vocabulary);
    GeneratedSequence sequence =
        new GeneratedSequence(
            engine::cancel,
            healed,
            new Sequence.Terms(
                prompt.length + limit,
                request.scheduling().priority(),
                request.scheduling().cacheSalt()),
            rules(request, limit, spelling),
            new Sampler(defaults.settings(sampling), prompt),
            text,
            spelling.tokenizer());
    try {
      sequence.begin();
    } catch (ConstraintException e) { // the type is too large to be followed, or closed
      throw new BackendException(String.valueOf(e.getMessage()), e);
    }
    engine.submit(sequence);
    return sequence;
  }

  private static TextStream text(Request request, Forms forms) {
    try {
      return new TextStream(request.sampling().stops(), forms.mayBeFenced(request));
    } catch (ConstraintException e) { // a stop pattern cannot be searched for
      throw new BackendException(String.valueOf(e.getMessage()), e);
    }
  }

  private Rules rules(Request request, int limit, Spellings.Spelling spelling) {
    Sampling.Length length = request.sampling().length();
    Sampling.Stops stops = request.sampling().stops();
    return new Rules(
        new Rules.Limits(limit, length.budget().orElse(Integer.MAX_VALUE), length.minTokens()),
        new Rules.Ends(defaults.ends(), Ints.toArray(stops.tokens()), stops.ignoreEos()),
        request.sampling().logprobs(),
        spelling.forms().form(request),
        AllowedWords.of(request.sampling().words(), spelling.tokenizer().vocabulary()));
  }

  private int[] read(Prompt prompt) {
    requireOpen();
    if (Prompt.hasImages(prompt)) {
      throw new BackendException("the model `" + name + "` reads text only; it sees no pictures");
    }
    requireShort("the prompt", Prompt.length(prompt));
    try {
      int[] tokens = known(format.tokens(prompt));
      // a model that has no token to begin with begins as it does after an end
      return tokens.length > 0 ? tokens : known(new int[] {start()});
    } catch (ModelException e) {
      throw new BackendException(e.getMessage() == null ? "no prompt" : e.getMessage(), e);
    }
  }

  /// Refuses tokens that the model has no weights for, though the tokenizer has them.
  private int[] known(int[] tokens) {
    for (int token : tokens) {
      if (token >= engine.vocabulary()) {
        throw new BackendException(
            "the model has weights for %d tokens, but the tokenizer made token %d of the text"
                .formatted(engine.vocabulary(), token));
      }
    }
    return tokens;
  }

  /// Refuses a text that can never fit, before the slow tokenization: the bytes of a token are
  /// limited. Normalization is taken to shorten a text to a quarter at most.
  private void requireShort(String what, long characters) {
    long least = characters / Math.max(1, tokenizer.vocabulary().longest()) / 4;
    if (least > context) {
      throw TooLongException.atLeast(what, (int) Math.min(least, Integer.MAX_VALUE), context);
    }
  }

  private void requireOpen() {
    if (closed.get()) {
      throw new UnavailableException("the model is closed");
    }
  }

  private void requireText() {
    if (reader.purpose() != Purpose.TEXT) {
      throw new BackendException(
          "the model `%s` makes %s of texts, and generates none"
              .formatted(
                  name, reader.purpose() == Purpose.STATES ? "vectors" : "scores of labels"));
    }
  }

  private int start() {
    return format.begin().or(defaults::end).orElse(0);
  }

  @Override
  public Selection select(Question question) {
    requireText();
    Healing healed = Healing.of(question.prompt(), read(question.prompt()), tokenizer.vocabulary());
    int[] before = healed.tokens();
    List<int[]> choices =
        question.choices().stream()
            .map(choice -> choice.isEmpty() ? "" : healed.tail() + choice)
            .map(choice -> known(tokenizer.encodeContinued(choice)))
            .toList();
    for (int[] choice : choices) {
      if (choice.length == 0) {
        throw new BackendException("a choice of `select` is empty text");
      }
      if (before.length + choice.length > context) {
        throw new TooLongException(
            "the prompt with a choice", before.length + choice.length, context);
      }
    }
    return new Selector(engine, healed, choices, question.scheduling(), defaults.ends())
        .select(question.method(), start());
  }

  @Override
  public Pin pin(Prompt prompt, Scheduling scheduling) {
    return engine.pin(scheduling.cacheSalt(), read(prompt));
  }

  // --- tokens

  @Override
  public ModelCard card() {
    JsonNode config = checkpoint.json(CONFIG);
    return new ModelCard(
        name,
        checkpoint.folder().toString(),
        config.path("architectures").path(0).asText(config.path("model_type").asText()),
        context,
        engine.vocabulary(),
        config.path("hidden_size").asInt(),
        format.source());
  }

  @Override
  public List<Integer> tokens(Prompt prompt) {
    return list(read(prompt));
  }

  @Override
  public String text(Prompt.Chat chat) {
    requireOpen();
    try {
      return format.text(chat);
    } catch (ModelException e) {
      throw new BackendException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public List<Integer> tokens(String text, boolean whole) {
    requireOpen();
    requireShort("the text", text.length());
    return list(whole ? tokenizer.encodeWhole(text) : tokenizer.encode(text));
  }

  @Override
  public List<Integer> firstTokens(String text, int most) {
    requireOpen();
    return list(tokenizer.encodeFirst(shortened(text, most), most));
  }

  private static List<Integer> list(int[] tokens) {
    return Arrays.stream(tokens).boxed().toList();
  }

  @Override
  public Optional<Token> token(int id) {
    requireOpen();
    if (id < 0 || id >= tokenizer.vocabulary().size()) {
      return Optional.empty();
    }
    List<Byte> bytes = new ArrayList<>();
    for (byte one : tokenizer.vocabulary().bytes(id)) {
      bytes.add(one);
    }
    return Optional.of(new Token(id, tokenizer.show(id), bytes));
  }

  @Override
  public Optional<Token> special(String name) {
    requireOpen();
    return tokenizer.special(name).stream().boxed().findFirst().flatMap(this::token);
  }

  @Override
  public Map<String, String> roles() {
    return format.roles();
  }

  @Override
  public List<Reply.Logprob> score(List<Integer> tokens, int top, Scheduling scheduling) {
    requireText();
    if (tokens.size() < 2) {
      return List.of();
    }
    return read(
        new ScoredPrompt(ids(tokens), top, terms(tokens, scheduling), tokenizer.vocabulary()));
  }

  @Override
  public float[] embed(List<Integer> tokens, Pooling pooling, Scheduling scheduling) {
    return reader.embed(runner(), readable(tokens), pooling, terms(tokens, scheduling));
  }

  @Override
  public float[] label(List<Integer> tokens, Scheduling scheduling) {
    requireTokens(tokens);
    List<Integer> whole = reader.labeled(tokens);
    int[] ids = ids(whole);
    return reader.label(runner(), ids, new int[ids.length], terms(whole, scheduling));
  }

  private int[] readable(List<Integer> tokens) {
    requireTokens(tokens);
    return ids(tokens);
  }

  private static void requireTokens(List<Integer> tokens) {
    if (tokens.isEmpty()) {
      throw new BackendException("there is no text to read");
    }
  }

  @Override
  public Relevance relevance(Comparison asked, Scheduling scheduling) {
    requireOpen();
    if (asked.most().isEmpty()) {
      long characters = (long) asked.query().length() + asked.document().length();
      requireShort("the query with the document", characters);
    }
    if (reranker.isPresent()) {
      return answered(reranker.get(), asked, scheduling);
    }
    if (!reader.ranks()) {
      throw new BackendException("the model `" + name + "` does not rank documents");
    }
    int most = asked.most().orElse(Integer.MAX_VALUE);
    Tokenizer.Pair pair =
        tokenizer.encodePair(
            shortened(asked.query(), most), shortened(asked.document(), most), most);
    List<Integer> tokens = list(pair.tokens());
    float[] scores =
        reader.label(
            runner(),
            readable(tokens),
            reader.segments(pair.segments()),
            terms(tokens, scheduling));
    double score = asked.activated() ? reader.ranking().of(scores)[0] : scores[0];
    return new Relevance(score, tokens.size());
  }

  /// The beginning of a text that surely has as many tokens as are kept, so that no long text
  /// has to be cut into tokens: see [#requireShort].
  private String shortened(String text, int most) {
    long characters = 4L * most * tokenizer.vocabulary().longest();
    return text.substring(0, (int) Math.min(characters, text.length()));
  }

  /// The probability of `yes` beside that of `no`.
  private Relevance answered(Reranker by, Comparison asked, Scheduling scheduling) {
    int most = asked.most().orElse(Integer.MAX_VALUE);
    List<Integer> tokens = list(by.prompt(asked, tokenizer, most));
    double[] answers = next(tokens, List.of(by.no(), by.yes()), scheduling);
    double score = answers[1] - answers[0];
    return new Relevance(asked.activated() ? 1 / (1 + Math.exp(-score)) : score, tokens.size());
  }

  @Override
  public double[] next(List<Integer> tokens, List<Integer> candidates, Scheduling scheduling) {
    requireText();
    int[] ids = readable(tokens);
    int[] asked = known(candidates.stream().mapToInt(Integer::intValue).toArray());
    return read(new ScoredSequence(ids, ids.length, asked, terms(tokens, scheduling))).next();
  }

  @Override
  public ReadingCard reading() {
    return new ReadingCard(
        reader.purpose() == Purpose.TEXT,
        reader.isEmbedder(),
        reranker.isPresent() || reader.ranks(),
        reader.pooling(),
        reader.folder().dimensions(),
        reader.folder().prompts(),
        reader.folder().prompt(),
        reader.labels(),
        reader.activation());
  }

  private int[] ids(List<Integer> tokens) {
    requireOpen();
    if (tokens.size() > context) {
      throw new TooLongException("the text", tokens.size(), context);
    }
    return known(tokens.stream().mapToInt(Integer::intValue).toArray());
  }

  private static Sequence.Terms terms(List<Integer> tokens, Scheduling scheduling) {
    return new Sequence.Terms(tokens.size(), scheduling.priority(), scheduling.cacheSalt());
  }

  private TextReader.Runner runner() {
    return new TextReader.Runner() {
      @Override
      public <T> T run(ReadSequence<T> sequence) {
        return read(sequence);
      }
    };
  }

  private <T> T read(ReadSequence<T> sequence) {
    engine.submit(sequence);
    try {
      return sequence.await();
    } finally {
      if (!sequence.isDone()) {
        engine.cancel(sequence);
      }
    }
  }

  @Override
  public Load load() {
    EngineStats stats = engine.stats();
    EngineStats.Sequences sequences = stats.sequences();
    EngineStats.Pages pages = stats.pages();
    int used = pages.all() - pages.free() - pages.cached();
    int size = engine.pageSize();
    return new Load(sequences.running(), sequences.waiting(), used * size, engine.room());
  }

  @Override
  public CacheTree cacheTree(int most) {
    KvCache.Runs runs = engine.ask(cache -> cache.runs(most));
    List<CacheTree.Run> shown =
        runs.shown().stream()
            .map(r -> new CacheTree.Run(r.parent(), r.tokens().length, text(r), r.isUsed()))
            .toList();
    return new CacheTree(shown, runs.hidden());
  }

  /// The beginning of a run's text; empty for a run of a named namespace, which is private.
  private String text(KvCache.Run run) {
    if (!run.namespace().isEmpty()) {
      return "";
    }
    return Arrays.stream(run.tokens())
        .limit(SHOWN_TOKENS)
        .mapToObj(tokenizer::show)
        .collect(Collectors.joining());
  }

  @Override
  public void flushCache() {
    engine.ask(
        cache -> {
          cache.flush();
          return true;
        });
  }

  /// Calls `listener` from now on, on the threads of the engine.
  public void listen(EngineListener listener) {
    engine.listen(listener);
  }

  /// The weights as they were loaded: their formats, their sizes, and which of them were widened.
  public StoredWeights weights() {
    return weights;
  }

  /// The counters of the engine since its start, and its current load. From any thread.
  public EngineStats stats() {
    return engine.stats();
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    engine.close();
    tokenizer.close();
    checkpoint.close();
  }
}
