package dev.sgl.local.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.backend.Backend;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Selection;
import dev.sgl.backend.Writing;
import dev.sgl.constraint.JsonStyle.Layout;
import dev.sgl.local.tokens.Tokenizer;
import dev.sgl.program.Role;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.testing.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The whole local backend on tiny models: what it generates, alone and in batches.
class LocalBackendTest {
  private static final Path MODELS = Path.of("src/test/resources/models");

  private static Backend open(String model, LocalOptions options) {
    return LocalBackend.open(MODELS.resolve(model), options, Progress.SILENT);
  }

  private static Backend open(String model) {
    return open(model, LocalOptions.DEFAULT);
  }

  /// Room for one sequence of `tokens` tokens.
  private static LocalOptions small(int tokens, int pageSize) {
    return LocalOptions.DEFAULT
        .withContext(OptionalInt.of(tokens))
        .withCache(new LocalOptions.CacheOptions(pageSize, OptionalInt.of(tokens), true));
  }

  private static Prompt raw(String text) {
    return new Prompt.Raw(List.of(new Prompt.Part.Written(text)));
  }

  private static Sampling sampling(
      int maxTokens, double temperature, long seed, List<String> stop) {
    return sampling(maxTokens, OptionalInt.empty(), temperature, seed, stop);
  }

  private static Sampling sampling(
      int maxTokens, OptionalInt budget, double temperature, long seed, List<String> stop) {
    return new Sampling(
        new Sampling.Length(OptionalInt.of(maxTokens), budget, 0),
        new Sampling.Stops(stop, List.of(), false),
        new Sampling.Choice(
            OptionalDouble.of(temperature),
            OptionalDouble.of(0.95),
            OptionalInt.empty(),
            OptionalDouble.empty(),
            OptionalLong.of(seed)),
        Sampling.Penalties.DEFAULT,
        OptionalInt.of(2));
  }

  private static Reply reply(Backend backend, Request request) {
    try (Generation generation = backend.generate(request)) {
      return generation.reply();
    }
  }

