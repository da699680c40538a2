package dev.sgl.local.engine;

import dev.sgl.backend.BackendException;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Kernels;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Tensor;
import dev.sgl.local.model.Transformer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;

/// The engine: one thread that owns all sequences and pages, and runs batch after batch.
///
/// Sequences are served first come, first served: each step gives every running sequence its new
/// tokens, one for those that generate and a piece of the prompt for the others, up to a budget of
/// rows. When pages run out the youngest sequence waits again and is computed anew later.
final class Engine implements AutoCloseable {
  private static final int MAX_ROWS = 512;
  private static final int MAX_RUNNING = 64;
  private static final int WARM_UP_ROUNDS = 16;

  private final Transformer model;
  private final Kernels kernels;
  private final KvPool pool;
  private final PageTable pages;
  private final BlockingQueue<Sequence> inbox = new LinkedBlockingQueue<>();
  private final ArrayDeque<Sequence> waiting = new ArrayDeque<>();
  private final List<Sequence> running = new ArrayList<>();
  private final Thread thread;
  private volatile boolean closed;

  /// @param tokens that the pool of keys and values holds, in pages of `pageSize`
  Engine(Transformer model, Kernels kernels, int tokens, int pageSize) {
    this.model = model;
    this.kernels = kernels;
    this.pool = model.pool((tokens + pageSize - 1) / pageSize, pageSize);
    this.pages = new PageTable(pool);
    this.thread = Thread.ofPlatform().daemon().name("sgl-engine").start(this::loop);
  }

  /// Hands a sequence to the engine.
  ///
  /// @throws BackendException if the pool could never hold it, or the engine is closed
  void submit(Sequence sequence) {
    if (pages.pagesFor(sequence.length + 1) > pool.pages()) {
      throw new BackendException(
          "a prompt of "
              + sequence.length
              + " tokens can never fit: there is room for "
              + pool.pages() * pool.pageSize());
    }
    if (closed) {
      throw new BackendException("the engine is closed");
    }
    inbox.add(sequence);
    if (closed && inbox.remove(sequence)) { // it came after the last look into the inbox
      throw new BackendException("the engine is closed");
    }
  }

  /// Tokens that the model knows.
  int vocabulary() {
    return model.config().vocabulary();
  }

  /// Runs batches that nobody asked for, until someone asks: the first ones are slow, because the
  /// virtual machine compiles the kernels then.
  private void warmUp() {
    pool.prepare(0);
    for (int round = 0; round < WARM_UP_ROUNDS && inbox.isEmpty() && !closed; round++) {
      int rows = round % 2 == 0 ? Math.min(4, pool.pageSize()) : 1;
      int[][] tables = new int[rows][];
      Arrays.fill(tables, new int[1]);
      int[] positions = IntStream.range(0, rows).toArray();
      model.forward(
          new Batch(new int[rows], positions, tables, new int[] {rows - 1}), pool, kernels);
    }
  }

  private void loop() {
    BackendException end = new BackendException("the engine was closed");
    try {
      warmUp();
      while (!closed) {
        receive();
        admit();
        if (!running.isEmpty()) {
          step();
        }
      }
    } catch (InterruptedException e) {
      closed = true; // close() asked for it
    } catch (RuntimeException | Error e) {
      end = new BackendException("the engine failed: " + e, e);
    } finally {
      closed = true;
      answerAll(end);
      inbox.drainTo(waiting);
      for (Sequence sequence : waiting) {
        sequence.fail(end);
      }
    }
  }

  /// Takes what came in; waits for something if there is nothing to do.
  private void receive() throws InterruptedException {
    if (running.isEmpty() && waiting.isEmpty()) {
      checkInvariants();
      waiting.add(inbox.take());
    }
    inbox.drainTo(waiting);
    waiting.removeIf(Sequence::isCancelled);
    running.removeIf(
        sequence -> {
          if (sequence.isCancelled()) {
            pages.release(sequence);
          }
          return sequence.isCancelled();
        });
  }

