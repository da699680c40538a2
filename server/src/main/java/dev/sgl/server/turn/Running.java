package dev.sgl.server.turn;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// The requests in flight, by their ids, so that they can be ended from elsewhere.
/// Several requests may have the same id.
public final class Running {
  private final Set<InFlight> inFlight = ConcurrentHashMap.newKeySet();

  /// A request that is being answered, until it is closed.
  final class InFlight implements AutoCloseable {
    private final String id;
    private final Runnable end;
    private boolean over;
    private boolean ended;

    private InFlight(String id, Runnable end) {
      this.id = id;
      this.end = end;
    }

    private synchronized void end() {
      if (!over) {
        ended = true;
        end.run();
      }
    }

    /// Whether it was ended from elsewhere.
    private synchronized boolean isEnded() {
      return ended;
    }

    @Override
    public synchronized void close() {
      over = true;
      inFlight.remove(this);
    }
  }

  /// Notes that a request is being answered, until the returned value is closed.
  ///
  /// @param end ends the request; called from any thread, perhaps several times, never after
  ///     the close
  InFlight add(String id, Runnable end) {
    InFlight request = new InFlight(id, end);
    inFlight.add(request);
    return request;
  }

  /// Does `work` on this thread, which is interrupted if the request is ended.
  public <T> T during(String id, Supplier<T> work) {
    InFlight request = add(id, Thread.currentThread()::interrupt);
    try {
      return work.get();
    } finally {
      request.close();
      if (request.isEnded()) {
        Thread.interrupted(); // it was meant for the work alone
      }
    }
  }

  /// Ends the requests with an id; how many there were.
  public int abort(String id) {
    List<InFlight> ended = inFlight.stream().filter(request -> request.id.equals(id)).toList();
    ended.forEach(InFlight::end);
    return ended.size();
  }

  /// Ends all requests.
  public int abortAll() {
    List<InFlight> all = List.copyOf(inFlight);
    all.forEach(InFlight::end);
    return all.size();
  }
}