  private static Selection select(
      Backend backend, String prompt, List<String> choices, Step.Method method) {
    return backend.select(new Question(raw(prompt), choices, method));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "qwen3", "qwen3-yarn", "mistral", "lfm2"})
  void generatesTheGreedyTokensOfTransformers(String model) throws IOException {
    JsonNode expected =
        new ObjectMapper().readTree(MODELS.resolve(model).resolve("expected.json").toFile());
    try (Backend backend = open(model)) {
      for (JsonNode recorded : expected.path("greedy")) {
        Request request =
            new Request(
                raw(recorded.path("prompt").asText()), Type.TEXT, sampling(24, 0, 1, List.of()));
        List<Integer> wanted =
            StreamSupport.stream(recorded.path("continuation").spliterator(), false)
                .map(JsonNode::asInt)
                .toList();
        List<Integer> expectedTokens =
            wanted.contains(1) ? wanted.subList(0, wanted.indexOf(1)) : wanted;
        Reply reply = reply(backend, request);
        // an unfinished character at the end is left out
        assertEquals(expectedTokens.subList(0, reply.tokens().size()), reply.tokens());
        assertTrue(expectedTokens.size() - reply.tokens().size() < 4);
        assertEquals(expectedTokens.size(), reply.usage().generatedTokens());
      }
    }
  }

  @Test
  void aSeededSequenceIsTheSameAloneAndInABatch() {
    try (Backend backend = open("llama")) {
      List<Request> requests = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        requests.add(
            new Request(
                raw("The train ".repeat(1 + i % 7) + i),
                Type.TEXT,
                sampling(10 + i, 0.9, i, List.of())));
      }
      List<String> alone = requests.stream().map(r -> reply(backend, r).text()).toList();
      List<Generation> running = requests.stream().map(backend::generate).toList();
      List<String> together = running.stream().map(g -> g.reply().text()).toList();
      assertEquals(alone, together);
    }
  }

  @Test
  void sequencesThatDoNotFitTogetherComeOneAfterTheOther() {
    LocalOptions small = small(96, 4);
    try (Backend backend = open("llama", small)) {
      List<Request> requests = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        requests.add(new Request(raw("Again " + i), Type.TEXT, sampling(80, 0, 1, List.of())));
      }
      List<Generation> running = requests.stream().map(backend::generate).toList();
      List<String> together = running.stream().map(g -> g.reply().text()).toList();
      assertEquals(requests.stream().map(r -> reply(backend, r).text()).toList(), together);
    }
  }

  @Test
  void chunksAddUpToTheText() {
    try (Backend backend = open("qwen3");
        Generation generation =
            backend.generate(new Request(raw("Once"), Type.TEXT, sampling(60, 1, 3, List.of())))) {
      StringBuilder text = new StringBuilder();
      generation.next().ifPresent(text::append);
      for (var chunk = generation.next(); chunk.isPresent(); chunk = generation.next()) {
        text.append(chunk.get());
      }
      assertEquals(generation.reply().text(), text.toString());
      assertEquals(
          generation.reply().usage().generatedTokens(), generation.reply().logprobs().size());
    }
  }

  @Test
  void aStopTextEndsTheTextAndIsNotPartOfIt() {
    try (Backend backend = open("llama")) {
      String free =
          reply(backend, new Request(raw("Once"), Type.TEXT, sampling(40, 0, 1, List.of()))).text();
      String stop = free.substring(6, 8);
      Reply reply =
          reply(backend, new Request(raw("Once"), Type.TEXT, sampling(40, 0, 1, List.of(stop))));
      assertEquals(Reply.Finish.STOP, reply.finish());
      assertEquals(free.substring(0, free.indexOf(stop)), reply.text());
    }
  }

  @Test
  void logprobsAreThoseOfTheTextBeforeTheStop() throws IOException {
    Type text = new Type.Str(0, 400); // of whole characters
    try (Backend backend = open("llama");
        Tokenizer tokenizer = Tokenizer.open(MODELS.resolve("llama"), 512)) {
      Reply free = reply(backend, new Request(raw("Once"), text, sampling(40, 0, 1, List.of())));
      String stop = free.text().substring(9, 11);
      Reply reply =
          reply(backend, new Request(raw("Once"), text, sampling(40, 0, 1, List.of(stop))));
      String scored = scoredText(reply.logprobs(), tokenizer);
      assertTrue(scored.startsWith(reply.text()), scored);
      int last = reply.logprobs().size() - 1;
      String before = scoredText(reply.logprobs().subList(0, last), tokenizer);
      assertTrue(before.length() < reply.text().length(), scored);
    }
  }

  @Test
  void aStopTextMayComeInWhatIsWrittenToCloseAValue() {
    Type pair =
        new Type.Rec(
            List.of(new Type.Field("a", Type.TEXT, false), new Type.Field("b", Type.INT, false)));
    try (Backend backend = open("llama")) {
      Sampling stopped = sampling(24, 0, 1, List.of("\"b\""));
      Request request =
          new Request(raw("Once"), pair, stopped)
              .withWriting(Writing.DEFAULT.withLayout(Layout.COMPACT));
      Reply reply = reply(backend, request);
      assertEquals(Reply.Finish.STOP, reply.finish(), reply.toString());
      assertEquals(Optional.of("\"b\""), reply.stop());
      assertFalse(reply.cuts().closed());
      assertTrue(reply.text().endsWith("\","), reply.text());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"`ls`", "```sql\nselect 1\n```", "`"})
  void aTextMayBeginWithABacktick(String text) {
    try (Backend backend = open("llama")) {
      Type only = new Type.Literal(text);
      Reply reply = reply(backend, new Request(raw("Once"), only, sampling(60, 0, 1, List.of())));
      assertEquals(text, reply.text());
    }
  }

  @Test
  void aTextThatIsFullAtTheLastTokenIsWhole() {
    try (Backend backend = open("llama")) {
      for (int seed = 0; seed < 20; seed++) {
        Type word = new Type.Str(1, 5);
        Reply whole = reply(backend, word, 60, seed);
        Reply last = reply(backend, word, whole.usage().generatedTokens(), seed);
        assertEquals(whole.text().length() == 5, last.text().length() == 5, last.toString());
        assertFalse(last.isCutOff(), last.toString());
      }
    }
  }

  /// The text of tokens that have log-probabilities.
  private static String scoredText(List<Reply.Logprob> logprobs, Tokenizer tokenizer) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    logprobs.forEach(one -> bytes.writeBytes(tokenizer.vocabulary().bytes(one.id())));
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aTypedValueIsAlwaysOfItsType() {
    Type type =
        new Type.Rec(
            List.of(
                new Type.Field("name", new Type.Str(1, 12), false),
                new Type.Field("age", new Type.Int(-5, 120), false),
                new Type.Field(
                    "mood",
                    new Type.OneOf(List.of(new Type.Literal("good"), new Type.Literal("bad"))),
                    true),
                new Type.Field("tags", new Type.Array(new Type.Str(0, 3), 1, 3), false),
                new Type.Field("ok", Type.BOOL, false)));
    try (Backend backend = open("qwen2")) {
      for (int seed = 0; seed < 40; seed++) {
        Reply reply =
            reply(backend, new Request(raw("Who?"), type, sampling(300, 1.5, seed, List.of())));
        assertEquals(Reply.Finish.END, reply.finish());
        Types.read(type, reply.text());
      }
    }
  }

  @Test
  void selectTakesTheChoiceWithTheBestMeanLogProbability() {
    List<String> choices = List.of("the train", "late", "again and again", "the");
    try (Backend backend = open("mistral")) {
      Selection likelihood = select(backend, "Here comes ", choices, Step.Method.LIKELIHOOD);
      double best = likelihood.scores().stream().mapToDouble(x -> x).max().orElseThrow();
      assertEquals(best, likelihood.scores().get(likelihood.index()));
      Selection unconditional = select(backend, "Here comes ", choices, Step.Method.UNCONDITIONAL);
      Selection alone =
          backend.select(
              new Question(
                  new Prompt.Raw(List.of()),
                  choices.stream().map(choice -> " " + choice).toList(), // the blank is healed
                  Step.Method.LIKELIHOOD));
      for (int i = 0; i < choices.size(); i++) {
        // without a beginning-of-text token a text begins after an end
        assertEquals(
            likelihood.scores().get(i) - alone.scores().get(i),
            unconditional.scores().get(i),
            1e-4);
      }
      Selection greedy = select(backend, "Here comes ", choices, Step.Method.GREEDY);
      assertEquals(
          greedy.scores().stream().mapToDouble(x -> x).max().orElseThrow(),
          greedy.scores().get(greedy.index()));
    }
  }

  @Test
  void oneChoiceIsTakenWhateverTheMethod() {
    try (Backend backend = open("llama")) {
      for (Step.Method method : Step.Method.values()) {
        assertEquals(0, select(backend, "Here comes", List.of(" the", " the"), method).index());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Again and agai", "The train is ", "I saw th"})
  void aLiteralMayEndInsideOfAToken(String literal) {
    Path folder = MODELS.resolve("llama");
    try (Backend backend = open("llama");
        Tokenizer tokenizer = Tokenizer.open(folder, 512)) {
      for (Type type : List.of(Type.TEXT, new Type.Int(0, 9999), new Type.Str(1, 20))) {
        Reply reply = reply(backend, new Request(raw(literal), type, sampling(8, 0, 1, List.of())));
        String tail = literal.substring(literal.length() - reply.healed());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        reply.tokens().forEach(token -> bytes.writeBytes(tokenizer.vocabulary().bytes(token)));
        assertEquals(tail + reply.text(), bytes.toString(StandardCharsets.UTF_8));
        assertTrue(reply.healed() > 0, "the last token of " + literal + " could be longer");
        assertEquals(
            reply.usage().generatedTokens(),
            reply.tokens().size()
                - (tokenizer.encode(tail)[0] == reply.tokens().getFirst() ? 1 : 0));
        Prompt next =
            new Prompt.Raw(
                List.of(
                    new Prompt.Part.Written(literal),
                    new Prompt.Part.Generated(reply.text(), reply.tokens(), reply.healed()),
                    new Prompt.Part.Written(" So")));
        Reply after = reply(backend, new Request(next, Type.TEXT, sampling(1, 0, 1, List.of())));
        int before = reply.usage().promptTokens() + reply.tokens().size() - 1;
        assertTrue(after.usage().cachedTokens() >= before, "the same tokens: " + after.usage());
      }
    }
  }

  @Test
  void scoresAreThoseOfTheGeneratedTokens() {
    try (Backend backend = open("llama")) {
      Reply reply =
          reply(
              backend, new Request(raw("1, 2,"), new Type.Int(0, 9), sampling(1, 0, 1, List.of())));
      Selection selection = select(backend, "1, 2,", List.of(reply.text()), Step.Method.LIKELIHOOD);
      assertEquals(reply.logprobs().getFirst().logprob(), selection.scores().getFirst(), 1e-4);
    }
  }

  @Test
  void aPromptLongerThanTheContextIsRefusedWithTheNumbers() {
    try (Backend backend = open("llama")) {
      BackendException error =
          assertThrows(
              BackendException.class,
              () ->
                  backend.generate(
                      new Request(
                          raw("x y ".repeat(600)), Type.TEXT, sampling(4, 0, 1, List.of()))));
      assertTrue(
          String.valueOf(error.getMessage()).contains("context length is 512 tokens"),
          error.getMessage());
    }
  }

  @Test
  void messagesWithoutAChatTemplateAreRefused() {
    try (Backend backend = open("llama")) {
      Prompt chat =
          new Prompt.Chat(
              List.of(new Prompt.Message(Role.USER, List.of(new Prompt.Part.Written("Hi")))),
              List.of());
      BackendException error =
          assertThrows(
              BackendException.class,
              () -> backend.generate(new Request(chat, Type.TEXT, sampling(4, 0, 1, List.of()))));
      assertTrue(
          String.valueOf(error.getMessage()).contains("no chat template"), error.getMessage());
    }
  }

  @Test
  void aClosedGenerationFreesItsPlace() {
    LocalOptions small = small(128, 16);
    try (Backend backend = open("llama", small)) {
      for (int i = 0; i < 50; i++) {
        backend
            .generate(new Request(raw("Again " + i), Type.TEXT, sampling(100, 0, 1, List.of())))
            .close();
      }
      Reply reply =
          reply(backend, new Request(raw("Again"), Type.TEXT, sampling(5, 0, 1, List.of())));
      assertEquals(5, reply.usage().generatedTokens());
    }
  }

  /// The tiny model never ends a string by itself, so without a budget this value is cut off.
  @Test
  void aBudgetClosesATypedValueAndEndsFreeText() {
    Type person =
        new Type.Rec(
            List.of(
                new Type.Field("name", new Type.Str(3, 400), false),
                new Type.Field("ages", new Type.Array(Type.INT, 2, 60), false)));
    try (Backend backend = open("llama")) {
      for (int budget = 0; budget < 50; budget += 7) {
        Sampling limited = sampling(200, OptionalInt.of(budget), 0.9, budget, List.of());
        Reply reply = reply(backend, new Request(raw("A person: "), person, limited));
        assertFalse(reply.isCutOff());
        assertEquals(Optional.empty(), Types.mismatch(person, Types.read(person, reply.text())));
        Reply free = reply(backend, new Request(raw("A person: "), Type.TEXT, limited));
        // a character is not left half-way
        assertTrue(free.usage().generatedTokens() <= budget + 4, free.toString());
      }
    }
  }

  /// With as many tokens as a value needs it is as it is, with fewer it is closed, and nothing is
  /// in it that the model did not say.
  @Test
  void aValueIsClosedWithNothingMadeUp() {
    Type person =
        new Type.Rec(
            List.of(
                new Type.Field("name", new Type.Str(0, 20), false),
                new Type.Field("more", Type.array(new Type.Str(3, 9)), true)));
    int closed = 0;
    try (Backend backend = open("llama")) {
      for (int seed = 0; seed < 12; seed++) {
        Reply whole = reply(backend, person, 400, seed);
        int tokens = whole.usage().generatedTokens();
        boolean isCut =
            whole.cuts().strings() > 0; // then there were more before they were taken back
        if (!isCut) {
          assertEquals(whole.text(), reply(backend, person, tokens, seed).text());
        }
        for (int most = tokens - 1; most > Math.max(10, tokens - 40); most -= 3) {
          Reply reply = reply(backend, person, most, seed);
          assertTrue(reply.usage().generatedTokens() <= most, reply.toString());
          assertTrue(reply.cuts().closed(), reply.toString());
          JsonNode said = Json.parse(whole.text());
          JsonNode kept = Json.parse(reply.text());
          String message = whole.text() + "\n" + reply.text();
          assertTrue(said.path("name").asText().startsWith(kept.path("name").asText()), message);
          for (int i = 0; !isCut && i < kept.path("more").size(); i++) {
            String item = said.path("more").path(i).asText();
            assertTrue(item.startsWith(kept.path("more").path(i).asText("?")), message);
          }
          closed++;
        }
      }
    }
    assertTrue(closed > 50, closed + " values");
  }

  private static Reply reply(Backend backend, Type type, int most, int seed) {
    Sampling sampling = withOrWithoutLogprobs(sampling(most, 0.9, seed, List.of()), seed);
    Reply reply = reply(backend, new Request(raw("A person: "), type, sampling));
    assertTrue(reply.usage().forcedTokens() <= reply.usage().generatedTokens(), reply.toString());
    return reply;
  }

  /// Every second time without log-probabilities: then tokens that must come are not asked for.
  private static Sampling withOrWithoutLogprobs(Sampling sampling, int number) {
    return number % 2 == 0 ? sampling : sampling.withLogprobs(OptionalInt.empty());
  }

  @Test
  void aValueIsClosedWhereItsTokensComeToAnEnd() {
    Type person =
        new Type.Rec(
            List.of(
                new Type.Field("name", new Type.Str(3, 400), false),
                new Type.Field("more", Type.ANY, true),
                new Type.Field("ages", new Type.Array(Type.INT, 2, 60), false)));
    try (Backend backend = open("llama")) {
      for (int most = 40; most < 80; most += 3) {
        Sampling limited = withOrWithoutLogprobs(sampling(most, 0.9, most, List.of()), most);
        Request request = new Request(raw("A person: "), person, limited);
        Reply reply = reply(backend, request);
        assertFalse(reply.isCutOff());
        assertEquals(Optional.empty(), Types.mismatch(person, Types.read(person, reply.text())));
        assertTrue(reply.usage().generatedTokens() <= most, reply.toString());
        assertEquals(reply.finish() == Reply.Finish.LENGTH, reply.cuts().closed());
        Reply cut =
            reply(
                backend,
                request.withWriting(
                    new Writing(Optional.empty(), Optional.of(Writing.OnLength.ERROR))));
        assertEquals(cut.finish() == Reply.Finish.LENGTH, cut.isCutOff());
      }
    }
  }

  @Test
  void aTextThatIsTooLongEndsWhereItFits() throws IOException {
    Type tip =
        new Type.Rec(
            List.of(
                new Type.Field("title", new Type.Str(2, 12), false),
                new Type.Field("words", new Type.Array(new Type.Str(1, 5), 1, 3), false)));
    try (Backend backend = open("llama");
        Tokenizer tokenizer = Tokenizer.open(MODELS.resolve("llama"), 512)) {
      int cuts = 0;
      for (int seed = 0; seed < 40; seed++) {
        Sampling limited =
            withOrWithoutLogprobs(sampling(200, seed % 3 * 0.5, seed, List.of()), seed);
        Request request = new Request(raw("A tip: "), tip, limited);
        StringBuilder streamed = new StringBuilder();
        List<Reply.Logprob> scored = new ArrayList<>();
        Reply reply;
        try (Generation generation = backend.generate(request)) {
          for (var text = generation.next(); text.isPresent(); text = generation.next()) {
            streamed.append(text.get());
            scored.addAll(generation.logprobs());
          }
          reply = generation.reply();
        }
        assertEquals(reply.logprobs(), scored);
        if (seed % 2 == 0) {
          assertEquals(reply.text(), scoredText(scored, tokenizer));
        }
        assertFalse(reply.isCutOff());
        assertEquals(reply.text(), streamed.toString());
        assertEquals(Optional.empty(), Types.mismatch(tip, Types.read(tip, reply.text())));
        cuts += reply.cuts().strings();
      }
      assertTrue(cuts > 10, "texts were cut: " + cuts);
    }
  }

  @Test
  void aListThatRepeatsItselfComesToItsEnd() {
    Type switches = new Type.Array(new Type.Literal(true), 1, Type.UNBOUNDED);
    try (Backend backend = open("llama");
        Tokenizer tokenizer = Tokenizer.open(MODELS.resolve("llama"), 512)) {
      Map<Integer, Double> commas = Map.of(tokenizer.encodeContinued(",")[0], 100.0);
      Sampling sampling = biased(sampling(900, 0, 1, List.of()), commas);
      Request request =
          new Request(raw("Switches: "), switches, sampling)
              .withWriting(Writing.DEFAULT.withLayout(Layout.COMPACT));
      Reply reply = reply(backend, request);
      assertEquals(Reply.Finish.END, reply.finish(), reply.text());
      assertTrue(reply.usage().generatedTokens() > 60, reply.text());
    }
  }

  private static Sampling biased(Sampling s, Map<Integer, Double> bias) {
    return s.withPenalties(new Sampling.Penalties(0, 0, OptionalDouble.empty(), bias));
  }
}
