package dev.sgl.server.responses;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The events of a response in the background, by their numbers, for clients that come later or
/// come again. Any number of threads may follow them while they are added. Where they take too much
/// memory, the first ones are forgotten.
final class EventLog {
  private static final int BESIDE_JSON = 100; // bytes of an event
  private static final int STEP = 64 << 10; // bytes after which the log is weighed again
  private static final int TAIL = 64 << 10; // bytes for those that follow what is forgotten

  private final List<Event> events = new ArrayList<>();
  private long most;
  private int first; // number of the first event that is kept
  private long bytes;
  private long weighed;
  private boolean ended;

  /// An event with its number in it.
  record Event(String type, byte[] json) {
    private long bytes() {
      return BESIDE_JSON + json.length;
    }
  }

  /// @param most bytes that are kept
  EventLog(long most) {
    this.most = most;
  }

  /// Adds the next event.
  ///
  /// @return whether the log has grown so much that it is to be weighed again
  synchronized boolean add(String type, JsonNode event) {
    Event next = new Event(type, Json.bytes(event));
    events.add(next);
    bytes += next.bytes();
    shorten();
    notifyAll();
    boolean isGrown = bytes - weighed > STEP;
    weighed = isGrown ? bytes : weighed;
    return isGrown;
  }

  /// Forgets the first events, some more than there is no room for.
  private void shorten() {
    if (bytes <= most) {
      return;
    }
    int gone = 0;
    while (bytes > most - most / 4 && gone < events.size() - 1) {
      bytes -= events.get(gone++).bytes();
    }
    events.subList(0, gone).clear();
    first += gone;
    weighed = Math.min(weighed, bytes);
  }

  /// Keeps the last events only, for those that follow them at the moment.
  synchronized void forget() {
    most = Math.min(most, TAIL);
    shorten();
  }

  /// No event comes any more.
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /// The memory that it takes.
  synchronized long bytes() {
    return bytes;
  }

  /// Refuses a number from which the events cannot be sent.
  ///
  /// @throws ApiException if the event is forgotten, or there will be none
  synchronized void require(int number) {
    if (number < first) {
      throw forgotten(number);
    }
    if (ended && number > first + events.size()) {
      throw ApiException.invalid(
          "starting_after",
          "invalid_value",
          "the last event of the response has the number " + (first + events.size() - 1));
    }
  }

  private ApiException forgotten(int number) {
    return ApiException.invalid(
        "starting_after",
        "events_not_kept",
        "event %d of the response is not kept any more; the first that is has the number %d"
            .formatted(number, first));
  }

  /// The event with a number; waits for it. Empty if there is none.
  ///
  /// @throws ApiException if it is forgotten
  /// @throws InterruptedException if the thread is interrupted while it waits
  synchronized Optional<Event> event(int number) throws InterruptedException {
    while (number >= first + events.size() && !ended) {
      wait();
    }
    if (number < first) {
      throw forgotten(number);
    }
    return number < first + events.size()
        ? Optional.of(events.get(number - first))
        : Optional.empty();
  }
}
