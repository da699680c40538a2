package dev.sgl.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/// How an API writes errors.
public interface ErrorShape {
  /// As OpenAI's API does.
  ErrorShape OPENAI =
      error -> {
        ObjectNode json = Json.object();
        ObjectNode inner = json.putObject("error");
        inner.put("message", error.text());
        inner.put("type", error.type());
        inner.put("param", error.param().orElse(null));
        inner.put("code", error.code().orElse(null));
        return json;
      };

  /// The body of an answer that is an error.
  JsonNode json(ApiException error);

  /// The name of the event that ends a stream with an error; none if it is empty.
  default String event() {
    return "";
  }
}
