package dev.sgl.server.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.Streams;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.server.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The routes of models that read, with tiny models, against recorded results of `transformers` and
/// `sentence-transformers`.
class ReadingRoutesTest {
  private static final Path READERS = Path.of("../backend-local/src/test/resources/readers");

  private static TestServer serve(String name) throws IOException {
    return TestServer.of(READERS.resolve(name), LocalOptions.DEFAULT);
  }

  private static JsonNode expected(String name) throws IOException {
    return new ObjectMapper().readTree(READERS.resolve(name).resolve("expected.json").toFile());
  }

  private static List<Double> numbers(JsonNode list) {
    return Streams.stream(list).map(JsonNode::asDouble).toList();
  }

  private static void assertSame(JsonNode wanted, JsonNode found, double tolerance) {
    assertEquals(wanted.size(), found.size());
    for (int i = 0; i < wanted.size(); i++) {
      assertEquals(wanted.path(i).asDouble(), found.path(i).asDouble(), tolerance);
    }
  }

  @Test
  void vectorsAreThoseOfTheFolder() throws IOException {
    try (TestServer server = serve("sentence-bert")) {
      for (JsonNode one : expected("sentence-bert").path("vectors")) {
        if (one.path("prompt").asText().isEmpty()) {
          continue; // the folder has a prompt for texts of which nothing else is said
        }
        TestServer.Answer answer =
            server.post(
                "/v1/embeddings",
                "{\"input\":%s,\"prompt_name\":%s}"
                    .formatted(one.path("text"), one.path("prompt")));
        assertSame(one.path("vector"), answer.at("/data/0/embedding"), 1e-4);
      }
      TestServer.Answer unnamed =
          server.post("/v1/embeddings", "{\"input\":\"a\",\"dimensions\":7}");
      TestServer.Answer named =
          server.post(
              "/v1/embeddings", "{\"input\":\"a\",\"dimensions\":7,\"prompt_name\":\"query\"}");
      assertEquals(7, named.at("/data/0/embedding").size());
      assertEquals(named.at("/data"), unnamed.at("/data"));
      double squares =
          numbers(named.at("/data/0/embedding")).stream().mapToDouble(x -> x * x).sum();
      assertEquals(1, squares, 1e-5);
      assertEquals(
          "the model has no prompt `x`; it has document, passage, query",
          server.post("/v1/embeddings", "{\"input\":\"a\",\"prompt_name\":\"x\"}").error());
      assertEquals(
          400, server.post("/v1/embeddings", "{\"input\":\"a\",\"dimensions\":25}").status());
    }
  }

  @Test
  void longTextsAreRefusedOrCutBetweenTheirEnds() throws IOException {
    try (TestServer server = serve("bert-states")) {
      String words = "the weather in the town ".repeat(100);
      TestServer.Answer refused = server.post("/v1/embeddings", "{\"input\":\"" + words + "\"}");
      assertEquals(400, refused.status());
      assertEquals("context_length_exceeded", refused.at("/error/code").asText());
      TestServer.Answer whole =
          server.post(
              "/v1/embeddings", "{\"input\":\"" + words + "\",\"truncate_prompt_tokens\":-1}");
      assertEquals(320, whole.at("/usage/prompt_tokens").asInt());
      JsonNode tokens =
          server.post("/tokenize", "{\"text\":\"the weather in the town the weather\"}").json();
      List<Integer> ids = Streams.stream(tokens.path("tokens")).map(JsonNode::asInt).toList();
      int kept = 5;
      List<Integer> cut = new ArrayList<>(ids.subList(0, kept - 1));
      cut.add(ids.getLast());
      TestServer.Answer first =
          server.post(
              "/v1/embeddings",
              "{\"input\":\"the weather in the town the weather\",\"truncate_prompt_tokens\":"
                  + kept
                  + "}");
      TestServer.Answer same = server.post("/v1/embeddings", "{\"input\":" + cut + "}");
      assertEquals(same.at("/data"), first.at("/data"));
    }
  }

  @Test
  void documentsComeInTheOrderOfTheirRelevance() throws IOException {
    try (TestServer server = serve("xlm-roberta-score")) {
      JsonNode pair = expected("xlm-roberta-score").path("pairs").path(0);
      String query = pair.path("first").toString();
      String body =
          "{\"query\":%s,\"documents\":[\"a\",{\"text\":%s},\"b c\"]}"
              .formatted(query, pair.path("second"));
      JsonNode results = server.post("/v1/rerank", body).at("/results");
      assertEquals(3, results.size());
      for (int i = 1; i < 3; i++) {
        assertTrue(
            results.path(i - 1).path("relevance_score").asDouble()
                >= results.path(i).path("relevance_score").asDouble());
      }
      for (JsonNode result : results) {
        if (result.path("index").asInt() == 1) {
          assertEquals(
              pair.path("relevance").asDouble(), result.path("relevance_score").asDouble(), 1e-3);
          assertEquals(pair.path("second").asText(), result.at("/document/text").asText());
        }
      }
      String few = body.replaceFirst("\\}$", ",\"top_n\":1}");
      JsonNode one = server.post("/rerank", few).at("/results");
      assertEquals(1, one.size());
      assertEquals(results.path(0), one.path(0));
      TestServer.Answer scores =
          server.post(
              "/v1/score",
              "{\"text_1\":%s,\"text_2\":[\"a\",%s]}".formatted(query, pair.path("second")));
      assertEquals(pair.path("relevance").asDouble(), scores.at("/data/1/score").asDouble(), 1e-3);
      assertEquals(
          400, server.post("/score", "{\"text_1\":[\"a\",\"b\"],\"text_2\":[\"a\"]}").status());
    }
  }

