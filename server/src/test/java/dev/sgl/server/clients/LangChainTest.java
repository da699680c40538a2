package dev.sgl.server.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.sgl.server.TestServer;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/// LangChain4j's OpenAI model against this server.
class LangChainTest {
  private static final String QUESTION = "Give 2 different tips about staying healthy.";

  private static OpenAiChatModel model(TestServer server) {
    return OpenAiChatModel.builder()
        .baseUrl(server.url("/v1"))
        .apiKey("any")
        .modelName("demo")
        .temperature(0.0)
        .maxTokens(200)
        .build();
  }

  @Test
  void aStreamSaysWhatAChatSays() throws Exception {
    try (TestServer server = TestServer.open()) {
      String whole = model(server).chat(QUESTION);
      CompletableFuture<String> streamed = new CompletableFuture<>();
      OpenAiStreamingChatModel.builder()
          .baseUrl(server.url("/v1"))
          .apiKey("any")
          .modelName("demo")
          .temperature(0.0)
          .maxTokens(200)
          .build()
          .chat(
              QUESTION,
              new StreamingChatResponseHandler() {
                @Override
                public void onCompleteResponse(ChatResponse response) {
                  streamed.complete(response.aiMessage().text());
                }

                @Override
                public void onError(Throwable error) {
                  streamed.completeExceptionally(error);
                }
              });
      assertEquals(whole, streamed.get());
    }
  }

  @Test
  void aSchemaAndAToolAreFollowed() throws IOException {
    try (TestServer server = TestServer.withTemplateOf("Qwen-Qwen2.5-7B-Instruct")) {
      JsonObjectSchema person =
          JsonObjectSchema.builder()
              .addEnumProperty("mood", List.of("good", "bad"))
              .addIntegerProperty("age")
              .required("mood", "age")
              .build();
      ChatResponse typed =
          model(server)
              .chat(
                  ChatRequest.builder()
                      .messages(UserMessage.from(QUESTION))
                      .responseFormat(
                          ResponseFormat.builder()
                              .type(ResponseFormatType.JSON)
                              .jsonSchema(
                                  JsonSchema.builder().name("person").rootElement(person).build())
                              .build())
                      .build());
      assertTrue(Json.parse(typed.aiMessage().text()).path("age").isIntegralNumber());
      ChatResponse called =
          model(server)
              .chat(
                  ChatRequest.builder()
                      .messages(UserMessage.from(QUESTION))
                      .toolSpecifications(
                          ToolSpecification.builder().name("ask").parameters(person).build())
                      .toolChoice(ToolChoice.REQUIRED)
                      .build());
      assertEquals("ask", called.aiMessage().toolExecutionRequests().getFirst().name());
    }
  }
}
