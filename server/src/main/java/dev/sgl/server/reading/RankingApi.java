package dev.sgl.server.reading;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Relevance;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.openai.SamplingReader;
import dev.sgl.server.turn.Served;
import dev.sgl.server.turn.Together;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// `POST /v1/rerank` and `POST /v1/score`: how well documents answer queries, by a reranker, or
/// by the cosine of vectors where a model makes vectors only.
///
/// Reference: the requests of vLLM (`RerankRequest`, `ScoreRequest`), which are Jina's and
/// Cohere's, and of SGLang (`ScoringRequest`).
public final class RankingApi {
  private static final int MOST = 2048;

  private final Served served;

  /// The routes of the model that is served.
  public RankingApi(Served served) {
    this.served = served;
  }

  /// A query with a document.
  private record Pair(String query, String document) {}

  /// Answers with the documents in the order of their relevance.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  public void rerank(Call call) throws IOException {
    Fields fields = call.fields();
    String id = served.id(fields, "rerank-", call);
    fields.text("model").ifPresent(served::requireName);
    String query = fields.requiredText("query");
    List<String> documents = documents(fields);
    int top = fields.integer("top_n", 0, Integer.MAX_VALUE).orElse(0);
    boolean shown = fields.flag("return_documents", true);
    Scheduling scheduling = SamplingReader.scheduling(fields);
    fields.finish();
    call.answer(
        () ->
            served
                .running()
                .during(id, () -> ranked(id, query, documents, top, shown, scheduling)));
  }

  private ObjectNode ranked(
      String id,
      String query,
      List<String> documents,
      int top,
      boolean shown,
      Scheduling scheduling) {
    List<Pair> pairs = documents.stream().map(document -> new Pair(query, document)).toList();
    List<Relevance> all = relevance(pairs, scheduling);
    ObjectNode body = Json.object().put("id", id).put("model", served.name());
    Texts.usage(body, tokens(all));
    results(body.putArray("results"), documents, all, top, shown);
    return body;
  }

  /// Texts, or objects with a text.
  private static List<String> documents(Fields fields) {
    if (!fields.has("documents")) {
      throw fields.missing("documents");
    }
    List<String> documents = new ArrayList<>();
    for (JsonNode item : fields.items("documents", MOST)) {
      JsonNode text = item.isObject() ? item.path("text") : item;
      if (!text.isTextual()) {
        throw ApiException.invalid(
            "documents",
            "invalid_type",
            "documents must be strings, or objects with the member text");
      }
      documents.add(text.textValue());
    }
    return documents;
  }

  private static void results(
      ArrayNode results, List<String> documents, List<Relevance> all, int top, boolean shown) {
    List<Integer> order =
        IntStream.range(0, all.size())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -all.get(i).score()))
            .limit(top == 0 ? all.size() : top)
            .toList();
    for (int index : order) {
      ObjectNode result = results.addObject().put("index", index);
      if (shown) {
        result.putObject("document").put("text", documents.get(index));
      }
      result.put("relevance_score", all.get(index).score());
    }
  }

  /// Answers with a score for each pair, or, if tokens are named, with their probabilities as the
  /// next token.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  public void score(Call call) throws IOException {
    Fields fields = call.fields();
    String id = served.id(fields, "score-", call);
    fields.text("model").ifPresent(served::requireName);
    if (fields.has("label_token_ids")) {
      TokenScores asked = TokenScores.read(fields, served);
      call.answer(() -> served.running().during(id, () -> asked.answer(served)));
      return;
    }
    List<Pair> pairs = pairs(fields);
    Scheduling scheduling = SamplingReader.scheduling(fields);
    fields.finish();
    call.answer(() -> served.running().during(id, () -> scores(id, pairs, scheduling)));
  }

  private ObjectNode scores(String id, List<Pair> pairs, Scheduling scheduling) {
    ObjectNode body = Texts.answer(id, served);
    ArrayNode data = body.putArray("data");
    List<Relevance> all = relevance(pairs, scheduling);
    for (Relevance one : all) {
      ObjectNode score = data.addObject().put("index", data.size() - 1).put("object", "score");
      score.put("score", one.score());
    }
    Texts.usage(body, tokens(all));
    return body;
  }

  /// One text with each of several, or as many as there are others.
  private static List<Pair> pairs(Fields fields) {
    List<String> first = Texts.strings(fields, named(fields, "text_1", "queries"), MOST);
    String second = named(fields, "text_2", "documents");
    List<String> others = Texts.strings(fields, second, MOST);
    if (first.size() != 1 && first.size() != others.size()) {
      throw ApiException.invalid(
          second,
          "invalid_value",
          "%d texts cannot be scored with %d: give one, or as many"
              .formatted(others.size(), first.size()));
    }
    return IntStream.range(0, others.size())
        .mapToObj(i -> new Pair(first.get(first.size() == 1 ? 0 : i), others.get(i)))
        .toList();
  }

  private static String named(Fields fields, String... names) {
    return Stream.of(names).filter(fields::has).findFirst().orElse(names[0]);
  }

  private List<Relevance> relevance(List<Pair> pairs, Scheduling scheduling) {
    TokenBackend backend = served.backend();
    TokenBackend.ReadingCard card = backend.reading();
    boolean makesVectors = !card.generates() && card.labels().isEmpty();
    return Together.all(
        pairs.stream()
            .<Callable<Relevance>>map(
                pair ->
                    () ->
                        makesVectors
                            ? cosine(pair, card, scheduling)
                            : backend.relevance(pair.query(), pair.document(), scheduling))
            .toList());
  }

  private Relevance cosine(Pair pair, TokenBackend.ReadingCard card, Scheduling scheduling) {
    TokenBackend backend = served.backend();
    String ofQueries = prompt(card, "query");
    String ofDocuments = prompt(card, "document", "passage", "corpus");
    List<Integer> query = backend.tokens(ofQueries + pair.query(), true);
    List<Integer> document = backend.tokens(ofDocuments + pair.document(), true);
    return new Relevance(
        Vectors.cosine(
            backend.embed(query, card.pooling(), scheduling),
            backend.embed(document, card.pooling(), scheduling)),
        query.size() + document.size());
  }

  /// The first prompt that the folder has for a use, or its own for all texts.
  private static String prompt(TokenBackend.ReadingCard card, String... uses) {
    return Stream.of(uses)
        .filter(card.prompts()::containsKey)
        .findFirst()
        .or(card::prompt)
        .flatMap(name -> Optional.ofNullable(card.prompts().get(name)))
        .orElse("");
  }

  private static int tokens(List<Relevance> all) {
    return all.stream().mapToInt(Relevance::tokens).sum();
  }
}
