package dev.sgl.server.reading;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Pooling;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.parameters.SamplingReader;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Served;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
      Texts texts,
      Pooling pooling,
      int dimensions,
      boolean base64,
      boolean normal,
      Scheduling scheduling) {}

  /// Answers with one vector for each input, in their order.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  public void handle(Call call) throws IOException {
    Fields fields = call.fields();
    RequestContext request = served.request(fields, "embd-", call);
    Embedding asked = read(fields);
    call.answer(() -> served.charged(request, backend -> embed(asked, backend)));
  }

  private Embedding read(Fields fields) {
    fields.text("model").ifPresent(served::requireName);
    TokenBackend.ReadingCard card = served.backend().reading();
    Texts texts = Texts.read(fields, "input", served);
    Embedding embedding =
        new Embedding(
            texts,
            pooling(fields, card.pooling()),
            fields.integer("dimensions", 1, card.dimensions()).orElse(card.dimensions()),
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

  /// The pooling that a call names, or the folder's own.
  static Pooling pooling(Fields fields, Pooling standard) {
    String name = fields.text("pooling").orElseGet(() -> name(standard));
    return Stream.of(Pooling.values())
        .filter(how -> name(how).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                ApiException.invalid(
                    "pooling",
                    "invalid_value",
                    Stream.of(Pooling.values())
                            .map(EmbeddingApi::name)
                            .collect(Collectors.joining(", ", "pooling must be one of ", ""))
                        + ", not "
                        + name));
  }

  private static String name(Pooling how) {
    return how == Pooling.FIRST ? "cls" : how.name().toLowerCase(Locale.ROOT);
  }

  private ObjectNode embed(Embedding asked, TokenBackend backend) {
    ObjectNode body = Json.object().put("object", "list").put("model", served.name());
    ArrayNode data = body.putArray("data");
    List<float[]> vectors = asked.texts().vectors(backend, asked.pooling(), asked.scheduling());
    for (float[] whole : vectors) {
      float[] vector = Vectors.first(whole, asked.dimensions(), asked.normal());
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
    Texts.usage(body, asked.texts().count());
    return body;
  }

  /// Little-endian single precision, as OpenAI's clients read it.
  private static String base64(float[] vector) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * vector.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
