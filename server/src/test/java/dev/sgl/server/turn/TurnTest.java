package dev.sgl.server.turn;

import static dev.sgl.server.format.ToolFormats.HERMES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Writing;
import dev.sgl.program.Type;
import dev.sgl.server.format.Channels;
import dev.sgl.server.format.ThoughtFormat;
import dev.sgl.server.format.ToolFormat;
import dev.sgl.server.format.ToolFormats;
import dev.sgl.server.http.Fields;
import dev.sgl.testing.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// How an answer is put together of generations, with a model that says what the test has it say.
class TurnTest {
  private static final String WEATHER =
      "{\"name\":\"weather\",\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":"
          + "{\"type\":\"string\"}},\"required\":[\"city\"],\"additionalProperties\":false}}";
  private static final String TIME =
      "{\"name\":\"time\",\"parameters\":{\"type\":\"object\",\"additionalProperties\":false}}";

  private final List<String> heard = new ArrayList<>();
  private final Heard listener =
      new Heard() {
        @Override
        public void thought(String text) {
          add("thought", text);
        }

        @Override
        public void said(String text, List<Reply.Logprob> logprobs) {
          add("said", text);
        }

        @Override
        public void called(int index, String id, String name) {
          heard.add("call " + index + " " + name);
        }

        @Override
        public void argued(int index, String json) {
          add("arguments " + index, json);
        }

        private void add(String kind, String text) {
          if (!heard.isEmpty() && heard.getLast().startsWith(kind + ": ")) {
            heard.set(heard.size() - 1, heard.getLast() + text);
          } else {
            heard.add(kind + ": " + text);
          }
        }
      };

  private static ToolSpec tool(String json) {
    Fields fields = Fields.of(Json.parse(json));
    ObjectNode parameters = (ObjectNode) fields.json().path("parameters");
    return new ToolSpec(fields.requiredText("name"), (ObjectNode) fields.json(), parameters);
  }

  private static Toolbox box(ToolFormat format, boolean required, boolean parallel) {
    return new Toolbox(List.of(tool(WEATHER), tool(TIME)), required, parallel, format);
  }

  private static Ask ask(Type type, Optional<Toolbox> box, Optional<Thought> thought) {
    Prompt prompt = new Prompt.Chat(List.of(), List.of(), Map.of());
    return new Ask(
        prompt,
        type,
        Sampling.DEFAULT,
        Scheduling.DEFAULT,
        Writing.DEFAULT,
        box,
        thought,
        Optional.empty());
  }

  private static Ask withMaxTokens(Ask ask, int most) {
    return with(ask, Sampling.DEFAULT.withMaxTokens(most));
  }

  private static Ask with(Ask ask, Sampling sampling) {
    return new Ask(
        ask.prompt(),
        ask.type(),
        sampling,
        ask.scheduling(),
        ask.writing(),
        ask.tools(),
        ask.thought(),
        ask.channels());
  }

  private static Prompt.Part written(String text) {
    return new Prompt.Part.Written(text);
  }

  private static List<Prompt.Part> open(Request request) {
    return request.prompt() instanceof Prompt.Chat(_, var open, _) ? open : List.of();
  }

  private Answer run(ScriptedTokens backend, Ask ask) {
    try (Turn turn = new Turn(backend, ask, listener)) {
      return turn.run();
    }
  }

  @Test
  void textIsSaidAsItComes() {
    Answer answer =
        run(new ScriptedTokens("Hello.", ""), ask(Type.TEXT, Optional.empty(), Optional.empty()));
    assertEquals("Hello.", answer.text());
    assertEquals(Answer.Finish.STOP, answer.finish());
    assertEquals(List.of("said: Hello."), heard);
    assertEquals(6, answer.spoken().tokens().size());
  }

