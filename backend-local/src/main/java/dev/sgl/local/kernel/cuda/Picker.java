package dev.sgl.local.kernel.cuda;

import dev.sgl.local.kernel.Busy;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Logits.Picks;
import dev.sgl.local.kernel.Picked;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Answers draws on the device, so that only tokens cross the bus: the kernel in `pick.cu`.
final class Picker {
  /// Rows of logits that are held at a time.
  private static final int ROWS = 256;

  private static final int MOST_ROWS = 1 << 14;
  private static final int THREADS = 1024;
  private static final int INTEGERS_OF_A_DRAW = 16;

  private final Gpu gpu;
  private final Clock clock;
  private final Gpu.Memory picked;
  private final Uploads uploads;
  private final List<Results> results = new ArrayList<>();
  private Optional<Gpu.Kernel> kernel = Optional.empty();
  private Optional<Gpu.Memory> logits = Optional.empty();
  private Optional<Gpu.Memory> copies = Optional.empty();
  private int turn;

  /// Where answers go, on the device and on the host.
  ///
  /// @param bytes that they take
  private record Results(Gpu.Memory device, Gpu.Pinned host, long bytes) {
    Results of(long taken) {
      return new Results(device, host, taken);
    }
  }

  /// What computes logits.
  @FunctionalInterface
  interface Source {
    /// @param first of the sampled rows
    void write(int first, int rows, Gpu.Memory logits);
  }

  Picker(Gpu gpu, Clock clock) {
    this.gpu = gpu;
    this.clock = clock;
    this.uploads = new Uploads(gpu, 64 << 10);
    this.picked = gpu.allocate(4L * MOST_ROWS);
  }

  void use(Gpu.Kernel pick) {
    kernel = Optional.of(pick);
  }

  /// The tokens that were drawn last, for the next batch.
  Gpu.Memory picked() {
    return picked;
  }

  /// @param layers the work of which `source` computes logits
  Picks pick(List<Draw> draws, int vocabulary, Optional<Clock.Stint> layers, Source source) {
    gpu.enter();
    if (draws.isEmpty()) {
      layers.ifPresent(clock::drop);
      return List::of;
    }
    Ints integers = new Ints();
    int[] places = encode(draws, integers);
    int size = places[draws.size()];
    boolean copied = draws.stream().anyMatch(d -> d.picks() && d.candidates() >= 0);
    int held = Math.min(ROWS, draws.size());
    logits = atLeast(logits, 4L * held * vocabulary);
    if (copied) {
      copies = atLeast(copies, 4L * held * vocabulary);
    }
    Results to = results(4L * size).of(4L * size);
    Gpu.Memory uploaded = uploads.upload(integers.array());
    Clock.Stint tokens =
        clock.time("tokens", () -> pick(draws.size(), held, vocabulary, uploaded, to, source));
    List<Clock.Stint> stints = new ArrayList<>();
    layers.ifPresent(stints::add);
    stints.add(tokens);
    return new Pending(draws, places, to, stints);
  }

  /// Computes logits and answers the draws, so many rows at a time; asks for the results.
  private void pick(
      int draws, int held, int vocabulary, Gpu.Memory uploaded, Results to, Source source) {
    Gpu.Memory from = logits.orElseThrow();
    for (int first = 0; first < draws; first += held) {
      int rows = Math.min(held, draws - first);
      source.write(first, rows, from);
      gpu.launch(
          kernel.orElseThrow(),
          rows,
          1,
          THREADS,
          from,
          vocabulary,
          uploaded.address() + 4L * INTEGERS_OF_A_DRAW * first,
          uploaded,
          to.device(),
          picked.address() + 4L * first,
          copies.map(Gpu.Memory::address).orElse(0L));
    }
    gpu.download(to.device(), to.host(), to.bytes());
  }

