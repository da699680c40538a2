package dev.sgl.server.reading;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Activation;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.parameters.SamplingReader;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Served;
import java.io.IOException;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// `POST /v1/classify` and `POST /pooling`: the labels of texts, and the numbers that a model
/// gives a text before any function.
///
/// Reference: the requests of vLLM (`ClassificationRequest`, `PoolingRequest`).
public final class LabelApi {
  private final Served served;

  /// The routes of the model that is served.
  public LabelApi(Served served) {
    this.served = served;
  }

  /// Answers with the likeliest label of each text, and the probabilities of all.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  public void classify(Call call) throws IOException {
    Fields fields = call.fields();
    RequestContext request = served.request(fields, "classify-", call);
    fields.text("model").ifPresent(served::requireName);
    TokenBackend.ReadingCard card = served.backend().reading();
    Texts texts = Texts.read(fields, "input", served);
    Activation activation =
        fields.flag("use_activation", true) ? card.activation() : Activation.NONE;
    Scheduling scheduling = SamplingReader.scheduling(fields);
    fields.finish();
    call.answer(
        () ->
            served.charged(
                request,
                backend ->
                    labels(request, texts, activation, text -> backend.label(text, scheduling))));
  }

  private ObjectNode labels(
      RequestContext request,
      Texts texts,
      Activation activation,
      Function<List<Integer>, float[]> scored) {
    ObjectNode body = Texts.answer(request, served);
    ArrayNode data = body.putArray("data");
    List<String> labels = served.backend().reading().labels();
    for (float[] scores : texts.each(scored)) {
      ObjectNode one = data.addObject().put("index", data.size() - 1);
      one.put("label", labels.get(largest(scores)));
      ArrayNode probabilities = one.putArray("probs");
      for (double probability : activation.of(scores)) {
        probabilities.add(probability);
      }
      one.put("num_classes", scores.length);
    }
    Texts.usage(body, texts.count());
    return body;
  }

  private static int largest(float[] scores) {
    int largest = 0;
    for (int i = 1; i < scores.length; i++) {
      largest = scores[i] > scores[largest] ? i : largest;
    }
    return largest;
  }

  /// Answers with the scores of labels, or with the vector where the model has none: as they are,
  /// unless `use_activation` or `normalize` asks for more.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  public void pooling(Call call) throws IOException {
    Fields fields = call.fields();
    RequestContext request = served.request(fields, "pool-", call);
    fields.text("model").ifPresent(served::requireName);
    TokenBackend.ReadingCard card = served.backend().reading();
    Texts texts = Texts.read(fields, "input", served);
    TokenBackend.Pooling how = EmbeddingApi.pooling(fields, card.pooling());
    int dimensions = fields.integer("dimensions", 1, card.dimensions()).orElse(card.dimensions());
    boolean normal = fields.flag("normalize", false);
    Activation activation =
        fields.flag("use_activation", false) ? card.activation() : Activation.NONE;
    Scheduling scheduling = SamplingReader.scheduling(fields);
    fields.finish();
    UnaryOperator<float[]> shown =
        card.labels().isEmpty()
            ? vector -> Vectors.first(vector, dimensions, normal)
            : scores -> floats(activation.of(scores));
    BiFunction<TokenBackend, List<Integer>, float[]> pooled =
        card.labels().isEmpty()
            ? (backend, text) -> backend.embed(text, how, scheduling)
            : (backend, text) -> backend.label(text, scheduling);
    call.answer(
        () ->
            served.charged(
                request,
                backend ->
                    pooled(request, texts, text -> shown.apply(pooled.apply(backend, text)))));
  }

  private static float[] floats(double[] numbers) {
    float[] floats = new float[numbers.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) numbers[i];
    }
    return floats;
  }

  private ObjectNode pooled(
      RequestContext request, Texts texts, Function<List<Integer>, float[]> made) {
    ObjectNode body = Texts.answer(request, served);
    ArrayNode data = body.putArray("data");
    for (float[] one : texts.each(made)) {
      ObjectNode pooled = data.addObject().put("index", data.size() - 1).put("object", "pooling");
      ArrayNode numbers = pooled.putArray("data");
      for (float number : one) {
        numbers.add(number);
      }
    }
    Texts.usage(body, texts.count());
    return body;
  }
}
