package dev.sgl.server.reading;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Comparison;
import dev.sgl.backend.TokenBackend.Relevance;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.parameters.Inputs;
import dev.sgl.server.parameters.SamplingReader;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Served;
import dev.sgl.server.turn.Together;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// `POST /v1/rerank` and `POST /v1/score`: how well documents answer queries, by a reranker, or
/// by the cosine of vectors where a model makes vectors only.
///
/// Reference: the requests of vLLM (`RerankRequest`, `ScoreRequest`), which are Jina's and
/// Cohere's, and of SGLang (`ScoringRequest`).
public final class RankingApi {
  private final Served served;

  /// The routes of the model that is served.
  public RankingApi(Served served) {
    this.served = served;
  }

  /// The ways in which all pairs of a call are compared.
  private record Ways(
      Optional<String> instruction, OptionalInt most, boolean activated, Scheduling scheduling) {
    static Ways read(Fields fields, int context) {
      Optional<String> instruction = fields.text("instruction");
      Optional<String> other = fields.text("instruct"); // as SGLang names it
      return new Ways(
          instruction.or(() -> other),
          Texts.most(fields, context),
          fields.flag("use_activation", true),
          SamplingReader.scheduling(fields));
    }

    Comparison of(String query, String document) {
      return new Comparison(query, document, instruction, most, activated);
    }
  }

  /// Answers with the documents in the order of their relevance.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  public void rerank(Call call) throws IOException {
    Fields fields = call.fields();
    RequestContext request = served.request(fields, "rerank-", call);
    fields.text("model").ifPresent(served::requireName);
    String query = fields.requiredText("query");
    List<String> documents = documents(fields);
    int top = fields.integer("top_n", 0, Integer.MAX_VALUE).orElse(0);
    boolean shown = fields.flag("return_documents", true);
    Ways ways = Ways.read(fields, served.backend().card().context());
    fields.finish();
    List<Comparison> pairs = documents.stream().map(document -> ways.of(query, document)).toList();
    call.answer(
        () ->
            served.charged(
                request,
                backend ->
                    ranked(
                        request, relevance(pairs, ways.scheduling(), backend), pairs, top, shown)));
  }

  private ObjectNode ranked(
      RequestContext request, List<Relevance> all, List<Comparison> pairs, int top, boolean shown) {
    ObjectNode body = Json.object().put("id", request.id()).put("model", served.name());
    Texts.usage(body, tokens(all));
    ArrayNode results = body.putArray("results");
    IntStream.range(0, all.size())
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -all.get(i).score()))
        .limit(top == 0 ? all.size() : top)
        .forEach(
            index -> {
              ObjectNode result = results.addObject().put("index", index);
              if (shown) {
                result.putObject("document").put("text", pairs.get(index).document());
              }
              result.put("relevance_score", all.get(index).score());
            });
    return body;
  }

  /// Texts, or objects with a text.
  private static List<String> documents(Fields fields) {
    if (!fields.has("documents")) {
      throw fields.missing("documents");
    }
    List<String> documents = new ArrayList<>();
    for (JsonNode item : fields.items("documents", Inputs.MOST)) {
      JsonNode text = item.isObject() ? item.path("text") : item;
      if (!text.isTextual()) {
        throw ApiException.invalid(
            "documents",
            "invalid_type",
            "documents must be strings, or objects with the member text");
      }
      documents.add(text.textValue());
    }
    return filled(documents, "documents");
  }

  private static List<String> filled(List<String> texts, String name) {
    if (texts.isEmpty()) {
      throw ApiException.invalid(name, "invalid_value", name + " is empty");
    }
    return texts;
  }

  /// Answers with a score for each pair, or, if tokens are named, with their probabilities as the
  /// next token.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  public void score(Call call) throws IOException {
    Fields fields = call.fields();
    RequestContext request = served.request(fields, "score-", call);
    fields.text("model").ifPresent(served::requireName);
    if (fields.has("label_token_ids")) {
      TokenScores asked = TokenScores.read(fields, served);
      call.answer(() -> served.charged(request, backend -> asked.answer(served.name(), backend)));
      return;
    }
    Ways ways = Ways.read(fields, served.backend().card().context());
    List<Comparison> pairs = pairs(fields, ways);
    fields.finish();
    call.answer(
        () ->
            served.charged(
                request, backend -> scores(request, relevance(pairs, ways.scheduling(), backend))));
  }

  private ObjectNode scores(RequestContext request, List<Relevance> all) {
    ObjectNode body = Texts.answer(request, served);
    ArrayNode data = body.putArray("data");
    for (Relevance one : all) {
      ObjectNode score = data.addObject().put("index", data.size() - 1).put("object", "score");
      score.put("score", one.score());
    }
    Texts.usage(body, tokens(all));
    return body;
  }

  /// One text with each of several, or as many as there are others.
  private static List<Comparison> pairs(Fields fields, Ways ways) {
    List<String> first = Texts.strings(fields, named(fields, "text_1", "queries"), Inputs.MOST);
    String second = named(fields, "text_2", "documents");
    List<String> others = filled(Texts.strings(fields, second, Inputs.MOST), second);
    if (first.size() != 1 && first.size() != others.size()) {
      throw ApiException.invalid(
          second,
          "invalid_value",
          "%d texts cannot be scored with %d: give one, or as many"
              .formatted(others.size(), first.size()));
    }
    return IntStream.range(0, others.size())
        .mapToObj(i -> ways.of(first.get(first.size() == 1 ? 0 : i), others.get(i)))
        .toList();
  }

  private static String named(Fields fields, String... names) {
    return Stream.of(names).filter(fields::has).findFirst().orElse(names[0]);
  }

  private static List<Relevance> relevance(
      List<Comparison> pairs, Scheduling scheduling, TokenBackend backend) {
    TokenBackend.ReadingCard card = backend.reading();
    return card.embeds() && !card.ranks()
        ? cosines(pairs, scheduling, backend)
        : Together.all(
            pairs.stream()
                .<Callable<Relevance>>map(pair -> () -> backend.relevance(pair, scheduling))
                .toList());
  }

  /// The cosines of vectors, of which each different text has one.
  private static List<Relevance> cosines(
      List<Comparison> pairs, Scheduling scheduling, TokenBackend backend) {
    TokenBackend.ReadingCard card = backend.reading();
    String ofQueries = prompt(card, "query");
    String ofDocuments = prompt(card, "document", "passage", "corpus");
    OptionalInt most = pairs.getFirst().most();
    Map<String, Integer> places = new LinkedHashMap<>();
    for (Comparison pair : pairs) {
      places.putIfAbsent(ofQueries + pair.query(), places.size());
      places.putIfAbsent(ofDocuments + pair.document(), places.size());
    }
    Texts read =
        new Texts(
            places.keySet().stream()
                .map(
                    text ->
                        most.isPresent()
                            ? backend.firstTokens(text, most.getAsInt())
                            : backend.tokens(text, true))
                .toList());
    List<float[]> vectors = read.vectors(backend, card.pooling(), scheduling);
    Set<Integer> counted = new HashSet<>();
    List<Relevance> all = new ArrayList<>();
    for (Comparison pair : pairs) {
      int query = places.getOrDefault(ofQueries + pair.query(), 0);
      int document = places.getOrDefault(ofDocuments + pair.document(), 0);
      int tokens =
          Stream.of(query, document)
              .filter(counted::add)
              .mapToInt(text -> read.tokens().get(text).size())
              .sum();
      double cosine = Vectors.cosine(vectors.get(query), vectors.get(document));
      all.add(new Relevance(cosine, tokens));
    }
    return all;
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
