package dev.sgl.local.engine;

import static dev.sgl.local.engine.EngineListener.Outcome.ANSWERED;
import static dev.sgl.local.engine.EngineListener.Outcome.CANCELLED;
import static dev.sgl.local.engine.EngineListener.Outcome.FAILED;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.UnavailableException;
import dev.sgl.local.cache.KvCache;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.model.Model;
import dev.sgl.local.schedule.Piece;
import dev.sgl.local.schedule.ScheduleOptions;
import dev.sgl.local.schedule.Scheduler;
import dev.sgl.local.schedule.Sequence;
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
/// While a batch is computed, a second thread owns the scheduler: it admits new requests, orders
/// the next batch, and fills the token masks of the running sequences.
final class Engine implements AutoCloseable {
  private static final int WARM_UP_ROUNDS = 16;

  /// Messages of callers to the engine's thread.
  private sealed interface Message {
    record Submit(Sequence sequence) implements Message {}

    record Open(LocalPin pin) implements Message {}

    record Close(LocalPin pin) implements Message {}

    /// There are cancelled sequences, or errands.
    record Wake() implements Message {}
  }

  private final Model model;
  private final KvPool pool;
  private final KvCache cache;
  private final Scheduler scheduler;
  private final EngineRecord record;
  private final BlockingQueue<Message> inbox = new LinkedBlockingQueue<>();
  private final Queue<Runnable> errands = new ConcurrentLinkedQueue<>(); // run between two batches
  private final ExecutorService planner =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("sgl-planner").factory());
  private final Answers answers;
  private final Step step;
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
    this.pool = model.pool((tokens + pageSize - 1) / pageSize, pageSize, schedule.maxRunning());
    this.cache = new KvCache(pool, options.cache().shares() && !model.seesAhead());
    this.scheduler = new Scheduler(cache, schedule, System::nanoTime);
    this.record = new EngineRecord();
    this.answers = new Answers(scheduler, cache, record);
    this.step =
        model.isAsynchronous()
            ? new AsynchronousStep(model, pool, answers, this::prepare)
            : new WaitingStep(model, pool, answers, this::prepare, planner);
    this.thread = Thread.ofPlatform().daemon().name("sgl-engine").start(this::loop);
  }

  // --- the callers' side

  /// Tokens of a page.
  int pageSize() {
    return pool.pageSize();
  }

  /// Tokens that the pool holds.
  int room() {
    return pool.pages() * pool.pageSize();
  }

  /// Hands a sequence to the engine.
  ///
  /// @throws BackendException if the pool could never hold it, or the engine is closed
  void submit(Sequence sequence) {
    int room = room();
    if (sequence.terms().most() > room) {
      throw new BackendException(
          "a sequence of up to %d tokens can never fit: there is room for %d in all"
              .formatted(sequence.terms().most(), room));
    }
    tell(new Message.Submit(sequence));
  }

  /// Pins the cached prefix of `tokens`, also the part that is computed later, until the pin is
  /// closed.
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

  /// Ends a sequence, if it still runs, and frees its pages.
  void cancel(Sequence sequence) {
    sequence.cancel();
    if (!closed) {
      inbox.add(new Message.Wake());
    }
  }

  private void tell(Message message) {
    if (closed) {
      throw new UnavailableException("the engine is closed");
    }
    inbox.add(message);
    if (closed && inbox.remove(message)) { // it was added after the inbox was read last
      throw new UnavailableException("the engine is closed");
    }
  }

  /// Calls `question` with the cache on the engine's thread, between two batches, and waits for the
  /// result.
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
    tell(new Message.Wake());
    return answer.join();
  }

  /// The size of the vocabulary.
  int vocabulary() {
    return model.vocabulary();
  }

  /// Calls `listener` from now on.
  void listen(EngineListener listener) {
    record.listen(listener);
  }

  /// Counters since the start.
  EngineStats stats() {
    return record.stats();
  }

  // --- the engine's thread

  private void loop() {
    BackendException end = new UnavailableException("the engine was closed");
    try {
      warmUp();
      while (!closed) {
        round(scheduler.isIdle() ? Optional.of(awaitMessage()) : Optional.empty());
        assert scheduler.checkInvariants();
      }
    } catch (InterruptedException e) {
      closed = true; // by close()
    } catch (RuntimeException | Error e) {
      end = new UnavailableException("the engine failed: " + e, e);
      throw e; // no request is answered from now on, so the error must be visible
    } finally {
      closed = true;
      planner.shutdown();
      answerRemaining(end);
    }
  }

  /// Takes the messages, `first` before those in the inbox, and computes a batch. An error here
  /// belongs to no single request: all requests are answered, and the engine continues with the
  /// next requests if its pages are still consistent.
  private void round(Optional<Message> first) {
    try {
      first.ifPresent(this::take);
      receive();
      List<Piece> pieces = scheduler.plan();
      if (pieces.isEmpty()) {
        step.takeAnswers();
      } else {
        step.run(PlannedBatch.of(pieces));
        cache.moveHolds();
      }
    } catch (RuntimeException | Error e) {
      answerAll(UnavailableException.passing("the batch failed: " + e, e));
      scheduler.checkInvariants();
    }
  }

  /// Answers all requests, also those still in the inbox, before the thread ends.
  private void answerRemaining(BackendException end) {
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
  private Message awaitMessage() throws InterruptedException {
    record.count(scheduler, cache);
    return inbox.take();
  }

  /// Handles the messages of the inbox.
  private void receive() {
    for (Message message = inbox.poll(); message != null; message = inbox.poll()) {
      take(message);
    }
    scheduler.dropCancelled().forEach(sequence -> answers.ended(sequence, CANCELLED));
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
      case Message.Wake() -> {}
    }
  }

  private void submitted(Sequence sequence) {
    scheduler.submit(sequence);
    if (sequence.isComplete()) {
      scheduler.drop(sequence);
      answers.ended(sequence, ANSWERED);
      sequence.finish();
    }
  }

  /// The part of a step that needs no logits. The batch that is being computed reads pages and page
  /// tables, so nothing is given back here.
  private void prepare(PlannedBatch batch) {
    for (Message message = inbox.poll(); message != null; message = inbox.poll()) {
      take(message);
    }
    scheduler.arrange();
    for (Piece piece : batch.pieces()) {
      if (piece.wanted() < piece.end() && piece.sequence().isRunning()) {
        prepare(piece.sequence());
      }
    }
  }

  /// An error here occurs again when the sequence gets its logits, and fails the sequence then. An
  /// OutOfMemoryError may not occur again, so it ends the sequence now.
  private void prepare(Sequence sequence) {
    try {
      sequence.prepare();
    } catch (OutOfMemoryError e) {
      sequence.fail(Answers.noMemory(e));
      cancel(sequence);
    } catch (RuntimeException | StackOverflowError e) {
      return;
    }
  }

  private void answerAll(BackendException error) {
    answer(scheduler.all(), error); // first: the scheduler may fail
    scheduler.dropAll();
  }

  private void answer(List<Sequence> sequences, BackendException error) {
    sequences.forEach(sequence -> sequence.fail(error));
    sequences.forEach(s -> record.ended(s, s.isCancelled() ? CANCELLED : FAILED));
    record.count(scheduler, cache);
  }

  /// Runs dummy batches until the first request comes: the first batches are slow, because the
  /// virtual machine compiles the kernels.
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
        if (model.isAsynchronous()) { // the next batch must not run at the same time
          if (model.generates()) {
            logits.pick(List.of(Draw.greedy(new long[0], Draw.Logprobs.NONE))).await();
          } else {
            logits.state(0);
          }
        }
      } catch (RuntimeException e) {
        return; // the first request fails the same way, and reports it
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
