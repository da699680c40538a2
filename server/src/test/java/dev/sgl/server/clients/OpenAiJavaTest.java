package dev.sgl.server.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import dev.sgl.server.TestServer;
import dev.sgl.server.keys.KeyRing;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// OpenAI's own client for Java against this server.
class OpenAiJavaTest {
  private static final String QUESTION = "Give 2 different tips about staying healthy.";

  private static OpenAIClient client(TestServer server, String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(server.url("/v1"))
        .apiKey(key)
        .maxRetries(0)
        .build();
  }

  private static ChatCompletionCreateParams.Builder ask() {
    return ChatCompletionCreateParams.builder()
        .model("demo")
        .addUserMessage(QUESTION)
        .temperature(0)
        .maxCompletionTokens(40);
  }

  enum Mood {
    GOOD,
    BAD
  }

  /// The client makes a schema of it.
  record Person(Mood mood, int age) {}

  @Test
  void chatsStreamsAndLogprobsAreUnderstood() throws IOException {
    try (TestServer server = TestServer.open()) {
      OpenAIClient client = client(server, "any");
      ChatCompletion whole =
          client.chat().completions().create(ask().logprobs(true).topLogprobs(2).build());
      ChatCompletion.Choice choice = whole.choices().getFirst();
      String text = choice.message().content().orElseThrow();
      int end = choice.finishReason().equals(ChatCompletion.Choice.FinishReason.STOP) ? 1 : 0;
      assertEquals( // the token that ends it counts
          whole.usage().orElseThrow().completionTokens(),
          choice.logprobs().orElseThrow().content().orElseThrow().size() + end);
      try (StreamResponse<ChatCompletionChunk> stream =
          client.chat().completions().createStreaming(ask().build())) {
        String streamed =
            stream.stream()
                .flatMap(chunk -> chunk.choices().stream())
                .flatMap(c -> c.delta().content().stream())
                .collect(Collectors.joining());
        assertEquals(text, streamed);
      }
    }
  }

  @Test
  void aRecordComesBackAsARecord() throws IOException {
    try (TestServer server = TestServer.open()) {
      var params = ask().maxCompletionTokens(300).responseFormat(Person.class).build();
      Person person =
          client(server, "any").chat().completions().create(params).choices().stream()
              .flatMap(c -> c.message().content().stream())
              .findFirst()
              .orElseThrow();
      assertTrue(Set.of(Mood.values()).contains(person.mood()));
    }
  }

  @Test
  void toolsAreCalled() throws IOException {
    try (TestServer server = TestServer.withTemplateOf("Qwen-Qwen2.5-7B-Instruct")) {
      FunctionDefinition weather =
          FunctionDefinition.builder()
              .name("weather")
              .parameters(
                  FunctionParameters.builder()
                      .putAdditionalProperty("type", JsonValue.from("object"))
                      .putAdditionalProperty(
                          "properties",
                          JsonValue.from(Map.of("city", Map.of("type", "string", "maxLength", 9))))
                      .putAdditionalProperty("required", JsonValue.from(List.of("city")))
                      .build())
              .build();
      ChatCompletion answer =
          client(server, "any")
              .chat()
              .completions()
              .create(
                  ask()
                      .maxCompletionTokens(200)
                      .addFunctionTool(weather)
                      .parallelToolCalls(false)
                      .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                      .build());
      ChatCompletionMessageFunctionToolCall call =
          answer.choices().getFirst().message().toolCalls().orElseThrow().getFirst().asFunction();
      assertEquals("weather", call.function().name());
      assertTrue(call.function().arguments().contains("\"city\""));
    }
  }

  @Test
  void completionsEmbeddingsAndModelsAreUnderstood() throws IOException {
    try (TestServer server = TestServer.open()) {
      OpenAIClient client = client(server, "any");
      var completion =
          client
              .completions()
              .create(
                  CompletionCreateParams.builder()
                      .model("demo")
                      .prompt("a lamp")
                      .maxTokens(3)
                      .build());
      assertEquals(3, completion.usage().orElseThrow().completionTokens());
      var embeddings =
          client
              .embeddings()
              .create(EmbeddingCreateParams.builder().model("demo").input("a lamp").build());
      assertEquals(
          server.backend().card().hidden(), embeddings.data().getFirst().embedding().size());
      assertEquals("demo", client.models().list().data().getFirst().id());
    }
  }

  @Test
  void aStreamThatIsClosedEndsWhatItAskedFor() throws Exception {
    try (TestServer server = TestServer.open()) {
      var endless =
          ask()
              .maxCompletionTokens(1500)
              .putAdditionalBodyProperty("ignore_eos", JsonValue.from(true))
              .build();
      try (StreamResponse<ChatCompletionChunk> stream =
          client(server, "any").chat().completions().createStreaming(endless)) {
        assertTrue(stream.stream().findFirst().isPresent());
        assertEquals(1, server.backend().stats().sequences().running());
      }
      assertEquals(0, server.runningInTheEnd());
      assertTrue(server.backend().stats().tokens().generated() < 1500);
    }
  }

  @Test
  void errorsAreThoseThatTheClientKnows() throws IOException {
    try (TestServer server = TestServer.open(o -> o.withKeys(KeyRing.of("secret")))) {
      assertThrows(UnauthorizedException.class, () -> client(server, "wrong").models().list());
      OpenAIClient client = client(server, "secret");
      assertThrows(
          NotFoundException.class,
          () -> client.chat().completions().create(ask().model("gpt-4").build()));
      BadRequestException refused =
          assertThrows(
              BadRequestException.class,
              () -> client.chat().completions().create(ask().temperature(7).build()));
      assertTrue(refused.getMessage().contains("temperature"), refused.getMessage());
    }
  }
}
