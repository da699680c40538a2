package dev.sgl.local.engine;

import dev.sgl.backend.Reply;
import dev.sgl.backend.Selection;
import dev.sgl.program.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;

/// Scores choices as continuations of a prompt.
final class Selector {
  private final Engine engine;
  private final int[] prompt;
  private final List<int[]> choices;
  private final int start;
  private final int[] ends;
  private int computed;

  Selector(Engine engine, int[] prompt, List<int[]> choices, int start, int[] ends) {
    this.engine = engine;
    this.prompt = prompt;
    this.choices = choices;
    this.start = start;
    this.ends = ends;
  }

  Selection select(Step.Method method) {
    List<Double> scores =
        switch (method) {
          case LIKELIHOOD -> likelihoods(prompt);
          case UNCONDITIONAL -> {
            List<Double> given = likelihoods(prompt);
            List<Double> alone = likelihoods(new int[] {start});
            List<Double> gain = new ArrayList<>();
            for (int i = 0; i < given.size(); i++) {
              gain.add(given.get(i) - alone.get(i));
            }
            yield gain;
          }
          case GREEDY -> greedy();
        };
    int best = 0;
    for (int i = 1; i < scores.size(); i++) {
      if (scores.get(i) > scores.get(best)) {
        best = i;
      }
    }
    List<Integer> tokens = Arrays.stream(choices.get(best)).boxed().toList();
    Reply.Usage usage = new Reply.Usage(computed, 0, 0);
    return new Selection(best, scores, tokens, method.name().toLowerCase(Locale.ROOT), usage);
  }

  /// The mean log-probability of each choice's tokens after `before`, all in one batch.
  private List<Double> likelihoods(int[] before) {
    List<ScoredSequence> sequences =
        choices.stream().map(choice -> submit(before, choice)).toList();
    try {
      return sequences.stream()
          .map(s -> Arrays.stream(await(s).logprobs()).average().orElseThrow())
          .toList();
    } finally {
      sequences.forEach(Sequence::cancel); // those that still run after an error
    }
  }

  /// Goes down the choices token by token, always to the likeliest token that some choice has
  /// there; a choice may also end. The score is how many tokens of the way a choice shares.
  private List<Double> greedy() {
    List<Integer> alive = new ArrayList<>();
    for (int i = 0; i < choices.size(); i++) {
      alive.add(i);
    }
    int depth = 0;
    double[] scores = new double[choices.size()];
    while (true) {
      int at = depth;
      alive.forEach(i -> scores[i] = at);
      List<Integer> next = alive.stream().map(i -> token(i, at)).distinct().toList();
      int best = next.getFirst();
      if (next.size() > 1) {
        float[] logprobs =
            await(submit(prompt, Arrays.copyOf(choices.get(alive.getFirst()), depth))).last();
        for (int token : next) {
          if (value(logprobs, token) > value(logprobs, best)) {
            best = token;
          }
        }
      }
      int chosen = best;
      alive = alive.stream().filter(i -> token(i, at) == chosen).toList();
      depth++;
      if (chosen == END) {
        alive.forEach(i -> scores[i] = at + 1);
        return Arrays.stream(scores).boxed().toList();
      }
    }
  }

  private static final int END = -1;

  private int token(int choice, int depth) {
    int[] tokens = choices.get(choice);
    return depth < tokens.length ? tokens[depth] : END;
  }

  private double value(float[] logprobs, int token) {
    return token == END
        ? Arrays.stream(ends)
            .mapToDouble(end -> logprobs[end])
            .max()
            .orElse(Double.NEGATIVE_INFINITY)
        : logprobs[token];
  }

  private ScoredSequence submit(int[] before, int[] choice) {
    int[] tokens = Arrays.copyOf(before, before.length + choice.length);
    System.arraycopy(choice, 0, tokens, before.length, choice.length);
    ScoredSequence sequence = new ScoredSequence(tokens, before.length);
    engine.submit(sequence);
    computed += tokens.length;
    return sequence;
  }

  private static ScoredSequence.Scores await(ScoredSequence sequence) {
    try {
      return sequence.scores().get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException error
          ? error
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      sequence.cancel();
      throw new CancellationException("cancelled");
    }
  }
}