  /// Writes the draws, and behind them what they refer to.
  ///
  /// @return where in the results that of each draw begins, and behind them the size of all
  private static int[] encode(List<Draw> draws, Ints integers) {
    int[] places = new int[draws.size() + 1];
    int[] heads = new int[INTEGERS_OF_A_DRAW * draws.size()];
    integers.add(heads);
    for (int i = 0; i < draws.size(); i++) {
      Draw draw = draws.get(i);
      int at = i * INTEGERS_OF_A_DRAW;
      heads[at] = Float.floatToRawIntBits((float) draw.temperature());
      heads[at + 1] = Float.floatToRawIntBits((float) draw.topP());
      heads[at + 2] = Float.floatToRawIntBits((float) draw.minP());
      heads[at + 3] = Float.floatToRawIntBits((float) draw.repetition());
      heads[at + 4] = Float.floatToRawIntBits((float) draw.uniform());
      heads[at + 5] = draw.topK();
      heads[at + 6] = draw.picks() ? 1 : 0;
      heads[at + 7] = draw.candidates();
      heads[at + 8] = integers.add(draw.repeated());
      heads[at + 9] = draw.repeated().length;
      heads[at + 10] = integers.add(draw.shifted());
      heads[at + 11] = draw.shifted().length;
      integers.add(draw.shifts());
      heads[at + 12] = integers.add(draw.scored());
      heads[at + 13] = draw.scored().length;
      heads[at + 14] = draw.allowed().length == 0 ? -1 : integers.add(draw.allowed());
      heads[at + 15] = places[i];
      places[i + 1] = places[i] + 2 + 2 * Math.max(0, draw.candidates()) + draw.scored().length;
    }
    integers.set(0, heads);
    return places;
  }

  private Optional<Gpu.Memory> atLeast(Optional<Gpu.Memory> memory, long bytes) {
    if (memory.isPresent() && memory.get().bytes() >= bytes) {
      return memory;
    }
    memory.ifPresent(
        old -> {
          gpu.await();
          gpu.free(old);
        });
    Gpu.Memory zeros = gpu.allocate(bytes);
    gpu.fill(zeros, 0); // checkers of memory do not see all that cuBLAS writes
    return Optional.of(zeros);
  }

  /// A place for results; there are two, because those of one batch are read while the next runs.
  private Results results(long bytes) {
    turn = (turn + 1) % 2;
    while (results.size() < 2) {
      results.add(new Results(gpu.allocate(64 << 10), gpu.pin(64 << 10), 0));
    }
    if (results.get(turn).device().bytes() < bytes) {
      gpu.await();
      gpu.free(results.get(turn).device());
      gpu.unpin(results.get(turn).host());
      long room = Long.highestOneBit(bytes) * 2;
      results.set(turn, new Results(gpu.allocate(room), gpu.pin(room), 0));
    }
    return results.get(turn);
  }

  /// Answers on their way.
  private final class Pending implements Picks {
    private final List<Draw> draws;
    private final int[] places;
    private final Results results;
    private final List<Clock.Stint> stints;
    private List<Busy> busy = List.of();
    private Optional<List<Picked>> known = Optional.empty();

    Pending(List<Draw> draws, int[] places, Results results, List<Clock.Stint> stints) {
      this.draws = draws;
      this.places = places;
      this.results = results;
      this.stints = stints;
    }

    @Override
    public List<Picked> await() {
      if (known.isEmpty()) {
        gpu.enter();
        gpu.await(stints.getLast().end());
        busy = clock.read(stints);
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
      int count = Math.max(0, draw.candidates());
      int[] candidates = new int[count];
      for (int c = 0; c < count; c++) {
        candidates[c] = integer(place + 2 + c);
      }
      return new Picked(
          draw.picks() ? integer(place) : Picked.NONE,
          draw.candidates() >= 0 ? number(place + 1) : 0,
          candidates,
          numbers(place + 2 + count, count),
          numbers(place + 2 + 2 * count, draw.scored().length));
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
