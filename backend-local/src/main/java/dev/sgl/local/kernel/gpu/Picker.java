package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.Busy;
import dev.sgl.local.kernel.Choice;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Logits.Picks;
import dev.sgl.local.kernel.Picked;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Growing;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/// Answers draws on the GPU, so that only tokens cross the bus: the kernel in `pick.cu`.
final class Picker {
  /// Rows of logits that are held at a time.
  private static final int ROWS = 256;

  private static final int MOST_ROWS = 1 << 14;

  /// Bytes of answers, and of draws, that there is room for from the beginning.
  private static final long LEAST = 64 << 10;

  /// The settings of a draw that takes no token.
  private static final Draw.Token NO_TOKEN = Draw.greedy(new long[0], Draw.Logprobs.NONE);

  private final Gpu gpu;
  private final Clock clock;
  private final Gpu.Memory picked;
  private final Uploads uploads;
  private final Growing<Gpu.Memory> logits;
  private final Growing<Gpu.Memory> copies;
  private final List<Place> places;
  private Optional<Pick> kernel = Optional.empty();
  private int turn;

  /// Where answers go: one of two places, because those of one batch are read while the next runs.
  private record Place(Growing<Gpu.Memory> memory, Growing<Gpu.Pinned> host) {
    static Place of(Gpu gpu) {
      return new Place(Growing.onGpu(gpu, LEAST), Growing.pinned(gpu, LEAST));
    }

    Results atLeast(long bytes) {
      return new Results(memory.atLeast(bytes), host.atLeast(bytes), bytes);
    }
  }

  /// Answers, on the GPU and on the host.
  ///
  /// @param bytes that they take
  private record Results(Gpu.Memory memory, Gpu.Pinned host, long bytes) {}

  /// What computes logits.
  @FunctionalInterface
  interface Source {
    /// @param first of the sampled rows
    void write(int first, int rows, Gpu.Memory logits);
  }

  Picker(Gpu gpu, Clock clock) {
    this.gpu = gpu;
    this.clock = clock;
    this.uploads = Uploads.beside(gpu, LEAST);
    this.picked = gpu.allocate(4L * MOST_ROWS);
    this.logits = Growing.onGpu(gpu, 0);
    this.copies = Growing.onGpu(gpu, 0);
    this.places = List.of(Place.of(gpu), Place.of(gpu));
  }

  void use(Pick pick) {
    kernel = Optional.of(pick);
  }

  /// The tokens that were drawn last, for the next batch.
  Gpu.Memory picked() {
    return picked;
  }

  /// @param layers the work of which `source` computes logits
  Picks pick(List<Draw> draws, int vocabulary, Optional<Clock.Interval> layers, Source source) {
    gpu.enter();
    if (draws.stream().noneMatch(Draw::needsLogits)) {
      layers.ifPresent(clock::drop);
      return () -> Collections.nCopies(draws.size(), Picked.NOTHING);
    }
    Ints integers = new Ints();
    int[] begins = encode(draws, integers);
    boolean copied = draws.stream().anyMatch(d -> d.picks() && d.logprobs().ofPicked());
    int held = Math.min(ROWS, draws.size());
    Held rows = new Held(draws.size(), held, vocabulary);
    turn = (turn + 1) % places.size();
    Results to = places.get(turn).atLeast(4L * begins[draws.size()]);
    Gpu.Memory uploaded = uploads.upload(integers.array());
    Gpu.Memory copies = this.copies.atLeast(copied ? rows.bytes() : 0);
    Clock.Interval tokens = clock.time("tokens", () -> pick(rows, uploaded, copies, to, source));
    List<Clock.Interval> intervals = new ArrayList<>();
    layers.ifPresent(intervals::add);
    intervals.add(tokens);
    return new Pending(draws, begins, to, intervals);
  }

  /// Rows of logits.
  ///
  /// @param held at a time
  private record Held(int all, int held, int vocabulary) {
    long bytes() {
      return 4L * held * vocabulary;
    }
  }

  /// Computes logits and answers the draws, [Held#held] rows at a time, and starts the download.
  private void pick(Held rows, Gpu.Memory uploaded, Gpu.Memory copies, Results to, Source source) {
    Gpu.Memory from = logits.atLeast(rows.bytes());
    for (int first = 0; first < rows.all(); first += rows.held()) {
      int count = Math.min(rows.held(), rows.all() - first);
      source.write(first, count, from);
      kernel
          .orElseThrow()
          .run(first, count, rows.vocabulary(), from, uploaded, to.memory(), picked, copies);
    }
    gpu.download(to.memory(), to.host(), to.bytes());
  }

