package dev.sgl.server.responses;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventLogTest {
  private static final int EVENTS = 2000;

  private static ObjectNode event(int number) {
    return Json.object().put("sequence_number", number).put("delta", "x".repeat(50));
  }

  private static List<Integer> follow(EventLog log, int from) throws InterruptedException {
    List<Integer> numbers = new ArrayList<>();
    for (Optional<EventLog.Event> next = log.event(from);
        next.isPresent();
        next = log.event(from + numbers.size())) {
      numbers.add(Json.read(next.get().json()).path("sequence_number").asInt());
    }
    return numbers;
  }

  @Test
  void manyFollowALogWhileItGrows() throws Exception {
    EventLog log = new EventLog(1 << 20);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<Integer>>> followers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int from = i * 100;
        Callable<List<Integer>> follower = () -> follow(log, from);
        followers.add(threads.submit(follower));
      }
      for (int i = 0; i < EVENTS; i++) {
        log.add("delta", event(i));
      }
      log.end();
      for (int i = 0; i < 8; i++) {
        List<Integer> numbers = followers.get(i).get();
        assertEquals(EVENTS - i * 100, numbers.size());
        assertEquals(i * 100, numbers.getFirst());
        assertEquals(EVENTS - 1, numbers.getLast());
      }
    }
  }

  @Test
  void theFirstEventsAreForgottenWhereThereIsNoRoom() throws InterruptedException {
    long most = 20_000;
    EventLog log = new EventLog(most);
    for (int i = 0; i < EVENTS; i++) {
      log.add("delta", event(i));
      assertTrue(log.bytes() <= most);
    }
    log.end();
    ApiException error = assertThrows(ApiException.class, () -> log.require(0));
    assertEquals(Optional.of("events_not_kept"), error.code());
    assertThrows(ApiException.class, () -> log.event(0));
    List<Integer> last = follow(log, EVENTS - 50);
    assertEquals(50, last.size());
    assertEquals(EVENTS - 50, last.getFirst());
    log.require(EVENTS); // none is left
    assertThrows(ApiException.class, () -> log.require(EVENTS + 1));
  }

  @Test
  void aLogThatIsNotKeptHasItsLastEventsOnly() throws InterruptedException {
    EventLog log = new EventLog(10 << 20);
    boolean isGrown = false;
    for (int i = 0; i < EVENTS; i++) {
      isGrown |= log.add("delta", event(i));
    }
    assertTrue(isGrown);
    long before = log.bytes();
    log.forget();
    log.end();
    assertTrue(log.bytes() < before / 4);
    assertEquals(List.of(EVENTS - 1), follow(log, EVENTS - 1));
  }
}
