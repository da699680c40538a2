package dev.sgl.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.server.TestServer.Answer;
import dev.sgl.server.TestServer.Event;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every route that generates, with every kind of constraint that it has, whole and streamed, with
/// and without thoughts, at a temperature at which the model says anything: each answer keeps to
/// the constraint, or the call is refused.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConstrainedMatrixTest {
  private static final int SEEDS = 2;

  private static final String SCHEMA =
      """
      {"type":"object","properties":{"ok":{"type":"boolean"},"kind":{"enum":["low","high"]}},
        "required":["ok","kind"]}""";

  private static final String TAGS =
      "{'type':'triggered_tags','triggers':['<go'],'at_least_one':true,'stop_after_first':true,"
          + "'tags':[{'begin':'<go>','end':'</go>','content':{'type':'json_schema','json_schema':"
          + SCHEMA
          + "}}]}";

  /// A route, and how its calls are written.
  private enum Route {
    CHAT("/v1/chat/completions", "'messages':[{'role':'user','content':'Go.'}],'max_tokens':250"),
    COMPLETION("/v1/completions", "'prompt':'Go.','max_tokens':250"),
    GENERATE("/generate", "'text':'Go.'"),
    RESPONSE("/v1/responses", "'input':'Go.','max_output_tokens':250"),
    MESSAGE(
        "/v1/messages",
        "'model':'demo','messages':[{'role':'user','content':'Go.'}],'max_tokens':250"),
    OLLAMA_CHAT("/api/chat", "'model':'demo','messages':[{'role':'user','content':'Go.'}]"),
    OLLAMA_TEXT("/api/generate", "'model':'demo','prompt':'Go.'");

    private final String path;
    private final String members;

    Route(String path, String members) {
      this.path = path;
      this.members = members;
    }

    private boolean isOllama() {
      return path.startsWith("/api/");
    }

    /// A call of this route.
    private String call(String constraint, boolean thinks, boolean streams, int seed) {
      String sampling = "'temperature':1,'seed':" + seed;
      String nested = "'max_new_tokens':250," + sampling + "," + constraint;
      String rest =
          switch (this) {
            case GENERATE -> "'sampling_params':{" + nested + "}";
            case OLLAMA_CHAT, OLLAMA_TEXT ->
                "'think':%s,%s,'options':{%s,'num_predict':250}"
                    .formatted(thinks, constraint, sampling);
            case MESSAGE ->
                "'thinking':{'type':'%s'},%s,%s"
                    .formatted(thinks ? "adaptive" : "disabled", constraint, sampling);
            case RESPONSE ->
                "'reasoning':{'effort':'%s'},%s,%s"
                    .formatted(thinks ? "medium" : "none", constraint, sampling);
            case CHAT ->
                "'reasoning_effort':'%s',%s,%s"
                    .formatted(thinks ? "medium" : "none", constraint, sampling);
            case COMPLETION -> constraint + "," + sampling;
          };
      return "{%s,'stream':%s,%s}".formatted(members, streams, rest).replace('\'', '"');
    }

    /// The text of an answer; empty if a length cut it off.
    private String text(JsonNode body) {
      return switch (this) {
        case CHAT -> whole(body.at("/choices/0"), "stop", "/message/content");
        case COMPLETION -> whole(body.at("/choices/0"), "stop", "/text");
        case GENERATE ->
            body.at("/meta_info/finish_reason/type").asText().equals("stop")
                ? body.path("text").asText()
                : "";
        case RESPONSE ->
            body.path("status").asText().equals("completed")
                ? body.path("output")
                    .get(body.path("output").size() - 1)
                    .at("/content/0/text")
                    .asText()
                : "";
        case MESSAGE ->
            body.path("stop_reason").asText().equals("end_turn")
                ? body.path("content").get(body.path("content").size() - 1).path("text").asText()
                : "";
        case OLLAMA_CHAT ->
            body.path("done_reason").asText().equals("stop")
                ? body.at("/message/content").asText()
                : "";
        case OLLAMA_TEXT ->
            body.path("done_reason").asText().equals("stop") ? body.path("response").asText() : "";
      };
    }

    private static String whole(JsonNode choice, String finish, String pointer) {
      return choice.path("finish_reason").asText().equals(finish)
          ? choice.at(pointer).asText()
          : "";
    }

    /// The text that the pieces of a stream say; empty if a length cut it off.
    private String streamed(TestServer server, String call) throws IOException {
      StringBuilder text = new StringBuilder();
      boolean isWhole = false;
      switch (this) {
        case CHAT, COMPLETION -> {
          for (JsonNode event : server.stream(path, call)) {
            JsonNode choice = event.at("/choices/0");
            text.append(choice.at("/delta/content").asText()).append(choice.path("text").asText());
            isWhole |= choice.path("finish_reason").asText().equals("stop");
          }
        }
        case GENERATE -> {
          List<JsonNode> events = server.stream(path, call);
          return text(events.getLast());
        }
        case RESPONSE, MESSAGE -> {
          for (Event event : server.events(path, call)) {
            boolean isText = event.name().equals("response.output_text.delta");
            text.append(isText ? event.at("/delta").asText() : event.at("/delta/text").asText());
            isWhole |= event.name().equals("response.completed");
            isWhole |= event.at("/delta/stop_reason").asText().equals("end_turn");
          }
        }
        case OLLAMA_CHAT, OLLAMA_TEXT -> {
          for (JsonNode line : server.lines(path, call)) {
            text.append(line.at("/message/content").asText())
                .append(line.path("response").asText());
            isWhole |= line.path("done_reason").asText().equals("stop");
          }
        }
      }
      return isWhole ? text.toString() : "";
    }
  }

  /// A constraint, as members of a call.
  private record Constraint(String members, Predicate<String> isKept) {
    @Override
    public String toString() {
      return members.replace('"', '\'');
    }
  }

  private TestServer server;

  @BeforeAll
  void open() throws IOException {
    server = TestServer.withQwen3();
  }

  @AfterAll
  void close() {
    server.close();
  }

  private static boolean isOfSchema(String text) {
    JsonNode json = Json.parse(text);
    return json.size() == 2
        && json.path("ok").isBoolean()
        && List.of("low", "high").contains(json.path("kind").asText());
  }

  /// Whether it is one tag around an object of the schema.
  private static boolean isTagged(String text) {
    Matcher tag = Pattern.compile("<go>(.*?)</go>", Pattern.DOTALL).matcher(text);
    return tag.lookingAt() && isOfSchema(tag.group(1)) && tag.end() == text.length();
  }

  private static Constraint regex(String name) {
    Pattern pattern = Pattern.compile("[a-z]{2,5}-[0-9]{3}");
    return new Constraint(
        "'%s':'[a-z]{2,5}-[0-9]{3}'".formatted(name), text -> pattern.matcher(text).matches());
  }

  /// The constraints that a route has a name for.
  private static List<Constraint> constraints(Route route) {
    Predicate<String> isOfSchema = ConstrainedMatrixTest::isOfSchema;
    Predicate<String> isObject = text -> Json.parse(text).isObject();
    List<Constraint> all = new ArrayList<>();
    if (route.isOllama()) {
      all.add(new Constraint("'format':" + SCHEMA, isOfSchema));
      all.add(new Constraint("'format':'json'", isObject));
      return all;
    }
    all.add(regex("regex"));
    all.add(
        new Constraint(
            "'ebnf':'root ::= \\\"yes\\\" | \\\"no\\\"'", List.of("yes", "no")::contains));
    all.add(new Constraint("'guided_choice':['red','green']", List.of("red", "green")::contains));
    all.add(new Constraint("'structured_outputs':{'json':" + SCHEMA + "}", isOfSchema));
    all.add(new Constraint("'json_schema':" + SCHEMA, isOfSchema));
    String format = "{'type':'json_schema','json_schema':{'name':'x','schema':" + SCHEMA + "}}";
    all.add(new Constraint("'response_format':" + format, isOfSchema));
    all.add(new Constraint("'response_format':{'type':'json_object'}", isObject));
    all.add(
        new Constraint(
            "'response_format':{'type':'structural_tag','format':" + TAGS + "}",
            ConstrainedMatrixTest::isTagged));
    all.add(
        new Constraint(
            "'structural_tag':{'format':" + TAGS + "}", ConstrainedMatrixTest::isTagged));
    all.add(
        new Constraint(
            "'structured_outputs':{'structural_tag':{'format':" + TAGS + "}}",
            ConstrainedMatrixTest::isTagged));
    String flat = "{'format':{'type':'json_schema','name':'x','schema':" + SCHEMA + "}}";
    if (route == Route.RESPONSE) {
      all.add(new Constraint("'text':" + flat, isOfSchema));
      all.add(new Constraint("'text':{'format':{'type':'json_object'}}", isObject));
    }
    if (route == Route.MESSAGE) {
      all.add(new Constraint("'output_config':" + flat.replace("'name':'x',", ""), isOfSchema));
    }
    return all;
  }

  static Stream<Arguments> cells() {
    return Stream.of(Route.values())
        .flatMap(
            route ->
                constraints(route).stream()
                    .flatMap(
                        constraint ->
                            Stream.of(true, false)
                                .flatMap(
                                    thinks ->
                                        Stream.of(true, false)
                                            .map(
                                                streams ->
                                                    Arguments.of(
                                                        route, constraint, thinks, streams)))));
  }

  @ParameterizedTest(name = "{0} {1} thinks {2} streams {3}")
  @MethodSource("cells")
  void noAnswerIsWithoutItsConstraint(
      Route route, Constraint constraint, boolean thinks, boolean streams) throws IOException {
    int whole = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      String call = route.call(constraint.members(), thinks, streams, seed);
      String text;
      if (streams) {
        text = route.streamed(server, call);
      } else {
        Answer answer = server.post(route.path, call);
        assertEquals(200, answer.status(), answer.text());
        text = route.text(answer.json());
      }
      if (!text.isEmpty()) { // else its thought or its object was too long
        whole++;
        assertTrue(constraint.isKept().test(text), text);
        assertFalse(Pattern.compile("\\s{20}").matcher(text).find(), "white space: " + text);
      }
    }
    assertTrue(whole > 0 || constraint.members().contains("json"), "no answer was whole");
  }
}