  /// Writes the draws, followed by the numbers that they refer to.
  ///
  /// @return the offset of each draw's results, followed by the size of all results
  private static int[] encode(List<Draw> draws, Ints integers) {
    int[] begins = new int[draws.size() + 1];
    int[] heads = new int[Pick.Field.COUNT * draws.size()];
    integers.add(heads);
    for (int i = 0; i < draws.size(); i++) {
      Draw draw = draws.get(i);
      Draw.Token token = token(draw);
      int at = i * Pick.Field.COUNT;
      for (Pick.Field field : Pick.Field.ALL) {
        heads[at + field.ordinal()] = encode(draw, token, field, integers, begins[i]);
      }
      begins[i + 1] = begins[i] + size(draw.logprobs());
    }
    integers.set(0, heads);
    return begins;
  }

  /// The count of numbers of a result: the token, its log-probability, the candidates, their
  /// log-probabilities, and the scores.
  private static int size(Draw.Logprobs logprobs) {
    return 2 + 2 * logprobs.count() + logprobs.scored().length;
  }

  /// The settings of the token that a draw picks.
  private static Draw.Token token(Draw draw) {
    return switch (draw) {
      case Draw.Token token -> token;
      case Draw.Nothing(), Draw.HiddenState(), Draw.Scores _ -> NO_TOKEN;
    };
  }

  /// A field of a draw.
  ///
  /// @param token [#token] of it
  private static int encode(
      Draw draw, Draw.Token token, Pick.Field field, Ints integers, int result) {
    Choice choice = token.choice();
    Draw.Shifts shifts = token.shifts();
    return switch (field) {
      case TEMPERATURE -> bits(choice.temperature());
      case TOP_P -> bits(choice.topP());
      case MIN_P -> bits(choice.minP());
      case REPETITION -> bits(shifts.repetition());
      case UNIFORM -> bits(token.uniform());
      case TOP_K -> choice.topK();
      case PICKS -> draw.picks() ? 1 : 0;
      case CANDIDATES -> draw.logprobs().candidates().orElse(-1);
      case REPEATED -> integers.add(shifts.repeated());
      case REPEATS -> shifts.repeated().length;
      case SHIFTED -> {
        int place = integers.add(shifts.shifted());
        integers.add(shifts.by());
        yield place;
      }
      case SHIFTS -> shifts.shifted().length;
      case SCORED -> integers.add(draw.logprobs().scored());
      case SCORES -> draw.logprobs().scored().length;
      case ALLOWED -> token.allowed().length == 0 ? -1 : integers.add(token.allowed());
      case RESULT -> result;
    };
  }

  private static int bits(double number) {
    return Float.floatToRawIntBits((float) number);
  }

  /// Answers on their way.
  private final class Pending implements Picks {
    private final List<Draw> draws;
    private final int[] places;
    private final Results results;
    private final List<Clock.Interval> intervals;
    private List<Busy> busy = List.of();
    private Optional<List<Picked>> known = Optional.empty();

    Pending(List<Draw> draws, int[] places, Results results, List<Clock.Interval> intervals) {
      this.draws = draws;
      this.places = places;
      this.results = results;
      this.intervals = intervals;
    }

    @Override
    public List<Picked> await() {
      if (known.isEmpty()) {
        gpu.enter();
        gpu.await(intervals.getLast().end());
        busy = clock.read(intervals);
        List<Picked> answers = new ArrayList<>();
        for (int i = 0; i < draws.size(); i++) {
          answers.add(answer(draws.get(i), places[i]));
        }
        known = Optional.of(answers);
      }
      return known.get();
    }

    @Override
    public List<Busy> busy() {
      return busy;
    }

    private Picked answer(Draw draw, int place) {
      Draw.Logprobs logprobs = draw.logprobs();
      int count = logprobs.count();
      int[] candidates = new int[count];
      for (int c = 0; c < count; c++) {
        candidates[c] = integer(place + 2 + c);
      }
      return new Picked(
          draw.picks() ? integer(place) : Picked.NONE,
          logprobs.ofPicked() ? number(place + 1) : 0,
          candidates,
          numbers(place + 2 + count, count),
          numbers(place + 2 + 2 * count, logprobs.scored().length));
    }

    private double[] numbers(int place, int count) {
      double[] numbers = new double[count];
      for (int i = 0; i < count; i++) {
        numbers[i] = number(place + i);
      }
      return numbers;
    }

    private int integer(int place) {
      return results.host().buffer().getInt(4 * place);
    }

    private double number(int place) {
      return Float.intBitsToFloat(integer(place));
    }
  }
}
