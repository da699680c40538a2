package dev.sgl.local.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.CacheTree;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.BrokenOffException;
import dev.sgl.backend.TokenBackend.Pooling;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What a local model does for a server: tokens, scores of prompts, embeddings, its cache.
class TokenBackendTest {
  private static final String TEXT =
      "The quick brown fox jumps over the lazy dog, again and again.";

  private static TokenBackend open() {
    return LocalBackend.open(
        Path.of("src/test/resources/models/llama"), LocalOptions.DEFAULT, Progress.SILENT);
  }

  private static Reply greedy(TokenBackend backend, String text, int tokens, List<Integer> stops) {
    Sampling sampling =
        new Sampling(
            Sampling.Length.most(tokens),
            new Sampling.Stops(List.of(), stops, true),
            Sampling.Choice.GREEDY,
            Sampling.Penalties.DEFAULT,
            OptionalInt.of(3));
    Prompt prompt = new Prompt.Raw(List.of(new Prompt.Part.Written(text)));
    try (Generation generation = backend.generate(new Request(prompt, Type.TEXT, sampling))) {
      return generation.reply();
    }
  }

  @Test
  void aGenerationThatIsEndedKnowsItsCost() {
    try (TokenBackend backend = open()) {
      Prompt prompt = new Prompt.Raw(List.of(new Prompt.Part.Written(TEXT)));
      Sampling sampling =
          Sampling.DEFAULT
              .withMaxTokens(100)
              .withStops(new Sampling.Stops(List.of(), List.of(), true));
      Generation generation = backend.generate(new Request(prompt, Type.TEXT, sampling));
      generation.next();
      int read = generation.generatedTokens();
      generation.close();
      Reply.Usage spent = generation.spent();
      assertEquals(backend.tokens(prompt).size(), spent.promptTokens());
      assertTrue(spent.generatedTokens() >= Math.max(1, read), () -> "" + spent);
      assertTrue(spent.generatedTokens() <= 100, () -> "" + spent);
    }
  }

  @Test
  void aCallerThatIsInterruptedLearnsHowMuchWasRead() {
    try (TokenBackend backend = open()) {
      List<Integer> text = backend.tokens(TEXT, true);
      Thread.currentThread().interrupt();
      BrokenOffException read =
          assertThrows(
              BrokenOffException.class,
              () -> backend.embed(text, Pooling.MEAN, Scheduling.DEFAULT));
      assertTrue(Thread.interrupted());
      assertTrue(read.computedTokens() <= text.size(), () -> "" + read.computedTokens());
      Thread.currentThread().interrupt();
      Question question =
          new Question(
              new Prompt.Raw(List.of(new Prompt.Part.Written(TEXT))),
              List.of(" a", " b"),
              Step.Method.LIKELIHOOD,
              Scheduling.DEFAULT);
      assertThrows(BrokenOffException.class, () -> backend.select(question));
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void aPromptIsScoredAsItWasGenerated() {
    try (TokenBackend backend = open()) {
      List<Integer> prompt = backend.tokens(TEXT, true);
      Reply reply = greedy(backend, TEXT, 12, List.of());
      List<Integer> all =
          IntStream.concat(
                  prompt.stream().mapToInt(t -> t), reply.tokens().stream().mapToInt(t -> t))
              .boxed()
              .toList();
      List<Reply.Logprob> scored = backend.score(all, 3, Scheduling.DEFAULT);
      assertEquals(all.size() - 1, scored.size());
      List<Reply.Logprob> tail = scored.subList(prompt.size() - 1, scored.size());
      for (int i = 0; i < tail.size(); i++) {
        assertEquals(reply.logprobs().get(i).id(), tail.get(i).id());
        assertEquals(reply.logprobs().get(i).logprob(), tail.get(i).logprob(), 1e-9);
        assertEquals(reply.logprobs().get(i).top(), tail.get(i).top());
      }
      assertEquals(scored, backend.score(all, 3, Scheduling.DEFAULT), "also from the cache");
      assertEquals(List.of(), backend.score(all.subList(0, 1), 3, Scheduling.DEFAULT));
    }
  }

  @Test
  void aStopTokenEndsTheTextAndIsNoPartOfIt() {
    try (TokenBackend backend = open()) {
      Reply whole = greedy(backend, TEXT, 12, List.of());
      int stop = whole.tokens().get(7);
      int first = whole.tokens().indexOf(stop);
      Reply stopped = greedy(backend, TEXT, 12, List.of(stop));
      assertEquals(whole.tokens().subList(0, first), stopped.tokens());
      assertEquals(Reply.Finish.STOP, stopped.finish());
      assertEquals(backend.token(stop).map(TokenBackend.Token::text), stopped.stop());
    }
  }

  @Test
  void theMeanEmbeddingIsThatOfTheLastStatesOfAllBeginnings() {
    try (TokenBackend backend = open()) {
      List<Integer> tokens = backend.tokens(TEXT, true);
      float[] mean = backend.embed(tokens, Pooling.MEAN, Scheduling.DEFAULT);
      assertEquals(backend.card().hidden(), mean.length);
      double[] sum = new double[mean.length];
      for (int end = 1; end <= tokens.size(); end++) {
        float[] last = backend.embed(tokens.subList(0, end), Pooling.LAST, Scheduling.DEFAULT);
        for (int i = 0; i < sum.length; i++) {
          sum[i] += last[i];
        }
      }
      for (int i = 0; i < sum.length; i++) {
        assertEquals(sum[i] / tokens.size(), mean[i], 1e-5);
      }
      assertArrayEquals(mean, backend.embed(tokens, Pooling.MEAN, Scheduling.DEFAULT));
    }
  }

  @Test
  void theCacheIsATreeThatCanBeEmptied() {
    try (TokenBackend backend = open()) {
      greedy(backend, TEXT + " one", 4, List.of());
      greedy(backend, TEXT + " two", 4, List.of());
      CacheTree tree = backend.cacheTree(100);
      assertTrue(tree.runs().size() >= 3, tree.toString());
      assertEquals(-1, tree.runs().getFirst().parent());
      assertTrue(tree.runs().getFirst().text().contains("quick brown"), tree.toString());
      assertTrue(tree.runs().stream().noneMatch(CacheTree.Run::isUsed));
      CacheTree cut = backend.cacheTree(1);
      assertEquals(tree.runs().size() - 1, cut.hidden());
      backend.flushCache();
      assertEquals(List.of(), backend.cacheTree(100).runs());
      assertEquals(0, greedy(backend, TEXT + " one", 4, List.of()).usage().cachedTokens());
    }
  }

  @Test
  void tokensHaveTextsAndBytes() {
    try (TokenBackend backend = open()) {
      for (int id : backend.tokens("caf\u00e9", false)) {
        assertFalse(backend.token(id).orElseThrow().bytes().isEmpty());
      }
      assertEquals(Optional.empty(), backend.token(-1));
      assertEquals(Optional.empty(), backend.token(1 << 30));
      List<Integer> tooMany =
          IntStream.range(0, backend.card().context() + 1).map(i -> 1).boxed().toList();
      assertThrows(
          BackendException.class, () -> backend.embed(tooMany, Pooling.LAST, Scheduling.DEFAULT));
      assertThrows(BackendException.class, () -> backend.score(tooMany, 0, Scheduling.DEFAULT));
    }
  }
}
