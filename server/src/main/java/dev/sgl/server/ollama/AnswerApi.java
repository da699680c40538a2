package dev.sgl.server.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Reply;
import dev.sgl.backend.TokenBackend;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Json;
import dev.sgl.server.openai.Writer;
import dev.sgl.server.turn.Answer;
import dev.sgl.server.turn.Heard;
import dev.sgl.server.turn.Job;
import dev.sgl.server.turn.Served;
import dev.sgl.server.turn.Stripped;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// `POST /api/chat` and `POST /api/generate`.
final class AnswerApi {
  private final Served served;
  private final CallReader reader;

  AnswerApi(Served served) {
    this.served = served;
    this.reader = new CallReader(served);
  }

  /// Answers a conversation: whole, or line by line.
  void chat(Call call) throws IOException {
    Optional<Asked> asked = reader.chat(call.fields(), call);
    if (asked.isPresent()) {
      answer(asked.get(), call);
    } else {
      ObjectNode nothing = Json.object();
      nothing.putObject("message").put("role", "assistant").put("content", "");
      loaded(nothing, call);
    }
  }

  /// Answers a text: whole, or line by line.
  void generate(Call call) throws IOException {
    Optional<Asked> asked = reader.text(call.fields(), call);
    if (asked.isPresent()) {
      answer(asked.get(), call);
    } else {
      loaded(Json.object().put("response", ""), call);
    }
  }

  /// The answer to a call that only has the model loaded, as it is, and stays.
  private void loaded(ObjectNode nothing, Call call) throws IOException {
    ObjectNode body = Json.object().put("model", served.name());
    body.put("created_at", Instant.now().toString()).setAll(nothing);
    call.answer(body.put("done", true).put("done_reason", "load"));
  }

  private void answer(Asked asked, Call call) throws IOException {
    Job job = new Job(served, asked.request(), List.of(asked.ask()));
    Clock clock = new Clock();
    TokenBackend backend = served.backend();
    if (asked.stream()) {
      call.lines(
          lines -> {
            Pieces pieces =
                new Pieces(asked, piece -> lines.report(piece.put("done", false)), clock, backend);
            Answer answer = job.run(_ -> pieces).getFirst();
            lines.send(end(asked.begun().setAll(words(asked, "", "", List.of())), answer, clock));
          },
          job::close);
      return;
    }
    call.answer(
        () -> {
          Answer answer = job.run(_ -> new Pieces(asked, _ -> {}, clock, backend)).getFirst();
          String thought = answer.thought().map(String::strip).orElse("");
          ObjectNode said = words(asked, thought, answer.text(), answer.calls());
          JsonNode logprobs = Writer.logprobs(answer.spoken().logprobs(), backend).path("content");
          return end(withLogprobs(asked.begun().setAll(said), logprobs), answer, clock);
        });
  }

  /// When what happened, in nanoseconds.
  private static final class Clock {
    private final long start = System.nanoTime();
    private long first; // piece; 0 if none came

    void tick() {
      first = first == 0 ? System.nanoTime() : first;
    }
  }

  private static ObjectNode end(ObjectNode body, Answer answer, Clock clock) {
    long now = System.nanoTime();
    long first = clock.first == 0 ? now : clock.first;
    boolean isCut = answer.finish() == Answer.Finish.LENGTH;
    return body.put("done", true)
        .put("done_reason", isCut ? "length" : "stop")
        .put("total_duration", now - clock.start)
        .put("load_duration", 0)
        .put("prompt_eval_count", answer.usage().promptTokens())
        .put("prompt_eval_duration", first - clock.start)
        .put("eval_count", answer.usage().generatedTokens())
        .put("eval_duration", now - first);
  }

  /// A text, or a piece of it, as the route has it.
  private static ObjectNode words(
      Asked asked, String thought, String text, List<Answer.ToolCall> calls) {
    ObjectNode body = Json.object();
    ObjectNode inner = asked.isChat() ? body.putObject("message").put("role", "assistant") : body;
    inner.put(asked.isChat() ? "content" : "response", text);
    if (!thought.isEmpty()) {
      inner.put("thinking", thought);
    }
    if (!calls.isEmpty()) {
      ArrayNode all = inner.putArray("tool_calls");
      calls.stream().filter(AnswerApi::isWhole).forEach(call -> add(call, all));
    }
    return body;
  }

  private static boolean isWhole(Answer.ToolCall call) {
    return !call.arguments().isBlank() && !Json.isCut(call.arguments());
  }

  private static ObjectNode withLogprobs(ObjectNode piece, JsonNode logprobs) {
    if (!logprobs.isEmpty()) {
      piece.set("logprobs", logprobs);
    }
    return piece;
  }

  private static void add(Answer.ToolCall call, ArrayNode all) {
    ObjectNode function = Json.object().put("index", all.size()).put("name", call.name());
    function.set("arguments", Json.read(call.arguments().getBytes(StandardCharsets.UTF_8)));
    all.addObject().put("id", call.id()).set("function", function);
  }

  /// Sends an answer piece by piece; calls as wholes at its end.
  private static final class Pieces implements Heard {
    private final Asked asked;
    private final Consumer<ObjectNode> sink;
    private final Clock clock;
    private final TokenBackend backend;
    private final Stripped thought = new Stripped();

    Pieces(Asked asked, Consumer<ObjectNode> sink, Clock clock, TokenBackend backend) {
      this.backend = backend;
      this.asked = asked;
      this.sink = sink;
      this.clock = clock;
    }

    private void send(String thought, String text, List<Answer.ToolCall> calls) {
      send(thought, text, calls, Json.array());
    }

    private void send(String thought, String text, List<Answer.ToolCall> calls, JsonNode logprobs) {
      clock.tick();
      if (!thought.isEmpty() || !text.isEmpty() || !calls.isEmpty() || !logprobs.isEmpty()) {
        ObjectNode piece = asked.begun().setAll(words(asked, thought, text, calls));
        sink.accept(withLogprobs(piece, logprobs));
      }
    }

    @Override
    public void thought(String piece) {
      send(thought.next(piece), "", List.of());
    }

    @Override
    public void said(String piece, List<Reply.Logprob> logprobs) {
      send("", piece, List.of(), Writer.logprobs(logprobs, backend).path("content"));
    }

    @Override
    public void ended(Answer answer) {
      send("", "", answer.calls());
    }
  }
}
