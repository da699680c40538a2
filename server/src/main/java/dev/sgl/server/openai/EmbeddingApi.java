package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend.Pooling;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.Served;
import dev.sgl.server.turn.Together;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;

/// `POST /v1/embeddings`: the hidden states of the served model, pooled and of length 1.
///
/// Reference: OpenAI, API reference, "Embeddings".
public final class EmbeddingApi {
  private final Served served;

  /// The route of the model that is served.
  public EmbeddingApi(Served served) {
    this.served = served;
  }

  private record Embedding(
      List<List<Integer>> inputs,
      Pooling pooling,
      boolean base64,
      boolean normal,
      Scheduling scheduling) {}

  /// Answers with one vector for each input, in their order.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  public void handle(Call call) throws IOException {
    Fields fields = call.fields();
    String id = served.id(fields, "embd-", call);
    Embedding asked = read(fields);
    call.answer(() -> served.running().during(id, () -> embed(asked)));
  }

  private Embedding read(Fields fields) {
    fields.text("model").ifPresent(served::requireName);
    List<List<Integer>> inputs =
        Inputs.read(fields, "input", served.backend(), fields.flag("add_special_tokens", true))
            .stream()
            .map(Inputs.Input::tokens)
            .toList();
    int hidden = served.backend().card().hidden();
    fields.integer("dimensions", hidden, hidden);
    Embedding embedding =
        new Embedding(
            inputs,
            switch (fields.text("pooling").orElse("mean")) {
              case "mean" -> Pooling.MEAN;
              case "last" -> Pooling.LAST;
              case String other ->
                  throw ApiException.invalid(
                      "pooling", "invalid_value", "pooling must be mean or last, not " + other);
            },
            switch (fields.text("encoding_format").orElse("float")) {
              case "float" -> false;
              case "base64" -> true;
              case String other ->
                  throw ApiException.invalid(
                      "encoding_format",
                      "invalid_value",
                      "encoding_format must be float or base64, not " + other);
            },
            fields.flag("normalize", true),
            SamplingReader.scheduling(fields));
    fields.finish();
    return embedding;
  }

  private ObjectNode embed(Embedding asked) {
    ObjectNode body = Json.object().put("object", "list").put("model", served.name());
    ArrayNode data = body.putArray("data");
    List<float[]> vectors =
        Together.all(
            asked.inputs().stream()
                .<Callable<float[]>>map(
                    input ->
                        () -> served.backend().embed(input, asked.pooling(), asked.scheduling()))
                .toList());
    for (float[] vector : vectors) {
      if (asked.normal()) {
        normalize(vector);
      }
      ObjectNode one = data.addObject().put("object", "embedding").put("index", data.size() - 1);
      if (asked.base64()) {
        one.put("embedding", base64(vector));
      } else {
        ArrayNode numbers = one.putArray("embedding");
        for (float number : vector) {
          numbers.add(number);
        }
      }
    }
    int tokens = asked.inputs().stream().mapToInt(List::size).sum();
    body.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
    return body;
  }

  private static void normalize(float[] vector) {
    double sum = 0;
    for (float number : vector) {
      sum += (double) number * number;
    }
    double length = Math.sqrt(sum);
    for (int i = 0; i < vector.length && length > 0; i++) {
      vector[i] = (float) (vector[i] / length);
    }
  }

  /// Little-endian single precision, as OpenAI's clients read it.
  private static String base64(float[] vector) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * vector.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
