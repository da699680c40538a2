package dev.sgl.server.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Sampling;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.EventStream;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.openai.FormatReader;
import dev.sgl.server.openai.Inputs;
import dev.sgl.server.openai.SamplingReader;
import dev.sgl.server.turn.Answer;
import dev.sgl.server.turn.Ask;
import dev.sgl.server.turn.Heard;
import dev.sgl.server.turn.Job;
import dev.sgl.server.turn.Served;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/// `POST /generate`, as SGLang has it: raw text, continued.
///
/// Reference: SGLang documentation, "SGLang Native APIs" and "Sampling Parameters".
public final class GenerateApi {
  private static final int STANDARD_TOKENS = 128;
  private static final int MOST_ANSWERS = 128;

  private final Served served;

  public GenerateApi(Served served) {
    this.served = served;
  }

  /// A call that was read.
  ///
  /// @param single whether it asks for one text, not for a list
  /// @param promptTokens of the text that is streamed
  private record Wanted(
      String id,
      List<Ask> asks,
      boolean single,
      boolean stream,
      boolean logprobs,
      int promptTokens) {}

  public void handle(Call call) throws IOException {
    Wanted wanted = read(call.fields());
    long start = System.nanoTime();
    if (wanted.stream()) {
      stream(call, wanted, start);
      return;
    }
    Job job = new Job(served, wanted.id(), wanted.asks());
    call.answer(() -> whole(wanted, job.run(_ -> Heard.NOTHING), start));
  }

  private Wanted read(Fields fields) {
    int vocabulary = served.backend().card().vocabulary();
    String name = fields.has("input_ids") ? "input_ids" : "text";
    List<Inputs.Input> inputs = Inputs.read(fields, name, served.backend());
    JsonNode given = fields.any(name).orElseThrow();
    boolean list = given.isArray() && (name.equals("text") || given.path(0).isArray());
    boolean logprobs = fields.flag("return_logprob", false);
    OptionalInt top = fields.integer("top_logprobs_num", 0, SamplingReader.MOST_LOGPROBS);
    boolean stream = fields.flag("stream", false);
    String id = fields.text("rid").orElseGet(() -> UUID.randomUUID().toString());
    Fields parameters = fields.object("sampling_params").orElseGet(() -> Fields.of(Json.object()));
    int n = parameters.integer("n", 1, MOST_ANSWERS).orElse(1);
    parameters.ignore("spaces_between_special_tokens");
    if (parameters.flag("no_stop_trim", false) || !parameters.flag("skip_special_tokens", true)) {
      throw ApiException.invalid(
          "sampling_params",
          "no_stop_trim and skip_special_tokens: false are not supported: texts end before what"
              + " stops them, and have no special tokens");
    }
    var type = FormatReader.read(parameters);
    Sampling sampling =
        SamplingReader.read(
            parameters, vocabulary, logprobs ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty());
    OptionalInt most = parameters.integer("max_new_tokens", 1, Integer.MAX_VALUE);
    sampling = sampling.withMaxTokens(most.orElse(sampling.maxTokens().orElse(STANDARD_TOKENS)));
    var scheduling = SamplingReader.scheduling(fields);
    parameters.finish();
    fields.finish();
    if (stream && inputs.size() * n > 1) {
      throw ApiException.invalid("stream", "a stream is for one text");
    }
    Inputs.requireFew(inputs, n);
    List<Ask> asks = new ArrayList<>();
    for (Inputs.Input input : inputs) {
      Ask ask =
          new Ask(input.prompt(), type, sampling, scheduling, Optional.empty(), Optional.empty());
      for (int i = 0; i < n; i++) {
        asks.add(ask.numbered(i));
      }
    }
    int tokens = stream ? inputs.getFirst().tokens().size() : 0;
    return new Wanted(id, asks, !list && n == 1, stream, logprobs, tokens);
  }

  private JsonNode whole(Wanted wanted, List<Answer> answers, long start) {
    ArrayNode all = Json.array();
    for (Answer answer : answers) {
      ObjectNode one = all.addObject();
      one.put("text", answer.text());
      ArrayNode ids = one.putArray("output_ids");
      answer.tokens().forEach(ids::add);
      one.set("meta_info", meta(wanted, answer, start));
    }
    return wanted.single() ? all.get(0) : all;
  }

  private static ObjectNode meta(Wanted wanted, Answer answer, long start) {
    ObjectNode meta = Json.object().put("id", wanted.id());
    ObjectNode finish = meta.putObject("finish_reason");
    boolean isCut = answer.finish() == Answer.Finish.LENGTH;
    finish.put("type", isCut ? "length" : "stop");
    if (isCut) {
      finish.put("length", answer.usage().generatedTokens());
    }
    answer.stop().ifPresent(stop -> finish.put("matched", stop));
    meta.put("prompt_tokens", answer.usage().promptTokens());
    meta.put("completion_tokens", answer.usage().generatedTokens());
    meta.put("cached_tokens", answer.usage().cachedTokens());
    meta.put("e2e_latency", (System.nanoTime() - start) / 1e9);
    if (wanted.logprobs()) {
      ArrayNode chosen = meta.putArray("output_token_logprobs");
      ArrayNode tops = meta.putArray("output_top_logprobs");
      for (Reply.Logprob logprob : answer.logprobs()) {
        chosen.add(entry(logprob.logprob(), logprob.id(), logprob.token()));
        ArrayNode top = tops.addArray();
        logprob.top().forEach(c -> top.add(entry(c.logprob(), c.id(), c.token())));
      }
    }
    return meta;
  }

  private static ArrayNode entry(double logprob, int id, String text) {
    return Json.array().add(logprob).add(id).add(text);
  }

  private void stream(Call call, Wanted wanted, long start) throws IOException {
    Job job = new Job(served, wanted.id(), wanted.asks());
    call.stream(
        events -> {
          events.send(whole(wanted, job.run(_ -> new Growing(wanted, events)), start));
          events.done();
        },
        job::close);
  }

  /// Sends the text so far with each piece of it, as SGLang does.
  private static final class Growing implements Heard {
    private final Wanted wanted;
    private final EventStream events;
    private final StringBuilder text = new StringBuilder();
    private int tokens;

    Growing(Wanted wanted, EventStream events) {
      this.wanted = wanted;
      this.events = events;
    }

    @Override
    public void counted(int count) {
      tokens = count;
    }

    @Override
    public void said(String piece, List<Reply.Logprob> logprobs) {
      text.append(piece);
      ObjectNode chunk = Json.object().put("text", text.toString());
      ObjectNode meta = chunk.putObject("meta_info").put("id", wanted.id());
      meta.putNull("finish_reason").put("completion_tokens", tokens);
      meta.put("prompt_tokens", wanted.promptTokens());
      try {
        events.send(chunk);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