  @Test
  void aThoughtEndsWithItsMarkAndIsNotSaid() {
    ScriptedTokens backend = new ScriptedTokens("Hm, so.</think>\n\nHello.", "");
    Answer answer =
        run(
            backend,
            ask(
                Type.TEXT,
                Optional.empty(),
                Optional.of(new Thought(ThoughtFormat.THINK, "<think>\n", true))));
    assertEquals(Optional.of("Hm, so."), answer.thought());
    assertEquals("Hello.", answer.text());
    assertEquals(7, answer.thoughtTokens());
    assertEquals(List.of("thought: Hm, so.", "said: Hello."), heard);
    assertEquals(List.of("<think>\n", "<think>\nHm, so.</think>\n\n"), backend.prompts());
  }

  @Test
  void whatHasATypeIsHeldToItBehindTheThought() {
    ScriptedTokens backend = new ScriptedTokens("Hm.</think>17", "");
    Answer answer =
        run(
            backend,
            ask(
                Type.INT,
                Optional.empty(),
                Optional.of(new Thought(ThoughtFormat.THINK, "", true))));
    assertEquals("17", answer.text());
    assertEquals(Type.TEXT, backend.requests().get(0).type());
    assertEquals(Type.INT, backend.requests().get(1).type());
  }

  @Test
  void aCallMayFollowText() {
    String script =
        "I look.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\":\"Rome\"}}\n</tool_call>"
            + "\n<tool_call>\n{\"name\": \"time\", \"arguments\": {}}\n</tool_call>";
    ScriptedTokens backend = new ScriptedTokens(script, "");
    Answer answer =
        run(backend, ask(Type.TEXT, Optional.of(box(HERMES, false, true)), Optional.empty()));
    assertEquals("I look.", answer.text());
    assertEquals(Answer.Finish.CALLS, answer.finish());
    assertEquals(
        List.of("weather {\"city\":\"Rome\"}", "time {}"),
        answer.calls().stream().map(c -> c.name() + " " + c.arguments()).toList());
    assertEquals(
        List.of(
            "said: I look.",
            "call 0 weather",
            "arguments 0: {\"city\":\"Rome\"}",
            "call 1 time",
            "arguments 1: {}"),
        heard);
    assertEquals(script, backend.prompts().getLast(), "what is asked behind the last call");
  }

  @Test
  void textWithoutACallIsWhole() {
    Answer answer =
        run(
            new ScriptedTokens("It rains.\n\n", ""),
            ask(Type.TEXT, Optional.of(box(HERMES, false, true)), Optional.empty()));
    assertEquals("It rains.\n\n", answer.text());
    assertEquals(Answer.Finish.STOP, answer.finish());
    assertTrue(answer.calls().isEmpty());
  }

  @Test
  void aRequiredCallComesAtOnceAndOnlyOneIfOthersAreNotWanted() {
    ScriptedTokens backend = new ScriptedTokens("time{}<tool_call>time{}", "");
    Answer answer =
        run(backend, ask(Type.TEXT, Optional.of(box(HERMES, true, false)), Optional.empty()));
    assertEquals(1, answer.calls().size());
    assertEquals("", answer.text());
    assertEquals(2, backend.requests().size());
  }

  @Test
  void llamaCallsWithoutAMark() {
    Ask ask = ask(Type.TEXT, Optional.of(box(ToolFormats.LLAMA, false, true)), Optional.empty());
    String script = "{\"name\": \"weather\", \"parameters\": {\"city\":\"Oslo\"}}";
    Answer call = run(new ScriptedTokens(script, ""), ask);
    assertEquals("weather", call.calls().getFirst().name());
    Answer text = run(new ScriptedTokens("A set {1, 2} and {3}.", ""), ask);
    assertEquals("A set {1, 2} and {3}.", text.text());
    assertTrue(text.calls().isEmpty());
    Answer marked = run(new ScriptedTokens("<|python_tag|>time{}", ""), ask);
    assertEquals("time", marked.calls().getFirst().name());
    Ask typed = ask(Type.INT, ask.tools(), Optional.empty());
    // the script goes on behind what is only looked at: 24 characters
    Answer value = run(new ScriptedTokens("{\"a\":\"1234567890123456\"}" + "17", ""), typed);
    assertEquals("17", value.text());
    Answer instead =
        run(
            new ScriptedTokens("{\"name\":\"weather\",\"argum" + "weather{\"city\":\"Oslo\"}", ""),
            typed);
    assertEquals("weather", instead.calls().getFirst().name());
  }