  /// The longer of two texts is cut, as by `tokenizers`, and each different text counts once.
  @Test
  void longDocumentsAreCut() throws IOException {
    try (TestServer server = serve("bert-score")) {
      String words = "the weather in the town ".repeat(300);
      String body = "{\"query\":\"the train\",\"documents\":[\"" + words + "\"]";
      assertEquals(400, server.post("/v1/rerank", body + "}").status());
      TestServer.Answer cut = server.post("/v1/rerank", body + ",\"truncate_prompt_tokens\":40}");
      assertEquals(40, cut.at("/usage/total_tokens").asInt());
      TestServer.Answer raw =
          server.post(
              "/v1/rerank", body + ",\"truncate_prompt_tokens\":40,\"use_activation\":false}");
      double score = raw.at("/results/0/relevance_score").asDouble();
      assertEquals(
          cut.at("/results/0/relevance_score").asDouble(), 1 / (1 + Math.exp(-score)), 1e-9);
    }
    try (TestServer server = serve("sentence-bert")) {
      String body = "{\"text_1\":\"%s\",\"text_2\":[%s]}";
      JsonNode twice = server.post("/score", body.formatted("a", "\"b c\",\"b c\"")).json();
      JsonNode once = server.post("/score", body.formatted("a", "\"b c\"")).json();
      assertEquals(once.at("/usage"), twice.at("/usage"));
      assertEquals(once.at("/data/0/score"), twice.at("/data/1/score"));
    }
  }

  @Test
  void textsGetLabels() throws IOException {
    try (TestServer server = serve("qwen3-labels")) {
      JsonNode input = expected("qwen3-labels").path("inputs").path(4);
      String body = "{\"input\":" + input.path("tokens") + "}";
      assertSame(input.path("scores"), server.post("/pooling", body).at("/data/0/data"), 1e-3);
      TestServer.Answer answer = server.post("/v1/classify", body);
      List<Double> probabilities = numbers(answer.at("/data/0/probs"));
      assertEquals(1, probabilities.stream().mapToDouble(p -> p).sum(), 1e-6);
      int likeliest = probabilities.indexOf(probabilities.stream().max(Double::compare).get());
      assertEquals(
          List.of("calm", "glad", "sad").get(likeliest), answer.at("/data/0/label").asText());
      assertEquals(3, answer.at("/data/0/num_classes").asInt());
      TestServer.Answer chat =
          server.post(
              "/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}");
      assertEquals(400, chat.status());
    }
  }

  /// A reward model reads a conversation that is over.
  @Test
  void conversationsAreJudgedAsTheTemplateWritesThem(@TempDir Path folder) throws IOException {
    Path template = folder.resolve("chat_template.jinja");
    Files.writeString(
        template,
        "{% for m in messages %}{{ m.role }}: {{ m.content }}\n"
            + "{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}");
    try (TestServer server =
        TestServer.of(
            READERS.resolve("llama-score"),
            LocalOptions.DEFAULT.withChatTemplate(Optional.of(template)))) {
      String messages =
          "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"the town\"}]}";
      assertEquals(
          server.post("/pooling", "{\"input\":\"user: a\\nassistant: the town\\n\"}").at("/data"),
          server.post("/pooling", messages).at("/data"));
    }
  }

  /// SGLang's form of `/v1/score`.
  @Test
  void tokensBehindTextsAreScored() throws IOException {
    try (TestServer server = TestServer.open()) {
      String body =
          "{\"query\":\"The best time of the day is \",\"items\":[\"the \",\"a \"],\"label_token_ids\":[5,9],\"apply_softmax\":%s}";
      JsonNode among = server.post("/v1/score", body.formatted(true)).json();
      JsonNode apart = server.post("/v1/score", body.formatted(false)).json();
      assertEquals("scoring", among.path("object").asText());
      for (int item = 0; item < 2; item++) {
        List<Double> of = numbers(apart.path("scores").path(item));
        double sum = of.get(0) + of.get(1);
        assertTrue(sum < 1);
        assertEquals(of.get(0) / sum, among.path("scores").path(item).path(0).asDouble(), 1e-9);
      }
    }
  }
}
