package dev.sgl.server.responses;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Ticker;
import dev.sgl.server.http.Json;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// What is kept, and for how long.
class StoreTest {
  private final AtomicLong now = new AtomicLong();

  private Store store(long most) {
    return new Store(
        most,
        new Ticker() {
          @Override
          public long read() {
            return now.get();
          }
        });
  }

  private static Store.Kept kept(String id) {
    ObjectNode response = Json.object().put("id", id);
    response.putArray("output").addObject().put("id", "msg_" + id).put("text", "x".repeat(5000));
    return new Store.Kept(
        response, List.of(), List.of(Json.object().put("id", "in_" + id)), "", Optional.empty());
  }

  @Test
  void thoseThatWereNotUsedGoFirst() {
    Store store = store(40_000);
    for (String id : List.of("a", "b", "c")) {
      store.put(kept(id));
    }
    assertTrue(store.response("a", "").isPresent());
    store.put(kept("d"));
    assertTrue(store.response("b", "").isEmpty());
    assertTrue(store.item("msg_b", "").isEmpty() && store.item("in_b", "").isEmpty());
    assertTrue(store.response("a", "").isPresent() && store.item("msg_a", "").isPresent());
  }

  @Test
  void nothingIsKeptLongerThanADay() {
    Store store = store(1 << 20);
    store.put(kept("a"));
    now.set(Duration.ofHours(25).toNanos());
    assertTrue(store.response("a", "").isEmpty() && store.item("msg_a", "").isEmpty());
  }

  @Test
  void aNewStateTakesThePlaceOfTheOld() {
    Store store = store(1 << 20);
    store.put(kept("a"));
    ObjectNode over = Json.object().put("id", "a");
    over.putArray("output");
    store.put(new Store.Kept(over, List.of(), List.of(), "", Optional.empty()));
    assertEquals(over, store.response("a", "").orElseThrow().response());
    assertTrue(store.item("msg_a", "").isEmpty());
    store.remove("a");
    assertTrue(store.response("a", "").isEmpty());
  }

  @Test
  void anItemIsItsOwners() {
    Store store = store(1_000_000);
    store.put(kept("a"));
    assertTrue(store.response("a", "anna").isEmpty());
    assertTrue(store.item("msg_a", "anna").isEmpty());
    ObjectNode same = Json.object().put("id", "msg_a");
    assertEquals("msg_a", store.named(same, "anna").path("id").asText());
    assertTrue(store.named(same, "").path("id").asText().startsWith("item_"));
  }

  /// What is too large for the store is not kept, and nothing of it is.
  @Test
  void aResponseThatIsTooLargeLeavesNothing() {
    Store store = store(5_000);
    store.put(kept("a"));
    assertTrue(store.response("a", "").isEmpty() && store.item("msg_a", "").isEmpty());
    store.put(kept("a"));
    assertTrue(store.item("in_a", "").isEmpty());
  }

  @Test
  void aResponseIsWeighedAgainWithItsEvents() {
    Store store = store(40_000);
    EventLog log = new EventLog(1 << 20);
    Store.Kept old = kept("old");
    Store.Kept streamed = kept("a");
    store.put(old);
    store.put(new Store.Kept(streamed.response(), List.of(), List.of(), "", Optional.of(log)));
    log.add("event", Json.object().put("text", "x".repeat(25_000)));
    assertTrue(store.weigh("a", ""));
    assertTrue(store.response("old", "").isEmpty(), "the events took its place");
    log.add("event", Json.object().put("text", "x".repeat(25_000)));
    assertFalse(store.weigh("a", ""), "there is no room for so many events");
  }

  @Test
  void aResponseThatIsOverIsNotCancelled() {
    Store.Kept kept = kept("a");
    kept.response().put("status", "in_progress");
    assertEquals("cancelled", kept.cancelled().response().path("status").asText());
    kept.response().put("status", "completed");
    assertEquals("completed", kept.cancelled().response().path("status").asText());
  }
}
