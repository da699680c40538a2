package dev.sgl.remote;

import dev.sgl.backend.Backend;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.program.Type;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/// Scores choices by walking down their common beginnings, token by token: behind each
/// beginning the server reports the likeliest next tokens, and each choice continues with the
/// longest of them that it has there. A choice that has none of them is out.
final class ChoiceWalk {
  private static final int CANDIDATES = 20; // as many as servers report
  private static final int MOST_REQUESTS = 128;
  private static final double OUT = -100;

  private final Backend backend;
  private final Question question;
  private Reply.Usage usage = Reply.Usage.NONE;
  private int requests;

  ChoiceWalk(Backend backend, Question question) {
    this.backend = backend;
    this.question = question;
  }

  /// A choice on its way.
  ///
  /// @param done how much of its text was walked
  private record Walker(int choice, int done, double sum, int tokens) {}

  /// A score for each choice; empty if it would take too many requests, or the server reports no
  /// candidates.
  Optional<List<Double>> scores() {
    double[] scores = new double[question.choices().size()];
    List<Walker> walkers = new ArrayList<>();
    for (int i = 0; i < scores.length; i++) {
      walkers.add(new Walker(i, 0, 0, 0));
    }
    while (!walkers.isEmpty()) {
      Map<String, List<Walker>> groups = new LinkedHashMap<>();
      for (Walker walker : walkers) {
        String behind = question.choices().get(walker.choice()).substring(0, walker.done());
        groups.computeIfAbsent(behind, _ -> new ArrayList<>()).add(walker);
      }
      walkers = new ArrayList<>();
      requests += groups.size();
      if (requests > MOST_REQUESTS) {
        return Optional.empty();
      }
      for (Map.Entry<String, List<Walker>> group : groups.entrySet()) {
        List<Reply.Candidate> next = next(group.getKey());
        if (next.isEmpty()) {
          return Optional.empty();
        }
        for (Walker walker : group.getValue()) {
          step(walker, next, scores).ifPresent(walkers::add);
        }
      }
    }
    List<Double> all = new ArrayList<>();
    for (double score : scores) {
      all.add(score);
    }
    return Optional.of(all);
  }

  /// Goes a token on; a choice at its end, or out, gets its score.
  private Optional<Walker> step(Walker walker, List<Reply.Candidate> next, double[] scores) {
    String rest = question.choices().get(walker.choice()).substring(walker.done());
    Optional<Reply.Candidate> taken =
        next.stream()
            .filter(c -> !c.token().isEmpty() && rest.startsWith(c.token()))
            .max(Comparator.comparingInt(c -> c.token().length()));
    if (taken.isEmpty()) {
      OptionalDouble beyond = // a token that goes on behind the choice's end
          next.stream()
              .filter(c -> c.token().startsWith(rest))
              .mapToDouble(Reply.Candidate::logprob)
              .max();
      double last = beyond.orElse(OUT);
      scores[walker.choice()] = last == OUT ? OUT : (walker.sum() + last) / (walker.tokens() + 1);
      return Optional.empty();
    }
    double sum = walker.sum() + taken.get().logprob();
    int tokens = walker.tokens() + 1;
    int done = walker.done() + taken.get().token().length();
    if (done == question.choices().get(walker.choice()).length()) {
      scores[walker.choice()] = sum / tokens;
      return Optional.empty();
    }
    return Optional.of(new Walker(walker.choice(), done, sum, tokens));
  }

  private List<Reply.Candidate> next(String behind) {
    Sampling sampling = Sampling.GREEDY.withMaxTokens(1).withLogprobs(OptionalInt.of(CANDIDATES));
    Request request = new Request(begun(behind), Type.TEXT, sampling, question.scheduling());
    try (Generation generation = backend.generate(request)) {
      Reply reply = generation.reply();
      usage = usage.plus(reply.usage());
      return reply.logprobs().isEmpty() ? List.of() : reply.logprobs().getFirst().top();
    }
  }

  private Prompt begun(String behind) {
    if (behind.isEmpty()) {
      return question.prompt();
    }
    Prompt.Part more = new Prompt.Part.Written(behind);
    return switch (question.prompt()) {
      case Prompt.Raw(var parts) -> new Prompt.Raw(with(parts, more));
      case Prompt.Chat(var messages, var open, var variables) ->
          new Prompt.Chat(messages, with(open, more), variables);
    };
  }

  private static List<Prompt.Part> with(List<Prompt.Part> parts, Prompt.Part more) {
    List<Prompt.Part> all = new ArrayList<>(parts);
    all.add(more);
    return all;
  }

  /// What the walk cost.
  Reply.Usage usage() {
    return usage;
  }
}