  @Test
  void mistralWritesAList() {
    ScriptedTokens backend =
        new ScriptedTokens("[TOOL_CALLS]time{},weather{\"city\":\"Bern\"}]", "");
    Answer answer =
        run(
            backend,
            ask(Type.TEXT, Optional.of(box(ToolFormats.MISTRAL, false, true)), Optional.empty()));
    assertEquals(
        List.of("time", "weather"), answer.calls().stream().map(Answer.ToolCall::name).toList());
    assertEquals(
        "[TOOL_CALLS][{\"name\": \"time\", \"arguments\": {}}, {\"name\": \"",
        backend.prompts().get(4));
    assertEquals(9, answer.calls().getFirst().id().length());
  }

  @Test
  void aTypedAnswerMayBeACallInstead() {
    Optional<Toolbox> box = Optional.of(box(HERMES, false, false));
    Answer call =
        run(new ScriptedTokens("<tool_call>time{}", ""), ask(Type.INT, box, Optional.empty()));
    assertEquals("time", call.calls().getFirst().name());
    ScriptedTokens backend = new ScriptedTokens("1".repeat(24) + "5678", "");
    Answer text = run(backend, ask(Type.INT, box, Optional.empty()));
    assertEquals("5678", text.text(), "the script went on behind what was only looked at");
    assertEquals(Type.INT, backend.requests().getLast().type());
    String list = "{\"a\":\"1234567890123456\"}" + "[1, 2]\n";
    Answer array = run(new ScriptedTokens(list, ""), ask(Type.array(Type.INT), box, none()));
    assertEquals("[1, 2]", array.text());
    String name = "weather_" + "x".repeat(24);
    Toolbox long_ = new Toolbox(List.of(tool(TIME.replace("time", name))), false, true, HERMES);
    Answer named =
        run(
            new ScriptedTokens("{\"name\": \"weather_xxxxxx" + "{}", ""),
            ask(Type.INT, Optional.of(long_), none()));
    assertEquals(name, named.calls().getFirst().name(), "a name longer than what is looked at");
  }

  @Test
  void aCallMayFollowAThought() {
    String call = "[\n  {\n    \"name\": \"time\",\n    \"arguments\": {}\n  }\n]";
    ScriptedTokens backend = new ScriptedTokens("Hm.</think>\n\n" + call, "", 4);
    Ask ask =
        ask(
            Type.TEXT,
            Optional.of(box(HERMES, false, true)),
            Optional.of(new Thought(ThoughtFormat.THINK, "", true)));
    Answer answer = run(backend, ask);
    assertEquals("time", answer.calls().getFirst().name());
    assertEquals("", answer.text());
  }

  @Test
  void aListIsWrittenBehindABareCall() {
    String script = "{\"name\": \"time\", \"arguments\": {}}\n[TOOL_CALLS]time{}]";
    ScriptedTokens backend = new ScriptedTokens(script, "");
    Ask ask = ask(Type.TEXT, Optional.of(box(ToolFormats.MISTRAL, false, true)), none());
    assertEquals(2, run(backend, ask).calls().size());
    String written = backend.prompts().get(backend.prompts().size() - 3);
    assertTrue(written.endsWith("[TOOL_CALLS][{\"name\": \""), written);
  }