  private void admit() {
    int reserved = 0;
    while (!waiting.isEmpty() && running.size() < MAX_RUNNING) {
      int needed = pages.pagesFor(waiting.element().length + 1);
      if (!running.isEmpty() && reserved + needed > pages.freePages()) {
        break;
      }
      reserved += needed;
      running.add(waiting.remove());
    }
  }

  /// The rows of one sequence in a batch: its tokens from `first` up to `end`.
  private record Piece(Sequence sequence, int first, int end) {}

  private void step() {
    List<Piece> pieces = plan();
    Tensor logits;
    try {
      logits = model.forward(batch(pieces), pool, kernels);
    } catch (RuntimeException | OutOfMemoryError e) {
      answerAll(new BackendException("the model could not be run: " + e, e));
      return;
    }
    int row = 0;
    for (Piece piece : pieces) {
      int first = sampledFrom(piece);
      piece.sequence().computed = piece.end();
      boolean done = false;
      try {
        for (int position = first; position < piece.end() && !done; position++) {
          done = piece.sequence().accept(position, logits.row(row + position - first));
        }
        if (done) {
          piece.sequence().finish();
        }
      } catch (BackendException e) {
        piece.sequence().fail(e);
        done = true;
      } catch (RuntimeException e) {
        piece.sequence().fail(new BackendException("the generation failed: " + e.getMessage(), e));
        done = true;
      }
      row += Math.max(0, piece.end() - first);
      if (done) {
        pages.release(piece.sequence());
        running.remove(piece.sequence());
      }
    }
  }

  private static int sampledFrom(Piece piece) {
    return Math.max(piece.first(), Math.min(piece.end(), piece.sequence().firstSampled()));
  }

  private List<Piece> plan() {
    List<Piece> pieces = new ArrayList<>();
    int budget = MAX_ROWS;
    for (int i = 0; i < running.size() && budget > 0; i++) {
      Sequence sequence = running.get(i);
      int end = Math.min(sequence.length, sequence.computed + budget);
      while (!pages.grow(sequence, end) && retractAfter(sequence)) {
        continue; // there are more free pages now
      }
      if (pages.pagesFor(end) > sequence.pages.length) {
        break; // it waits for those before it
      }
      pieces.add(new Piece(sequence, sequence.computed, end));
      budget -= end - sequence.computed;
    }
    return pieces;
  }

  /// Sends the youngest sequence back to wait, unless it is `sequence` or an older one.
  private boolean retractAfter(Sequence sequence) {
    Sequence youngest = running.getLast();
    if (youngest == sequence) {
      return false;
    }
    pages.release(youngest);
    running.removeLast();
    waiting.addFirst(youngest);
    return true;
  }

  private static Batch batch(List<Piece> pieces) {
    int rows = pieces.stream().mapToInt(p -> p.end() - p.first()).sum();
    int samples = pieces.stream().mapToInt(p -> p.end() - sampledFrom(p)).sum();
    int[] tokens = new int[rows];
    int[] positions = new int[rows];
    int[][] tables = new int[rows][];
    int[] sampled = new int[samples];
    int row = 0;
    int sample = 0;
    for (Piece piece : pieces) {
      int from = sampledFrom(piece);
      for (int position = piece.first(); position < piece.end(); position++) {
        tokens[row] = piece.sequence().tokens[position];
        positions[row] = position;
        tables[row] = piece.sequence().pages;
        if (position >= from) {
          sampled[sample++] = row;
        }
        row++;
      }
    }
    return new Batch(tokens, positions, tables, sampled);
  }

  private void answerAll(BackendException error) {
    for (Sequence sequence : running) {
      sequence.fail(error);
      pages.release(sequence);
    }
    running.clear();
  }

  /// Every page is free or owned by one running sequence; looked at whenever nothing is to do.
  private void checkInvariants() {
    int owned = running.stream().mapToInt(s -> s.pages.length).sum();
    if (owned + pages.freePages() != pool.pages()) {
      throw new AssertionError(
          owned + " pages owned, " + pages.freePages() + " free, " + pool.pages() + " in all");
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    kernels.close();
  }
}
