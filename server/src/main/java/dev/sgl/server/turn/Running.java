package dev.sgl.server.turn;

import dev.sgl.server.keys.Caller;
import dev.sgl.server.request.RequestContext;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// The requests in flight, by their ids, so that they can be ended from elsewhere.
/// Several requests may have the same id, also of one caller.
public final class Running {
  private final Set<InFlight> inFlight = ConcurrentHashMap.newKeySet();

  /// A request that is being answered, until it is closed.
  final class InFlight implements AutoCloseable {
    private final RequestContext context;
    private final Runnable end;
    private boolean over;
    private boolean ended;

    private InFlight(RequestContext context, Runnable end) {
      this.context = context;
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
  InFlight add(RequestContext context, Runnable end) {
    InFlight request = new InFlight(context, end);
    inFlight.add(request);
    return request;
  }

  /// Does `work` on this thread, which is interrupted if the request is ended.
  public <T> T during(RequestContext context, Supplier<T> work) {
    InFlight request = add(context, Thread.currentThread()::interrupt);
    try {
      return work.get();
    } finally {
      request.close();
      if (request.isEnded()) {
        Thread.interrupted(); // it was meant for the work alone
      }
    }
  }

  /// Ends the requests with an id that a caller may end: those of its own, and all if it is for
  /// administration. How many there were.
  public int abort(String id, Caller caller) {
    List<InFlight> ended =
        inFlight.stream()
            .filter(request -> request.context.id().equals(id))
            .filter(request -> caller.isAdmin() || request.context.caller() == caller)
            .toList();
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