  @Test
  void aStopTextOfTheClientEndsWhatMayBeACall() {
    Ask ask = ask(Type.TEXT, Optional.of(box(HERMES, false, true)), none());
    Sampling stops = Sampling.DEFAULT.withStops(List.of("}"), List.of());
    Answer answer = run(new ScriptedTokens("{\"name\": \"time\"} and so on", ""), with(ask, stops));
    assertEquals("{\"name\": \"time\"", answer.text());
    assertEquals(Optional.of("}"), answer.end().stop());
    assertTrue(answer.calls().isEmpty());
  }

  private static <T> Optional<T> none() {
    return Optional.empty();
  }

  @Test
  void noRoomEndsAnAnswerInTheMiddleOfACall() {
    ScriptedTokens backend = new ScriptedTokens("time{}", "");
    Ask ask = ask(Type.TEXT, Optional.of(box(HERMES, true, true)), Optional.empty());
    Answer answer = run(backend, withMaxTokens(ask, 30));
    assertEquals(Answer.Finish.LENGTH, answer.finish());
    assertTrue(answer.calls().isEmpty());
  }

  @Test
  void nothingIsWrittenWhereThereIsNoRoomForIt() {
    ScriptedTokens backend = new ScriptedTokens("time{}", "");
    Ask ask = ask(Type.TEXT, Optional.of(box(HERMES, true, true)), none());
    Answer answer = run(backend, withMaxTokens(ask, "<tool_call>".length()));
    assertEquals(Answer.Finish.LENGTH, answer.finish());
    assertEquals(List.of(), backend.requests());
    assertEquals(0, answer.usage().generatedTokens());
  }

  @Test
  void whatIsWrittenForTheModelIsOfTheAnswerAndNotOfThePrompt() {
    ScriptedTokens backend = new ScriptedTokens("time\", \"arguments\": {}}\n</tool_call>", "");
    Answer answer = run(backend, ask(Type.TEXT, Optional.of(box(HERMES, true, false)), none()));
    assertEquals("time", answer.calls().getFirst().name());
    assertEquals(ScriptedTokens.PROMPT, answer.usage().promptTokens());
    int written = backend.prompts().getFirst().length();
    assertTrue(written > 0 && answer.usage().generatedTokens() > written, answer.toString());
    assertTrue(answer.usage().forcedTokens() >= written, answer.toString());
  }

  /// The last token of a call may have been cut off a longer one, `}}` and a line end for example,
  /// with which the next call would have begun.
  @Test
  void theNextCallMayBeginInTheLastTokenOfACall() {
    String script =
        "{\"name\": \"time\", \"arguments\": {}}\n{\"name\": \"time\", \"arguments\": {}}";
    ScriptedTokens backend = new ScriptedTokens(script, "");
    Answer answer = run(backend, ask(Type.TEXT, Optional.of(box(HERMES, false, true)), none()));
    assertEquals(2, answer.calls().size());
    assertTrue(
        backend.requests().stream()
            .map(TurnTest::open)
            .anyMatch(open -> open.size() > 1 && open.getLast().equals(written("}"))));
  }

  @Test
  void textBeforeAMarkedCallIsWhole() {
    String call = "\n<tool_call>\n{\"name\": \"time\", \"arguments\": {}}\n</tool_call>";
    for (String text : List.of("See [1]", "```java\nf();\n```", "<b>bold</b>")) {
      Answer answer =
          run(
              new ScriptedTokens(text + call, ""),
              ask(Type.TEXT, Optional.of(box(HERMES, false, true)), none()));
      assertEquals(text, answer.text());
      assertEquals(List.of("time {}"), names(answer));
    }
  }

  @Test
  void aCallEndsAThoughtThatWasLeftOpen() {
    String script = "Hm.[TOOL_CALLS][{\"name\": \"time\", \"arguments\": {}}]";
    Ask ask =
        ask(
            Type.TEXT,
            Optional.of(box(ToolFormats.MISTRAL, false, true)),
            Optional.of(new Thought(ThoughtFormat.THINK, "", true)));
    Answer answer = run(new ScriptedTokens(script, ""), ask);
    assertEquals(Optional.of("Hm."), answer.thought());
    assertEquals(List.of("time {}"), names(answer));
  }

