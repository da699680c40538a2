package dev.sgl.server.responses;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Json;
import java.util.List;
import java.util.Optional;

/// Lists of items, page by page.
final class Pages {
  private static final int STANDARD = 20;
  private static final int MOST = 100;

  private Pages() {}

  /// The page that the query of a call asks for by `limit`, `order` and `after`.
  static ObjectNode of(List<ObjectNode> items, Call call) {
    String order = call.query("order").orElse("desc");
    List<ObjectNode> all =
        switch (order) {
          case "asc" -> items;
          case "desc" -> items.reversed();
          default ->
              throw ApiException.invalid(
                  "order", "invalid_value", "order must be asc or desc, not " + order);
        };
    int from = call.query("after").map(id -> behind(all, id)).orElse(0);
    int to = Math.min(all.size(), from + limit(call));
    List<ObjectNode> page = all.subList(from, to);
    ObjectNode list = Json.object().put("object", "list");
    list.putArray("data").addAll(page);
    list.put("first_id", page.isEmpty() ? null : page.getFirst().path("id").asText());
    list.put("last_id", page.isEmpty() ? null : page.getLast().path("id").asText());
    return list.put("has_more", to < all.size());
  }

  private static int behind(List<ObjectNode> items, String id) {
    for (int i = 0; i < items.size(); i++) {
      if (items.get(i).path("id").asText().equals(id)) {
        return i + 1;
      }
    }
    throw ApiException.invalid("after", "invalid_value", "there is no item " + id + " here");
  }

  private static int limit(Call call) {
    Optional<String> given = call.query("limit");
    String text = given.orElse("" + STANDARD);
    if (!text.matches("[0-9]{1,3}")
        || Integer.parseInt(text) < 1
        || Integer.parseInt(text) > MOST) {
      throw ApiException.invalid("limit", "invalid_value", "limit must be from 1 to " + MOST);
    }
    return Integer.parseInt(text);
  }
}
