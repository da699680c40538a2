package dev.sgl.local.engine;

import dev.sgl.backend.Reply;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Selection;
import dev.sgl.backend.TokenBackend.BrokenOffException;
import dev.sgl.local.reading.Choices;
import dev.sgl.local.reading.ScoredSequence;
import dev.sgl.local.schedule.Sequence;
import dev.sgl.local.schedule.Timeline;
import dev.sgl.local.tokens.Healing;
import dev.sgl.program.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/// Scores choices as continuations of a prompt.
///
/// The choices form a tree. A run of tokens that several choices share is computed once. The logits
/// of its last row give the probabilities of the next runs, which are all in the next batch.
final class Selector {
  private final Engine engine;
  private final int[] prompt;
  private final int healed;
  private final List<int[]> choices;
  private final boolean[] isWhole; // whether a choice leaves the prompt's last token as it was
  private final Scheduling scheduling;
  private final int[] ends;
  private final double[] scores;
  private Optional<ScoredSequence> first = Optional.empty();

  /// @param ends tokens that end a text
  Selector(Engine engine, Healing prompt, List<int[]> choices, Scheduling scheduling, int[] ends) {
    this.engine = engine;
    this.prompt = prompt.tokens();
    this.healed = prompt.tail().length();
    this.choices = choices;
    this.scheduling = scheduling;
    this.ends = ends;
    this.scores = new double[choices.size()];
    this.isWhole = new boolean[choices.size()];
    for (int i = 0; i < isWhole.length; i++) {
      int[] choice = choices.get(i);
      isWhole[i] = prompt.last().isPresent() && choice[0] == prompt.last().getAsInt();
    }
  }

  /// @param start the token that replaces an empty prompt
  Selection select(Step.Method method, int start) {
    long began = System.nanoTime();
    try {
      score(method, start);
    } catch (BrokenOffException e) { // of any sequence; the first one has read the prompt
      int read = first.map(Sequence::reached).orElse(0);
      throw new BrokenOffException(Math.min(prompt.length, read));
    }
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    Timeline times = first.map(Sequence::times).orElseGet(Timeline::new);
    return new Selection(
        best,
        Arrays.stream(scores).boxed().toList(),
        Arrays.stream(choices.get(best)).boxed().toList(),
        healed,
        method.name().toLowerCase(Locale.ROOT),
        new Reply.Usage(prompt.length, times.cachedTokens(), 0, 0),
        new Reply.Timing(times.queuedMillis(), 0, (System.nanoTime() - began) / 1e6));
  }

  private void score(Step.Method method, int start) {
    switch (method) {
      case LIKELIHOOD -> likelihoods(Optional.empty());
      case UNCONDITIONAL -> {
        likelihoods(Optional.empty());
        double[] given = scores.clone();
        likelihoods(Optional.of(start));
        Arrays.setAll(scores, i -> given[i] - scores[i]);
      }
      case GREEDY -> greedy();
    }
  }

  /// A part of the tree of choices, and the way that leads to it.
  ///
  /// @param before all tokens before its run
  /// @param known how many tokens of its run have a log-probability in `sum`: none or one
  /// @param sum of the log-probabilities of the choice's tokens so far
  private record Place(Choices choices, int[] before, int known, double sum) {}

  /// The mean log-probability of each choice's own tokens, after the prompt or after `start` alone.
  ///
  /// The prompt's last token is taken back where a choice may join with it. It is one of a choice's
  /// own tokens only if they did: else it belongs to the prompt, as it did before.
  private void likelihoods(Optional<Integer> start) {
    for (boolean whole : new boolean[] {false, true}) {
      List<Integer> members =
          IntStream.range(0, isWhole.length).filter(i -> isWhole[i] == whole).boxed().toList();
      if (!members.isEmpty()) {
        int[] before =
            whole ? joined(prompt, Arrays.copyOf(choices.get(members.getFirst()), 1)) : prompt;
        likelihoods(start.map(token -> new int[] {token}).orElse(before), members);
      }
    }
  }

  /// The tokens of a choice that are its own.
  private int[] own(int choice) {
    int[] tokens = choices.get(choice);
    return Arrays.copyOfRange(tokens, isWhole[choice] ? 1 : 0, tokens.length);
  }