  @Test
  void callsMayComeInLines() {
    String script = "<function_calls>weather(city=\"Rome\")\ntime()</function_calls>";
    Ask ask = ask(Type.TEXT, Optional.of(box(ToolFormats.OLMO, false, true)), none());
    Answer answer = run(new ScriptedTokens(script, ""), ask);
    assertEquals(List.of("weather {\"city\": \"Rome\"}", "time {}"), names(answer));
  }

  @Test
  void anElementIsACallWithoutItsMark() {
    Ask ask = ask(Type.TEXT, Optional.of(box(ToolFormats.QWEN_CODER, false, true)), none());
    String script =
        "I look.\n\n<function=weather>\n<parameter=city>\nRome\n</parameter>\n</function>\n"
            + "<function=time>\n</function>";
    Answer answer = run(new ScriptedTokens(script, ""), ask);
    assertEquals(List.of("weather {\"city\": \"Rome\"}", "time {}"), names(answer));
    assertEquals("I look.", answer.text());
    String other = "Write <function=weather> so:\n<function=hello>\n</function>";
    Answer text = run(new ScriptedTokens(other, ""), ask);
    assertEquals(other, text.text());
    assertTrue(text.calls().isEmpty());
  }

  // --- messages under headers

  private static final Channels HARMONY = Channels.HARMONY;
  private static final Channels FUNCTIONARY = Channels.FUNCTIONARY;

  private static Ask channeled(Channels channels, Type type, Optional<Toolbox> box) {
    Ask ask = ask(type, box, Optional.empty());
    return new Ask(
        ask.prompt(),
        ask.type(),
        ask.sampling(),
        ask.scheduling(),
        ask.writing(),
        ask.tools(),
        ask.thought(),
        Optional.of(channels));
  }

  private static Optional<Toolbox> box(Channels channels, boolean required) {
    return Optional.of(box(channels.calls(), required, true));
  }

  private static List<String> names(Answer answer) {
    return answer.calls().stream().map(call -> call.name() + " " + call.arguments()).toList();
  }

  @Test
  void aMessageOfThoughtsComesBeforeTheAnswer() {
    String script =
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant"
            + "<|channel|>analysis<|message|>So.<|end|><|start|>assistant"
            + "<|channel|>final<|message|>Hello.";
    Answer answer =
        run(new ScriptedTokens(script, ""), channeled(HARMONY, Type.TEXT, Optional.empty()));
    assertEquals(Optional.of("Hm.\n\nSo."), answer.thought());
    assertEquals(List.of("thought: Hm.\n\nSo.", "said: Hello."), heard);
    assertEquals("Hello.", answer.text());
    assertEquals(Answer.Finish.STOP, answer.finish());
    assertEquals(6, answer.thoughtTokens());
  }

  @Test
  void onlyTheLastMessageIsHeldToTheType() {
    String script =
        "<|channel|>analysis<|message|>17?<|end|><|start|>assistant<|channel|>final<|message|>17";
    ScriptedTokens backend = new ScriptedTokens(script, "");
    Answer answer = run(backend, channeled(HARMONY, Type.INT, Optional.empty()));
    assertEquals("17", answer.text());
    assertEquals(Type.INT, backend.requests().getLast().type());
  }

  private static Ask thinking(int most, Optional<Toolbox> box) {
    return channeled(HARMONY, Type.TEXT, box).withThoughtOf(most);
  }

