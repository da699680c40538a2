package dev.sgl.server.responses;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Ticker;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.primitives.Ints;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Json;
import dev.sgl.server.request.Ids;
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

  /// @param owner the name of the key with which it was made; empty if there are no keys
  /// @param kept a response or a conversation
  /// @param items of its own, by which it is found too
  /// @param bytes of its JSON, with that of the items before its own
  private record Entry(String owner, Object kept, List<ObjectNode> items, int bytes) {
    Entry {
      items = List.copyOf(items);
    }
  }

  /// A response and its conversation.
  ///
  /// @param response as clients see it
  /// @param before items of the conversation before this call
  /// @param input items of this call
  /// @param owner the name of the key of the call
  /// @param events that were sent of it, if it is answered in the background as a stream
  record Kept(
      ObjectNode response,
      List<ObjectNode> before,
      List<ObjectNode> input,
      String owner,
      Optional<EventLog> events) {
    Kept {
      before = List.copyOf(before);
      input = List.copyOf(input);
    }

    /// The same as long as it is over; else a response that is cancelled.
    Kept cancelled() {
      if (!response.path("status").asText().equals("in_progress")) {
        return this;
      }
      ObjectNode cancelled = response.deepCopy().put("status", "cancelled");
      return new Kept(cancelled, before, input, owner, events);
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

    /// Bytes of its JSON, with those of all items of the conversation, and of its events.
    private int bytes() {
      List<ObjectNode> nodes = all();
      nodes.add(response);
      return Ints.saturatedCast(Store.bytes(nodes) + events.map(EventLog::bytes).orElse(0L));
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
  /// @param owner the name of the key with which it was begun
  record Conversation(ObjectNode object, List<ObjectNode> items, String owner) {
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
    if (entry == null) {
      return;
    }
    for (ObjectNode item : entry.items()) {
      String id = owned(entry.owner(), item.path("id").asText());
      List<ObjectNode> same = items.getOrDefault(id, new ArrayList<>());
      same.remove(item); // others may hold it, too
      if (same.isEmpty()) {
        items.remove(id);
      }
    }
  }

  // --- responses

  /// Keeps a response, or its new state.
  synchronized void put(Kept kept) {
    String id = kept.response().path("id").asText();
    put(id, new Entry(kept.owner(), kept, kept.own(), kept.bytes()));
  }

  /// Gives a response its new state, unless it was forgotten.
  synchronized void replace(Kept kept) {
    if (get(kept.response().path("id").asText(), kept.owner()).isPresent()) {
      put(kept);
    }
  }

  /// Changes a response, if it is still there.
  synchronized void update(String id, String owner, UnaryOperator<Kept> change) {
    response(id, owner).ifPresent(before -> put(change.apply(before)));
  }

  /// Weighs a response again whose events have grown.
  ///
  /// @return whether it is kept still
  synchronized boolean weigh(String id, String owner) {
    update(id, owner, UnaryOperator.identity());
    return response(id, owner).isPresent();
  }

  /// Bytes that a conversation, or the events of a response, may take at most.
  long mostBytesOfOne() {
    return most / 4;
  }

  /// A response of an owner by its id.
  synchronized Optional<Kept> response(String id, String owner) {
    return get(id, owner).filter(Kept.class::isInstance).map(Kept.class::cast);
  }

  // --- conversations

  /// Keeps a conversation, or its new state.
  synchronized void put(Conversation conversation) {
    String id = conversation.object().path("id").asText();
    List<ObjectNode> nodes = new ArrayList<>(conversation.items());
    nodes.add(conversation.object());
    put(id, new Entry(conversation.owner(), conversation, conversation.items(), bytes(nodes)));
  }

  /// A conversation of an owner by its id.
  synchronized Optional<Conversation> conversation(String id, String owner) {
    return get(id, owner).filter(Conversation.class::isInstance).map(Conversation.class::cast);
  }

  /// Changes a conversation, if it is still there.
  synchronized void updateConversation(
      String id, String owner, UnaryOperator<Conversation> change) {
    conversation(id, owner).ifPresent(before -> put(change.apply(before)));
  }

  /// Adds items to a conversation, if it is still there and has room for them; those that it has
  /// already stay as they are.
  synchronized void add(String id, String owner, List<ObjectNode> more) {
    updateConversation(
        id,
        owner,
        before -> {
          List<ObjectNode> all = new ArrayList<>(before.items());
          Set<String> ids = new HashSet<>();
          all.forEach(item -> ids.add(item.path("id").asText()));
          more.stream().filter(item -> ids.add(item.path("id").asText())).forEach(all::add);
          return hasRoom(all, List.of()) ? new Conversation(before.object(), all, owner) : before;
        });
  }

  // --- both

  /// Forgets a response or a conversation.
  synchronized void remove(String id) {
    entries.invalidate(id);
  }

  /// An item of any response or conversation of an owner, by its id.
  synchronized Optional<ObjectNode> item(String id, String owner) {
    entries.cleanUp();
    return items.getOrDefault(owned(owner, id), List.of()).stream().findFirst();
  }

  /// An item of a client, with a new id if another item of the same owner has the client's.
  synchronized ObjectNode named(ObjectNode item, String owner) {
    Optional<ObjectNode> other = item(item.path("id").asText(), owner);
    boolean isOther = other.isPresent() && !other.get().equals(item);
    return isOther ? item.deepCopy().put("id", Ids.next("item_")) : item;
  }

  /// Refuses items that take too much of the store.
  ///
  /// @throws ApiException if they do
  void requireRoom(List<ObjectNode> before, List<ObjectNode> more) {
    if (!hasRoom(before, more)) {
      throw new ApiException(
          413,
          "invalid_request_error",
          "input",
          "conversation_too_large",
          "a conversation that is kept has at most %d bytes; send \"store\": false"
              .formatted(mostBytesOfOne()));
    }
  }

  private boolean hasRoom(List<ObjectNode> before, List<ObjectNode> more) {
    return (long) bytes(before) + bytes(more) <= mostBytesOfOne();
  }

  private Optional<Object> get(String id, String owner) {
    return Optional.ofNullable(entries.getIfPresent(id))
        .filter(entry -> entry.owner().equals(owner))
        .map(Entry::kept);
  }

  /// The key of an item: its owner's, since clients choose ids of items.
  private static String owned(String owner, String id) {
    return owner + '\n' + id;
  }

  private void put(String id, Entry entry) {
    for (ObjectNode item : entry.items()) {
      items
          .computeIfAbsent(owned(entry.owner(), item.path("id").asText()), _ -> new ArrayList<>())
          .add(item);
    }
    entries.put(id, entry); // which may forget it at once
  }

  private static int bytes(List<ObjectNode> nodes) {
    long bytes = 1000 + nodes.stream().mapToLong(node -> Json.bytes(node).length).sum();
    return (int) Math.min(Integer.MAX_VALUE, bytes);
  }
}
