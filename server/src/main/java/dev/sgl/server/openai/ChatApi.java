package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Suppliers;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Sampling;
import dev.sgl.program.Type;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.EventStream;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.parameters.Conversations;
import dev.sgl.server.parameters.FormatReader;
import dev.sgl.server.parameters.Inputs;
import dev.sgl.server.parameters.SamplingReader;
import dev.sgl.server.turn.Answer;
import dev.sgl.server.turn.Ask;
import dev.sgl.server.turn.Heard;
import dev.sgl.server.turn.Job;
import dev.sgl.server.turn.Served;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/// `POST /v1/chat/completions`.
///
/// Reference: OpenAI, API reference, "Chat Completions".
public final class ChatApi {
  private static final String CHUNK = "chat.completion.chunk";

  private final Served served;
  private final Conversations conversations;

  /// The route of the model that is served.
  public ChatApi(Served served) {
    this.served = served;
    this.conversations = new Conversations(served);
  }

  /// A call that was read.
  ///
  /// @param isNamed whether one tool is called for certain
  /// @param splits whether thoughts are sent apart from the text
  private record Chat(Asked asked, Ask ask, boolean isNamed, boolean splits, TokenReport report) {
    /// The tokens of the prompt, counted once.
    Supplier<List<Integer>> prompt(Served served) {
      return Suppliers.memoize(() -> ask.read(served.backend()));
    }

    List<Ask> asks() {
      return IntStream.range(0, asked.n()).mapToObj(ask::numbered).toList();
    }

    boolean hasLogprobs() {
      return ask.sampling().logprobs().isPresent();
    }

    /// Why an answer ended; where a tool had to be called, it ended as it should.
    String finish(Answer.Finish finish) {
      return Writer.finish(isNamed && finish == Answer.Finish.CALLS ? Answer.Finish.STOP : finish);
    }
  }

