package dev.sgl.server.turn;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// What is being answered, by the ids of the requests, so that it can be ended from elsewhere.
/// Several requests may have the same id.
public final class Running {
  private final Set<Place> places = ConcurrentHashMap.newKeySet();

  /// A request that is being answered, until it is closed.
  final class Place implements AutoCloseable {
    private final String id;
    private final Runnable end;
    private boolean over;
    private boolean ended;

    private Place(String id, Runnable end) {
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
      places.remove(this);
    }
  }

  /// @param end ends the request
  Place add(String id, Runnable end) {
    Place place = new Place(id, end);
    places.add(place);
    return place;
  }

  /// Does `work` on this thread, which is interrupted if the request is ended.
  public <T> T during(String id, Supplier<T> work) {
    Place place = add(id, Thread.currentThread()::interrupt);
    try {
      return work.get();
    } finally {
      place.close();
      if (place.isEnded()) {
        Thread.interrupted(); // it was meant for the work alone
      }
    }
  }

  /// Ends the requests with an id; how many there were.
  public int abort(String id) {
    List<Place> ended = places.stream().filter(place -> place.id.equals(id)).toList();
    ended.forEach(Place::end);
    return ended.size();
  }

  /// Ends all requests.
  public int abortAll() {
    List<Place> all = List.copyOf(places);
    all.forEach(Place::end);
    return all.size();
  }
}