  private void likelihoods(int[] before, List<Integer> members) {
    Choices tree = Choices.of(members, members.stream().map(this::own).toList());
    List<Place> level = List.of(new Place(tree, before, 0, 0));
    LocalPin pin = engine.pin(scheduling.cacheSalt(), before);
    try {
      while (!level.isEmpty()) {
        level = below(level);
      }
    } finally {
      pin.close();
    }
  }

  /// Scores a level of the tree in one batch, and returns the next one.
  private List<Place> below(List<Place> level) {
    List<ScoredSequence> sequences = new ArrayList<>();
    try {
      level.forEach(place -> sequences.add(submit(place)));
      List<Place> next = new ArrayList<>();
      for (int i = 0; i < level.size(); i++) {
        Place place = level.get(i);
        ScoredSequence.Scores found = sequences.get(i).await();
        double sum = place.sum() + found.sum();
        if (place.choices().isLeaf()) {
          score(place.choices(), sum + found.next()[0]);
        } else {
          score(place.choices(), sum);
          children(place, sum, found.next(), next);
        }
      }
      return next;
    } finally {
      sequences.forEach(this::cancel);
    }
  }

  private void children(Place place, double sum, double[] heads, List<Place> next) {
    int[] before = joined(place.before(), place.choices().run());
    for (int c = 0; c < heads.length; c++) {
      Choices child = place.choices().children().get(c);
      if (child.isLeaf() && child.run().length == 1) {
        score(child, sum + heads[c]);
      } else {
        next.add(new Place(child, before, 1, sum + heads[c]));
      }
    }
  }

  private void score(Choices at, double sum) {
    at.ends().forEach(choice -> scores[choice] = sum / own(choice).length);
  }

  /// Asks for the log-probabilities of a run's tokens and of those that may follow. What follows
  /// the last token of a choice is of no interest, so that token is only looked up, not computed.
  private ScoredSequence submit(Place place) {
    int[] run = place.choices().run();
    if (place.choices().isLeaf()) {
      int[] all = joined(place.before(), Arrays.copyOf(run, run.length - 1));
      return submit(all, place.before().length + place.known(), new int[] {run[run.length - 1]});
    }
    return submit(
        joined(place.before(), run),
        place.before().length + place.known(),
        place.choices().heads());
  }

  /// Goes down the choices token by token, always to the likeliest token that some choice has
  /// there; a choice may also end. The score is how many tokens of the way a choice shares.
  private void greedy() {
    Choices here = Choices.of(choices);
    int[] way = joined(prompt, here.run());
    mark(here, way);
    while (!here.isLeaf()) {
      int[] heads = here.heads();
      int[] asked = here.ends().isEmpty() ? heads : joined(heads, ends);
      double[] logprobs = one(way, asked);
      int best = 0;
      for (int i = 1; i < logprobs.length; i++) {
        if (logprobs[i] > logprobs[best]) {
          best = i;
        }
      }
      if (best >= heads.length) {
        break; // a choice ends here
      }
      here = here.children().get(best);
      way = joined(way, here.run());
      mark(here, way);
    }
    here.ends().forEach(choice -> scores[choice]++);
  }

  private void mark(Choices at, int[] way) {
    int length = way.length - prompt.length;
    at.all().forEach(choice -> scores[choice] = length - (isWhole[choice] && length > 0 ? 1 : 0));
  }

  private double[] one(int[] way, int[] asked) {
    ScoredSequence sequence = submit(way, way.length, asked);
    try {
      return sequence.await().next();
    } finally {
      cancel(sequence);
    }
  }

  private static int[] joined(int[] before, int[] after) {
    int[] all = Arrays.copyOf(before, before.length + after.length);
    System.arraycopy(after, 0, all, before.length, after.length);
    return all;
  }

  private ScoredSequence submit(int[] tokens, int from, int[] next) {
    Sequence.Terms terms =
        new Sequence.Terms(tokens.length, scheduling.priority(), scheduling.cacheSalt());
    ScoredSequence sequence = new ScoredSequence(tokens, from, next, terms);
    first = first.or(() -> Optional.of(sequence));
    engine.submit(sequence);
    return sequence;
  }

  /// Ends a sequence that still runs, after an error in another.
  private void cancel(ScoredSequence sequence) {
    if (!sequence.isDone()) {
      engine.cancel(sequence);
    }
  }
}
