package dev.sgl.server.turn;

import dev.sgl.backend.Prompt;
import dev.sgl.server.keys.RequestId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.function.IntFunction;

/// The answers that one request asks for, made at the same time. If one fails, all end.
public final class Job implements AutoCloseable {
  private final Served served;
  private final RequestId id;
  private final List<Ask> asks;
  private final List<Turn> turns = new ArrayList<>();
  private boolean closed;

  /// A job that has not begun.
  ///
  /// @param id by which it can be ended from elsewhere
  public Job(Served served, RequestId id, List<Ask> asks) {
    this.served = served;
    this.id = id;
    this.asks = List.copyOf(asks);
  }

  /// Makes all answers, and waits for them.
  ///
  /// @param heard gives the callback for each answer, by its index
  public List<Answer> run(IntFunction<Heard> heard) {
    begin(heard);
    try (Running.InFlight _ = served.running().add(id, this::close)) {
      List<Answer> answers =
          turns.size() == 1
              ? List.of(turns.getFirst().run())
              : Together.all(turns.stream().<Callable<Answer>>map(turn -> turn::run).toList());
      for (int i = 0; i < answers.size(); i++) {
        if (asks.get(i).prompt() instanceof Prompt.Chat) { // which comes again, with its answer
          served.memory().keep(asks.get(i).scheduling().cacheSalt(), answers.get(i));
        }
      }
      return answers;
    } finally {
      close();
      id.caller().spend(turns.stream().mapToLong(Turn::tokens).sum());
    }
  }

  private synchronized void begin(IntFunction<Heard> heard) {
    if (closed) {
      throw new CancellationException("cancelled");
    }
    for (int i = 0; i < asks.size(); i++) {
      turns.add(new Turn(served.backend(), asks.get(i), heard.apply(i)));
    }
  }

  /// Ends what still runs.
  @Override
  public synchronized void close() {
    closed = true;
    turns.forEach(Turn::close);
  }
}
