package dev.sgl.local.engine;

import static dev.sgl.local.engine.EngineListener.Outcome.ANSWERED;
import static dev.sgl.local.engine.EngineListener.Outcome.CANCELLED;
import static dev.sgl.local.engine.EngineListener.Outcome.FAILED;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.FaultException;
import dev.sgl.backend.UnavailableException;
import dev.sgl.local.cache.KvCache;
import dev.sgl.local.engine.EngineListener.Outcome;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Logits.Picks;
import dev.sgl.local.kernel.Picked;
import dev.sgl.local.model.Model;
import dev.sgl.local.schedule.Piece;
import dev.sgl.local.schedule.ScheduleOptions;
import dev.sgl.local.schedule.Scheduler;
import dev.sgl.local.schedule.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import java.util.stream.IntStream;

/// The engine: one thread that owns all sequences and pages, and runs batch after batch.
///
/// While a batch is computed, a second thread has the scheduler to itself: it takes in what came,
/// puts it in order for the next batch, and fills the masks of those that are being computed.
final class Engine implements AutoCloseable {
  private static final int WARM_UP_ROUNDS = 16;

  /// What callers tell the engine.
  private sealed interface Message {
    record Submit(Sequence sequence) implements Message {}

    record Open(LocalPin pin) implements Message {}

    record Close(LocalPin pin) implements Message {}

    /// Cancelled sequences and errands are looked for.
    record Look() implements Message {}
  }