  /// Answers a conversation, whole or as a stream of chunks.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  public void handle(Call call) throws IOException {
    Chat chat = read(call.fields(), call);
    if (chat.asked().stream()) {
      stream(call, chat);
      return;
    }
    Job job = new Job(served, chat.asked().request(), chat.asks());
    call.answer(() -> whole(chat, job.run(_ -> Heard.NOTHING)));
  }

  private Chat read(Fields fields, Call call) {
    Asked asked = Asked.read(fields, served, "chatcmpl-", call);
    ToolReader tools = ToolReader.read(fields, served.formats(), call);
    Type type = FormatReader.read(fields);
    Prompt.Chat prompt =
        FormatReader.described(type, fields, conversations.read(fields, tools.tools().all()));
    Sampling sampling =
        SamplingReader.read(fields, served.backend().card().vocabulary(), logprobs(fields));
    boolean splits = fields.flag("separate_reasoning", true);
    TokenReport report = TokenReport.read(fields, asked.stream());
    Ask ask =
        served
            .ask(prompt, type, sampling, tools.tools().box())
            .with(report.scheduling(), SamplingReader.writing(fields));
    Ask cut = cut(ask, fields);
    fields.finish();
    return new Chat(asked, cut, tools.isNamed(), splits, report);
  }

  /// The same with the last tokens of the prompt only, if the call limits them.
  private Ask cut(Ask ask, Fields fields) {
    OptionalInt most =
        Inputs.most(fields, served.backend().card().context(), ask.sampling().length().maxTokens());
    return most.isPresent() ? ask.behindLast(most.getAsInt(), served.backend()) : ask;
  }

  private static OptionalInt logprobs(Fields fields) {
    boolean wanted = fields.flag("logprobs", false);
    OptionalInt top = fields.integer("top_logprobs", 0, SamplingReader.MOST_LOGPROBS);
    if (top.isPresent() && !wanted) {
      throw ApiException.invalid("top_logprobs", "top_logprobs needs logprobs: true");
    }
    return wanted ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty();
  }

  // --- whole answers

  private ObjectNode whole(Chat chat, List<Answer> answers) {
    ObjectNode body = chat.asked().object("chat.completion", served.name());
    ArrayNode choices = body.putArray("choices");
    for (int i = 0; i < answers.size(); i++) {
      Answer answer = answers.get(i);
      ObjectNode choice = choices.addObject().put("index", i);
      choice.set("message", message(chat, answer));
      choice.set(
          "logprobs",
          chat.hasLogprobs()
              ? Writer.logprobs(answer.spoken().logprobs(), served.backend())
              : Json.nothing());
      choice.put("finish_reason", chat.finish(answer.finish()));
      answer.end().stop().ifPresent(stop -> choice.put("matched_stop", stop));
      chat.report().addAnswerIds(choice, answer);
    }
    ObjectNode prompt =
        served.scored(
            chat.asked().request(),
            true,
            backend -> chat.report().prompt(chat.prompt(served), backend));
    body.setAll(prompt);
    body.set("usage", Writer.usage(answers));
    return body;
  }

  private static ObjectNode message(Chat chat, Answer answer) {
    ObjectNode message = Json.object().put("role", "assistant");
    String text = text(chat, answer);
    if (text.isEmpty() && !answer.calls().isEmpty()) {
      message.putNull("content");
    } else {
      message.put("content", text);
    }
    message.putNull("refusal");
    if (chat.splits()) {
      answer.thought().ifPresent(thought -> message.put("reasoning_content", thought.strip()));
    }
    if (!answer.calls().isEmpty()) {
      ArrayNode calls = message.putArray("tool_calls");
      for (Answer.ToolCall called : answer.calls()) {
        ObjectNode one = calls.addObject().put("id", called.id()).put("type", "function");
        one.putObject("function").put("name", called.name()).put("arguments", called.arguments());
      }
    }
    return message;
  }

  private static String text(Chat chat, Answer answer) {
    Optional<String> thought = chat.splits() ? Optional.empty() : answer.thought();
    return thought.map(t -> "<think>" + t + "</think>\n\n").orElse("") + answer.text();
  }

  // --- pieces

  private void stream(Call call, Chat chat) throws IOException {
    Job job = new Job(served, chat.asked().request(), chat.asks());
    call.stream(
        events -> {
          List<Answer> answers = job.run(index -> new Pieces(chat, index, events));
          if (chat.asked().withUsage()) {
            ObjectNode last = chat.asked().object(CHUNK, served.name());
            last.putArray("choices");
            last.set("usage", Writer.usage(answers));
            events.send(last);
          }
          events.done();
        },
        job::close);
  }

  /// Sends one of the answers piece by piece.
  private final class Pieces implements Heard {
    private final Chat chat;
    private final int index;
    private final EventStream events;
    private final Supplier<List<Integer>> prompt;
    private boolean begun;
    private boolean thinks;
    private Optional<Answer> end = Optional.empty();
    private int generated; // tokens so far

    Pieces(Chat chat, int index, EventStream events) {
      this.chat = chat;
      this.index = index;
      this.events = events;
      this.prompt = chat.prompt(served);
    }

    @Override
    public void counted(int tokens) {
      generated = tokens;
    }

    private void send(ObjectNode delta, List<Reply.Logprob> logprobs, Optional<String> finish) {
      if (!begun) {
        begun = true;
        ObjectNode first = piece(Json.object().put("role", "assistant").put("content", ""));
        chat.report().addPromptIds(first, prompt);
        events.report(first);
      }
      ObjectNode chunk = piece(delta);
      ObjectNode choice = (ObjectNode) chunk.path("choices").path(0);
      if (!logprobs.isEmpty()) {
        choice.set("logprobs", Writer.logprobs(logprobs, served.backend()));
      }
      finish.ifPresent(reason -> choice.put("finish_reason", reason));
      end.flatMap(answer -> answer.end().stop())
          .ifPresent(stop -> choice.put("matched_stop", stop));
      end.ifPresent(answer -> chat.report().addAnswerIds(choice, answer));
      events.report(chunk);
    }

    private ObjectNode piece(ObjectNode delta) {
      ObjectNode piece =
          chat.asked().piece(CHUNK, served.name(), () -> prompt.get().size(), generated);
      ObjectNode choice = piece.putArray("choices").addObject().put("index", index);
      choice.set("delta", delta);
      choice.putNull("logprobs").putNull("finish_reason");
      return piece;
    }

    private void send(ObjectNode delta) {
      send(delta, List.of(), Optional.empty());
    }

    @Override
    public void thought(String text) {
      if (chat.splits()) {
        send(Json.object().put("reasoning_content", text));
        return;
      }
      send(Json.object().put("content", (thinks ? "" : "<think>") + text));
      thinks = true;
    }

    @Override
    public void said(String text, List<Reply.Logprob> logprobs) {
      String before = thinks ? "</think>\n\n" : "";
      thinks = false;
      send(Json.object().put("content", before + text), logprobs, Optional.empty());
    }

    /// Ends a thought that is sent as a part of the text.
    private void endThought() {
      if (thinks) {
        said("", List.of());
      }
    }

    @Override
    public void called(int place, String id, String name) {
      endThought();
      ObjectNode delta = Json.object();
      ObjectNode one = delta.putArray("tool_calls").addObject().put("index", place);
      one.put("id", id).put("type", "function");
      one.putObject("function").put("name", name).put("arguments", "");
      send(delta);
    }

    @Override
    public void argued(int place, String json) {
      ObjectNode delta = Json.object();
      ObjectNode one = delta.putArray("tool_calls").addObject().put("index", place);
      one.putObject("function").put("arguments", json);
      send(delta);
    }

    @Override
    public void ended(Answer answer) {
      endThought();
      generated = answer.usage().generatedTokens();
      end = Optional.of(answer);
      send(Json.object(), List.of(), Optional.of(chat.finish(answer.finish())));
    }
  }
}
