package dev.sgl.server.turn;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/// The answers that one request asks for, made at the same time. If one fails, all end.
public final class Job implements AutoCloseable {
  private final Served served;
  private final String id;
  private final List<Turn> turns = new ArrayList<>();

  /// @param heard who hears each of the answers
  public Job(Served served, String id, List<Ask> asks, IntFunction<Heard> heard) {
    this.served = served;
    this.id = id;
    for (int i = 0; i < asks.size(); i++) {
      turns.add(new Turn(served.backend(), asks.get(i), heard.apply(i)));
    }
    served.running().add(this);
  }

  public String id() {
    return id;
  }

  /// Waits for all answers.
  public List<Answer> run() {
    try {
      List<Answer> answers = turns.size() == 1 ? List.of(turns.getFirst().run()) : together();
      answers.forEach(served.memory()::keep);
      return answers;
    } finally {
      close();
      served.running().remove(this);
    }
  }

  private List<Answer> together() {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> futures = new ArrayList<>();
      turns.forEach(turn -> futures.add(threads.submit(() -> closing(turn))));
      List<Answer> answers = new ArrayList<>();
      for (Future<Answer> future : futures) {
        answers.add(future.get());
      }
      return answers;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException error
          ? error
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("cancelled");
    }
  }

  /// If one fails, nobody waits for the others.
  private Answer closing(Turn turn) {
    try {
      return turn.run();
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /// Ends what still runs.
  @Override
  public void close() {
    turns.forEach(Turn::close);
  }
}