  private final Model model;
  private final KvPool pool;
  private final KvCache cache;
  private final Scheduler scheduler;
  private final EngineRecord record;
  private final BlockingQueue<Message> inbox = new LinkedBlockingQueue<>();
  private final Queue<Runnable> errands = new ConcurrentLinkedQueue<>(); // for between two batches
  private final ExecutorService beside =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("sgl-planner").factory());
  private Optional<Flight> flight = Optional.empty(); // what is asked for and not taken yet
  private final Thread thread;
  private volatile boolean closed;

  /// @param tokens that the pool of keys and values holds
  Engine(Model model, LocalOptions options, int tokens) {
    this(model, options, options.schedule().orElse(ScheduleOptions.DEFAULT), tokens);
  }

  /// @param tokens that the pool of keys and values holds
  Engine(Model model, LocalOptions options, ScheduleOptions schedule, int tokens) {
    int pageSize = options.cache().pageSize();
    this.model = model;
    this.pool = model.pool((tokens + pageSize - 1) / pageSize, pageSize);
    this.cache = new KvCache(pool, options.cache().shares());
    this.scheduler = new Scheduler(cache, schedule, System::nanoTime);
    this.record = new EngineRecord();
    this.thread = Thread.ofPlatform().daemon().name("sgl-engine").start(this::loop);
  }

  // --- the callers' side

  /// Hands a sequence to the engine.
  ///
  /// @throws BackendException if the pool could never hold it, or the engine is closed
  void submit(Sequence sequence) {
    int room = pool.pages() * pool.pageSize();
    if (sequence.terms().most() > room) {
      throw new BackendException(
          "a sequence of up to %d tokens can never fit: there is room for %d in all"
              .formatted(sequence.terms().most(), room));
    }
    tell(new Message.Submit(sequence));
  }

  /// Keeps what there is and will be of `tokens` until the pin is closed.
  LocalPin pin(String namespace, int[] tokens) {
    LocalPin pin = new LocalPin(this, namespace, tokens);
    tell(new Message.Open(pin));
    return pin;
  }

  void unpin(LocalPin pin) {
    if (!closed) {
      inbox.add(new Message.Close(pin));
    }
  }

  /// Ends a sequence, if it still runs, and frees what it holds.
  void cancel(Sequence sequence) {
    sequence.cancel();
    if (!closed) {
      inbox.add(new Message.Look());
    }
  }

  private void tell(Message message) {
    if (closed) {
      throw new UnavailableException("the engine is closed");
    }
    inbox.add(message);
    if (closed && inbox.remove(message)) { // it came after the last look into the inbox
      throw new UnavailableException("the engine is closed");
    }
  }

  /// Asks something of the cache, on the thread that owns it, between two batches.
  <T> T ask(Function<KvCache, T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    errands.add(
        () -> {
          try {
            answer.complete(question.apply(cache));
          } catch (RuntimeException | OutOfMemoryError e) {
            answer.completeExceptionally(e);
          } catch (Error e) {
            answer.completeExceptionally(e);
            throw e;
          }
        });
    tell(new Message.Look());
    return answer.join();
  }

  /// Tokens that the model knows.
  int vocabulary() {
    return model.vocabulary();
  }

  /// Lets `listener` hear what happens from now on.
  void listen(EngineListener listener) {
    record.listen(listener);
  }

  /// What has happened so far.
  EngineStats stats() {
    return record.stats();
  }

  // --- the engine's thread

  private void loop() {
    BackendException end = new UnavailableException("the engine was closed");
    try {
      warmUp();
      while (!closed) {
        round(scheduler.isIdle() ? Optional.of(rest()) : Optional.empty());
        assert scheduler.checkInvariants();
      }
    } catch (InterruptedException e) {
      closed = true; // close() asked for it
    } catch (RuntimeException | Error e) {
      end = new UnavailableException("the engine failed: " + e, e);
      throw e; // nobody is answered from now on, which must not go unnoticed
    } finally {
      closed = true;
      beside.shutdown();
      answerForever(end);
    }
  }

  /// Takes the messages, `first` before those in the inbox, and computes a batch. An error here
  /// is no request's own: all requests are answered, and the engine goes on with the next ones, if
  /// its pages are still in order.
  private void round(Optional<Message> first) {
    try {
      first.ifPresent(this::take);
      receive();
      List<Piece> pieces = scheduler.plan();
      if (pieces.isEmpty()) {
        land();
      } else {
        step(pieces);
      }
    } catch (RuntimeException | Error e) {
      answerAll(UnavailableException.passing("the batch failed: " + e, e));
      scheduler.checkInvariants();
    }
  }

  /// Answers all requests, also those still in the inbox, before the thread ends.
  private void answerForever(BackendException end) {
    List<Sequence> left = scheduler.all();
    for (Message message = inbox.poll(); message != null; message = inbox.poll()) {
      if (message instanceof Message.Submit(var sequence)) {
        left.add(sequence);
      }
    }
    answer(left, end);
    errands.forEach(Runnable::run);
  }

  /// Waits for a message.
  private Message rest() throws InterruptedException {
    record.look(scheduler, cache);
    return inbox.take();
  }

  /// Takes what came in.
  private void receive() {
    for (Message message = inbox.poll(); message != null; message = inbox.poll()) {
      take(message);
    }
    scheduler.dropCancelled().forEach(sequence -> ended(sequence, CANCELLED));
    for (Runnable errand = errands.poll(); errand != null; errand = errands.poll()) {
      errand.run();
    }
  }

  private void take(Message message) {
    switch (message) {
      case Message.Submit(var sequence) -> {
        try {
          submitted(sequence);
        } catch (RuntimeException | Error e) { // the scheduler may not know of it
          sequence.fail(UnavailableException.passing("the request could not be taken: " + e, e));
          throw e;
        }
      }
      case Message.Open(var pin) -> pin.hold(cache.hold(pin.namespace(), pin.tokens()));
      case Message.Close(var pin) -> pin.hold().ifPresent(cache::release);
      case Message.Look() -> {}
    }
  }

  private void submitted(Sequence sequence) {
    scheduler.submit(sequence);
    if (sequence.isComplete()) {
      scheduler.drop(sequence);
      ended(sequence, ANSWERED);
      sequence.finish();
    }
  }

  /// A batch whose answers are asked for.
  private record Flight(List<Piece> pieces, List<Draw> draws, Picks picks) {}

  /// Computes a batch, and meanwhile gets ready for what comes after it.
  ///
  /// A model that computes by itself is always given the next batch before the answers of this one
  /// are taken, so that it never waits: sequences go on with tokens that only the device knows yet,
  /// and what it computed in vain, because one of them was the last, is forgotten.
  private void step(List<Piece> pieces) {
    long start = System.nanoTime();
    Logits logits = model.isAsynchronous() ? begin(pieces) : compute(pieces);
    List<Draw> draws = draws(pieces);
    hand(pieces, draws, logits);
    Flight next = new Flight(pieces, draws, logits.pick(draws));
    record.batch(pieces, start, scheduler, cache);
    pieces.stream().filter(p -> p.sequence().isRunning()).forEach(scheduler::settle);
    if (model.isAsynchronous()) {
      expect(next);
      flight = Optional.of(next);
    } else {
      land(next);
    }
    cache.moveHolds();
  }

  private Logits compute(List<Piece> pieces) {
    CompletableFuture<Void> ready = CompletableFuture.runAsync(() -> prepare(pieces), beside);
    try {
      return model.forward(batch(pieces), pool);
    } finally {
      ready.join(); // nothing is touched while the other thread has it
    }
  }

  private Logits begin(List<Piece> pieces) {
    Logits logits = model.forward(batch(pieces), pool);
    land();
    prepare(pieces);
    return logits;
  }

  /// Takes the answers of the batch before, if it was not waited for.
  private void land() {
    Optional<Flight> landing = flight;
    flight = Optional.empty();
    landing.ifPresent(this::land);
  }

  private void land(Flight landing) {
    List<Picked> picked = landing.picks().await();
    record.busy(landing.picks().busy());
    int row = 0;
    for (Piece piece : landing.pieces()) {
      piece.sequence().expectNothing();
      for (int position = piece.wanted(); position < piece.end(); position++, row++) {
        if (landing.draws().get(row).wanted() != Draw.Wanted.NOTHING
            && !piece.sequence().isEnded()) {
          accept(piece.sequence(), position, picked.get(row));
        }
      }
    }
  }

  /// What is asked of each sampled row, now that the answers of the batch before are known.
  private List<Draw> draws(List<Piece> pieces) {
    List<Draw> draws = new ArrayList<>();
    for (Piece piece : pieces) {
      for (int position = piece.wanted(); position < piece.end(); position++) {
        draws.add(draw(piece.sequence(), position));
      }
    }
    return draws;
  }

  /// Gives the hidden states to the sequences that want them.
  private static void hand(List<Piece> pieces, List<Draw> draws, Logits logits) {
    int row = 0;
    for (Piece piece : pieces) {
      for (int position = piece.wanted(); position < piece.end(); position++, row++) {
        if (draws.get(row).wanted() == Draw.Wanted.STATE) {
          piece.sequence().state(position, logits.state(row));
        }
      }
    }
  }

  private Draw draw(Sequence sequence, int position) {
    Draw[] draw = {Draw.NOTHING};
    if (sequence.isRunning() && position >= sequence.firstWanted()) {
      guarded(sequence, () -> draw[0] = sequence.draw(position));
    }
    return draw[0];
  }

  /// Lets the sequences go on with tokens that only the device knows.
  private static void expect(Flight flight) {
    int row = 0;
    for (Piece piece : flight.pieces()) {
      row += piece.end() - piece.wanted();
      boolean drawn = piece.wanted() < piece.end() && flight.draws().get(row - 1).picks();
      if (drawn && piece.sequence().goesOn()) {
        piece.sequence().expect(row - 1);
      }
    }
  }

  /// The part of a step that needs no logits. The batch that is being computed reads pages and page
  /// tables, so nothing is given back here.
  private void prepare(List<Piece> pieces) {
    for (Message message = inbox.poll(); message != null; message = inbox.poll()) {
      take(message);
    }
    scheduler.arrange();
    for (Piece piece : pieces) {
      if (piece.wanted() < piece.end() && piece.sequence().isRunning()) {
        prepare(piece.sequence());
      }
    }
  }

  /// What goes wrong here goes wrong again when the sequence gets its logits, and is its own then.
  /// Where memory is short it might not, so the sequence ends.
  private void prepare(Sequence sequence) {
    try {
      sequence.prepare();
    } catch (OutOfMemoryError e) {
      sequence.fail(noMemory(e));
      cancel(sequence);
    } catch (RuntimeException | StackOverflowError e) {
      return;
    }
  }

  private static UnavailableException noMemory(OutOfMemoryError error) {
    return UnavailableException.passing("there is no memory for the request", error);
  }

  private void accept(Sequence sequence, int position, Picked picked) {
    guarded(
        sequence,
        () -> {
          if (sequence.accept(position, picked)) {
            scheduler.finish(sequence);
            ended(sequence, ANSWERED);
            sequence.finish();
          } else if (sequence.isRewound()) {
            scheduler.again(sequence);
          }
        });
  }

  /// Does something for a sequence. What goes wrong in it is its own.
  private void guarded(Sequence sequence, Runnable work) {
    try {
      work.run();
    } catch (BackendException e) {
      fail(sequence, e);
    } catch (OutOfMemoryError e) {
      fail(sequence, noMemory(e));
      scheduler.checkInvariants(); // it may have struck in the midst of giving pages back
    } catch (RuntimeException | StackOverflowError e) {
      fail(sequence, new FaultException("the generation failed: " + e.getMessage(), e));
    }
  }

  private void fail(Sequence sequence, BackendException error) {
    scheduler.drop(sequence);
    ended(sequence, FAILED);
    sequence.fail(error);
  }

  private void ended(Sequence sequence, Outcome outcome) {
    record.ended(sequence, outcome);
    record.look(scheduler, cache);
  }

  private void answerAll(BackendException error) {
    answer(scheduler.all(), error); // first, whatever state the rest is in
    scheduler.dropAll();
  }

  private void answer(List<Sequence> sequences, BackendException error) {
    sequences.forEach(sequence -> sequence.fail(error));
    sequences.forEach(s -> record.ended(s, s.isCancelled() ? CANCELLED : FAILED));
    record.look(scheduler, cache);
  }

  private static Batch batch(List<Piece> pieces) {
    int rows = pieces.stream().mapToInt(Piece::rows).sum();
    int samples = pieces.stream().mapToInt(p -> p.end() - p.wanted()).sum();
    int[] tokens = new int[rows];
    int[] positions = new int[rows];
    int[][] tables = new int[rows][];
    int[] sampled = new int[samples];
    int row = 0;
    int sample = 0;
    for (Piece piece : pieces) {
      for (int position = piece.first(); position < piece.end(); position++) {
        tokens[row] = piece.sequence().token(position);
        positions[row] = position;
        tables[row] = piece.pages();
        if (position >= piece.wanted()) {
          sampled[sample++] = row;
        }
        row++;
      }
    }
    return new Batch(tokens, positions, tables, sampled);
  }

  /// Runs batches that nobody asked for, until someone asks: the first ones are slow, because the
  /// virtual machine compiles the kernels then.
  private void warmUp() {
    model.warmUp();
    pool.prepare(0);
    for (int round = 0; round < WARM_UP_ROUNDS && inbox.isEmpty() && !closed; round++) {
      int rows = round % 2 == 0 ? Math.min(4, pool.pageSize()) : 1;
      int[][] tables = new int[rows][];
      Arrays.fill(tables, new int[1]);
      int[] positions = IntStream.range(0, rows).toArray();
      try {
        Logits logits =
            model.forward(new Batch(new int[rows], positions, tables, new int[] {rows - 1}), pool);
        if (model.isAsynchronous()) { // what comes next must not meet it on the way
          logits.pick(List.of(Draw.greedy(new long[0], Draw.NO_LOGPROBS))).await();
        }
      } catch (RuntimeException e) {
        return; // the first request will meet it, and say so
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join(); // it still reads what is freed below
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    model.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
