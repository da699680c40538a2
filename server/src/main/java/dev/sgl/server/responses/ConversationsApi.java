package dev.sgl.server.responses;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.server.chat.Messages;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.request.Ids;
import dev.sgl.server.turn.Served;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// `/v1/conversations`: lists of items that responses go on with and add to.
///
/// Reference: OpenAI, API reference, "Conversations".
public final class ConversationsApi {
  private static final int MOST_NEW = 20;

  private final Served served;
  private final Store store;

  ConversationsApi(Served served, Store store) {
    this.served = served;
    this.store = store;
  }

  /// Begins a conversation.
  public void create(Call call) throws IOException {
    Fields fields = call.fields();
    ObjectNode object = Json.object().put("id", Ids.next("conv_")).put("object", "conversation");
    object.put("created_at", Instant.now().getEpochSecond());
    object.set("metadata", CallReader.metadata(fields));
    List<ObjectNode> items = read(fields, owner(call));
    fields.finish();
    store.requireRoom(items, List.of());
    store.put(new Store.Conversation(object, items, owner(call)));
    call.answer(object);
  }

  /// A conversation by its id.
  public void retrieve(Call call) throws IOException {
    call.answer(kept(call).object());
  }

  /// Gives a conversation other metadata.
  public void update(Call call) throws IOException {
    Fields fields = call.fields();
    ObjectNode object = kept(call).object().deepCopy();
    object.set("metadata", CallReader.metadata(fields));
    fields.finish();
    store.updateConversation(
        call.variable("id"),
        owner(call),
        now -> new Store.Conversation(object, now.items(), now.owner()));
    call.answer(object);
  }

  /// Forgets a conversation.
  public void delete(Call call) throws IOException {
    String id = kept(call).object().path("id").asText();
    store.remove(id);
    call.answer(
        Json.object().put("id", id).put("object", "conversation.deleted").put("deleted", true));
  }

  // --- items

  /// Adds items to a conversation.
  public void addItems(Call call) throws IOException {
    Fields fields = call.fields();
    Store.Conversation before = kept(call);
    String id = before.object().path("id").asText();
    List<ObjectNode> items = read(fields, owner(call));
    fields.finish();
    if (items.isEmpty()) {
      throw fields.missing("items");
    }
    store.requireRoom(before.items(), items);
    store.add(id, before.owner(), items);
    ObjectNode list = Json.object().put("object", "list");
    list.putArray("data").addAll(items);
    list.put("first_id", items.getFirst().path("id").asText());
    list.put("last_id", items.getLast().path("id").asText());
    call.answer(list.put("has_more", false));
  }

  /// The items of a conversation.
  public void items(Call call) throws IOException {
    call.answer(Pages.of(kept(call).items(), call));
  }

  /// An item of a conversation.
  public void item(Call call) throws IOException {
    call.answer(item(kept(call), call.variable("item")));
  }

  /// Forgets an item of a conversation.
  public void deleteItem(Call call) throws IOException {
    Store.Conversation before = kept(call);
    ObjectNode gone = item(before, call.variable("item"));
    store.updateConversation(
        call.variable("id"),
        owner(call),
        now -> {
          List<ObjectNode> left = new ArrayList<>(now.items());
          left.remove(gone);
          return new Store.Conversation(now.object(), left, now.owner());
        });
    call.answer(before.object());
  }

  private static ObjectNode item(Store.Conversation conversation, String id) {
    return conversation.items().stream()
        .filter(item -> item.path("id").asText().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                ApiException.notFound(
                    "item_id", "item_not_found", "the conversation has no item " + id));
  }

  /// New items, which a model could read.
  private List<ObjectNode> read(Fields fields, String owner) {
    ItemReader reader = new ItemReader(new Messages(served.memory(), ""));
    List<ObjectNode> items = new ArrayList<>();
    for (Fields item : fields.objects("items", MOST_NEW)) {
      reader.add(item);
      items.add(store.named(ItemReader.kept((ObjectNode) item.json()), owner));
    }
    return items;
  }

  private static String owner(Call call) {
    return call.caller().name();
  }

  private Store.Conversation kept(Call call) {
    String id = call.variable("id");
    return store
        .conversation(id, owner(call))
        .orElseThrow(
            () ->
                ApiException.notFound(
                    "conversation_id",
                    "conversation_not_found",
                    "there is no conversation " + id + ", or it is not kept any more"));
  }
}
