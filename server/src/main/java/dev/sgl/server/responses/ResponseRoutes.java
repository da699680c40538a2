package dev.sgl.server.responses;

import dev.sgl.server.http.Router;
import dev.sgl.server.turn.Served;

/// Where responses and conversations are.
public final class ResponseRoutes {
  private ResponseRoutes() {}

  /// Adds the routes of the model that is served.
  public static void add(Router routes, Served served) {
    Store store = new Store();
    ResponsesApi responses = new ResponsesApi(served, store);
    routes.post("/v1/responses", responses::create);
    routes.post("/v1/responses/input_tokens", responses::inputTokens);
    routes.post("/v1/responses/compact", responses::compact);
    routes.get("/v1/responses/{id}", responses::retrieve);
    routes.add("DELETE", "/v1/responses/{id}", responses::delete);
    routes.post("/v1/responses/{id}/cancel", responses::cancel);
    routes.get("/v1/responses/{id}/input_items", responses::inputItems);
    ConversationsApi conversations = new ConversationsApi(served, store);
    routes.post("/v1/conversations", conversations::create);
    routes.get("/v1/conversations/{id}", conversations::retrieve);
    routes.post("/v1/conversations/{id}", conversations::update);
    routes.add("DELETE", "/v1/conversations/{id}", conversations::delete);
    routes.post("/v1/conversations/{id}/items", conversations::addItems);
    routes.get("/v1/conversations/{id}/items", conversations::items);
    routes.get("/v1/conversations/{id}/items/{item}", conversations::item);
    routes.add("DELETE", "/v1/conversations/{id}/items/{item}", conversations::deleteItem);
  }
}