  @Test
  void messagesOfThoughtsEndWithTheirBudget() {
    String script =
        "<|channel|>analysis<|message|>12345<|channel|>analysis<|message|>"
            + "<|channel|>final<|message|>Hello.";
    Answer answer = run(new ScriptedTokens(script, ""), thinking(5, Optional.empty()));
    assertEquals(Optional.of("12345"), answer.thought());
    assertEquals(5, answer.thoughtTokens());
    assertEquals("Hello.", answer.text());
  }

  @Test
  void theBudgetIsThatOfAllMessagesOfThoughts() {
    String script =
        "<|channel|>analysis<|message|>123<|end|><|start|>assistant"
            + "<|channel|>analysis<|message|>45<|channel|>final<|message|>Hello.";
    Answer answer = run(new ScriptedTokens(script, ""), thinking(5, Optional.empty()));
    assertEquals(Optional.of("123\n\n45"), answer.thought());
    assertEquals("Hello.", answer.text());
  }

  @Test
  void aToolMayBeCalledBehindTheBudgetOfThoughts() {
    String script =
        "<|channel|>analysis<|message|>12345<|channel|>analysis<|message|>"
            + "<|channel|>commentary to=functions.weather <|constrain|>json<|message|>"
            + "{\"city\":\"Rome\"}<|call|>";
    for (boolean required : new boolean[] {false, true}) {
      Answer answer = run(new ScriptedTokens(script, ""), thinking(5, box(HARMONY, required)));
      assertEquals(Optional.of("12345"), answer.thought());
      assertEquals(List.of("weather {\"city\":\"Rome\"}"), names(answer));
    }
    String words =
        "<|channel|>analysis<|message|>12345<|channel|>analysis<|message|>"
            + "<|channel|>final<|message|>It rains.";
    Answer said = run(new ScriptedTokens(words, ""), thinking(5, box(HARMONY, false)));
    assertEquals("It rains.", said.text());
    assertEquals(List.of(), said.calls());
  }

  @Test
  void aMessageCallsATool() {
    String script =
        "<|channel|>analysis<|message|>Rome.<|end|><|start|>assistant"
            + "<|channel|>commentary<|message|>I look.<|end|><|start|>assistant"
            + "<|channel|>commentary to=functions.weather <|constrain|>json<|message|>"
            + "{\"city\":\"Rome\"}<|call|>";
    ScriptedTokens backend = new ScriptedTokens(script, "");
    Answer answer = run(backend, channeled(HARMONY, Type.TEXT, box(HARMONY, false)));
    assertEquals(List.of("weather {\"city\":\"Rome\"}"), names(answer));
    assertEquals("I look.", answer.text());
    assertEquals(Answer.Finish.CALLS, answer.finish());
    String other = "<|channel|>commentary to=functions.no<|message|>";
    Answer unknown =
        run(
            new ScriptedTokens(other + "Hello.", ""),
            channeled(HARMONY, Type.TEXT, box(HARMONY, false)));
    assertEquals("Hello.", unknown.text(), "a tool that is not offered is not called");
    Answer required =
        run(
            new ScriptedTokens("<|channel|>final<|message|>weather{\"city\":\"Rome\"}", ""),
            channeled(HARMONY, Type.TEXT, box(HARMONY, true)));
    assertEquals(List.of("weather {\"city\":\"Rome\"}"), names(required));
  }

  @Test
  void theHeaderMayBeTheNameOfATool() {
    String script = "all\nI look.>>>weather\n{\"city\":\"Rome\"}>>>time\n{}";
    Answer answer =
        run(
            new ScriptedTokens(script, ""),
            channeled(FUNCTIONARY, Type.TEXT, box(FUNCTIONARY, false)));
    assertEquals("I look.", answer.text());
    assertEquals(List.of("weather {\"city\":\"Rome\"}", "time {}"), names(answer));
    Answer text =
        run(
            new ScriptedTokens("all\nHello.", ""),
            channeled(FUNCTIONARY, Type.TEXT, box(FUNCTIONARY, false)));
    assertEquals("Hello.", text.text());
  }
}
