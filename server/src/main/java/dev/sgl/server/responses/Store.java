package dev.sgl.server.responses;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Ticker;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Responses and conversations that calls may refer to, in memory. Each is kept for a while; where
/// all together are too large, those that were not used for the longest time go first. Safe for
/// many threads.
final class Store {
  private static final Duration KEPT = Duration.ofDays(1);
  private static final int TREE = 64; // trees of JSON take many times the size of their text

  private final Cache<String, Entry> entries;
  private final Map<String, List<ObjectNode>> items =
      new HashMap<>(); // of all entries, by their ids
  private final long most;

  /// @param kept a response or a conversation
  /// @param items of its own, by which it is found too
  /// @param bytes of its JSON, with that of the items before its own
  private record Entry(Object kept, List<ObjectNode> items, int bytes) {}

  /// A response and its conversation.
  ///
  /// @param response as clients see it
  /// @param before items of the conversation before this call
  /// @param input items of this call
  record Kept(ObjectNode response, List<ObjectNode> before, List<ObjectNode> input) {
    Kept {
      before = List.copyOf(before);
      input = List.copyOf(input);
    }

    /// Whether it has an answer, whole or cut off.
    boolean isAnswered() {
      String status = response.path("status").asText();
      return status.equals("completed") || status.equals("incomplete");
    }

    /// The whole conversation, with the answer.
    List<ObjectNode> all() {
      List<ObjectNode> all = new ArrayList<>(before);
      all.addAll(own());
      return all;
    }

    List<ObjectNode> own() {
      List<ObjectNode> own = new ArrayList<>(input);
      response.path("output").forEach(item -> own.add((ObjectNode) item));
      return own;
    }
  }

  /// A conversation that calls add to.
  ///
  /// @param object as clients see it
  record Conversation(ObjectNode object, List<ObjectNode> items) {
    Conversation {
      items = List.copyOf(items);
    }
  }

  Store() {
    this(Runtime.getRuntime().maxMemory() / TREE, Ticker.systemTicker());
  }

  /// @param most bytes of JSON
  Store(long most, Ticker ticker) {
    this.most = most;
    entries =
        CacheBuilder.newBuilder()
            .maximumWeight(most)
            .weigher((String _, Entry entry) -> entry.bytes())
            .concurrencyLevel(1) // one bound for all
            .expireAfterWrite(KEPT)
            .ticker(ticker)
            .<String, Entry>removalListener(gone -> forget(gone.getValue()))
            .build();
  }

  private void forget(@Nullable Entry entry) {
    for (ObjectNode item : entry == null ? List.<ObjectNode>of() : entry.items()) {
      String id = item.path("id").asText();
      List<ObjectNode> same = items.getOrDefault(id, List.of());
      same.remove(item); // others may hold it, too
      if (same.isEmpty()) {
        items.remove(id);
      }
    }
  }

  // --- responses

  /// Keeps a response, or its new state.
  synchronized void put(Kept kept) {
    put(kept.response().path("id").asText(), kept, kept.own(), bytes(kept.all()));
  }

  /// Gives a response its new state, unless it was forgotten.
  synchronized void replace(Kept kept) {
    if (get(kept.response().path("id").asText()).isPresent()) {
      put(kept);
    }
  }

  /// A response by its id.
  synchronized Optional<Kept> response(String id) {
    return get(id).filter(Kept.class::isInstance).map(Kept.class::cast);
  }

  // --- conversations

  /// Keeps a conversation, or its new state.
  synchronized void put(Conversation conversation) {
    String id = conversation.object().path("id").asText();
    put(id, conversation, conversation.items(), bytes(conversation.items()));
  }

  /// A conversation by its id.
  synchronized Optional<Conversation> conversation(String id) {
    return get(id).filter(Conversation.class::isInstance).map(Conversation.class::cast);
  }

  /// Changes a conversation, if it is still there.
  synchronized void update(String id, UnaryOperator<Conversation> change) {
    conversation(id).ifPresent(before -> put(change.apply(before)));
  }

  /// Adds items to a conversation, if it is still there; those that it has already stay as they
  /// are.
  synchronized void add(String id, List<ObjectNode> more) {
    update(
        id,
        before -> {
          List<ObjectNode> all = new ArrayList<>(before.items());
          Set<String> ids = new HashSet<>();
          all.forEach(item -> ids.add(item.path("id").asText()));
          more.stream().filter(item -> ids.add(item.path("id").asText())).forEach(all::add);
          requireRoom(all, List.of());
          return new Conversation(before.object(), all);
        });
  }

  // --- both

  /// Forgets a response or a conversation.
  synchronized void remove(String id) {
    entries.invalidate(id);
  }

  /// An item of any response or conversation, by its id.
  synchronized Optional<ObjectNode> item(String id) {
    entries.cleanUp();
    return items.getOrDefault(id, List.of()).stream().findFirst();
  }

  /// An item of a client, with a new id if another item has the client's.
  synchronized ObjectNode named(ObjectNode item) {
    Optional<ObjectNode> other = item(item.path("id").asText());
    boolean isOther = other.isPresent() && !other.get().equals(item);
    return isOther ? item.deepCopy().put("id", Ids.next("item_")) : item;
  }

  /// Refuses items that take too much of the store.
  ///
  /// @throws ApiException if they do
  void requireRoom(List<ObjectNode> before, List<ObjectNode> more) {
    if ((long) bytes(before) + bytes(more) > most / 4) {
      throw new ApiException(
          413,
          "invalid_request_error",
          "input",
          "conversation_too_large",
          "a conversation that is kept has at most %d bytes; send \"store\": false"
              .formatted(most / 4));
    }
  }

  private Optional<Object> get(String id) {
    return Optional.ofNullable(entries.getIfPresent(id)).map(Entry::kept);
  }

  private void put(String id, Object kept, List<ObjectNode> own, int bytes) {
    entries.put(id, new Entry(kept, List.copyOf(own), bytes));
    for (ObjectNode item : own) {
      items.computeIfAbsent(item.path("id").asText(), _ -> new ArrayList<>()).add(item);
    }
  }

  private static int bytes(List<ObjectNode> nodes) {
    long bytes = 1000 + nodes.stream().mapToLong(node -> Json.bytes(node).length).sum();
    return (int) Math.min(Integer.MAX_VALUE, bytes);
  }
}
