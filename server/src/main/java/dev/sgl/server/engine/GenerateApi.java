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
import dev.sgl.server.parameters.FormatReader;
import dev.sgl.server.parameters.Inputs;
import dev.sgl.server.parameters.SamplingReader;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Answer;
import dev.sgl.server.turn.Ask;
import dev.sgl.server.turn.Heard;
import dev.sgl.server.turn.Job;
import dev.sgl.server.turn.Served;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/// `POST /generate`, as SGLang has it: raw text, continued.
///
/// Reference: SGLang documentation, "SGLang Native APIs" and "Sampling Parameters".
public final class GenerateApi {
  private static final int STANDARD_TOKENS = 128;
  private static final int MOST_ANSWERS = 128;

  private final Served served;

  /// The route of the model that is served.
  public GenerateApi(Served served) {
    this.served = served;
  }

  /// A call that was read.
  ///
  /// @param inputs one for each ask
  /// @param single whether it asks for one text, not for a list
  /// @param scoredFrom the first token of the prompts whose log-probability is wanted; none if
  ///     -1. A call that wants no tokens but log-probabilities wants those of all the prompt
  /// @param generates whether tokens are generated, and not only the prompts' log-probabilities
  ///     reported
  private record Wanted(
      RequestContext request,
      List<Ask> asks,
      List<Inputs.Input> inputs,
      boolean single,
      boolean stream,
      boolean logprobs,
      int scoredFrom,
      boolean generates) {}

  /// Generates texts, whole or as a stream of events.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  public void handle(Call call) throws IOException {
    Wanted wanted = read(call.fields(), call);
    long start = System.nanoTime();
    if (wanted.stream()) {
      stream(call, wanted, start);
      return;
    }
    Job job = new Job(served, wanted.request(), wanted.asks());
    call.answer(
        () ->
            whole(wanted, wanted.generates() ? job.run(_ -> Heard.NOTHING) : none(wanted), start));
  }

  /// The answers to a call that wants no tokens.
  private static List<Answer> none(Wanted wanted) {
    return wanted.inputs().stream()
        .map(
            input ->
                new Answer(
                    Optional.empty(),
                    Answer.Spoken.NOTHING,
                    List.of(),
                    new Answer.End(Answer.Finish.LENGTH, Optional.empty()),
                    new Reply.Usage(input.tokens().size(), 0, 0, 0),
                    0,
                    List.of()))
        .toList();
  }

  private Wanted read(Fields fields, Call call) {
    int vocabulary = served.backend().card().vocabulary();
    String name = fields.has("input_ids") ? "input_ids" : "text";
    List<Inputs.Input> inputs = Inputs.read(fields, name, served.backend());
    boolean list = isList(fields.any(name).orElseThrow(), name);
    boolean logprobs = fields.flag("return_logprob", false);
    OptionalInt top = fields.integer("top_logprobs_num", 0, SamplingReader.MOST_LOGPROBS);
    int start = fields.integer("logprob_start_len", -1, Integer.MAX_VALUE).orElse(-1);
    boolean stream = fields.flag("stream", false);
    RequestContext request = served.request(fields, "", call);
    Fields parameters = fields.object("sampling_params").orElseGet(() -> Fields.of(Json.object()));
    int n = parameters.integer("n", 1, MOST_ANSWERS).orElse(1);
    var type = FormatReader.read(parameters);
    Sampling given =
        SamplingReader.read(
            parameters, vocabulary, logprobs ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty());
    OptionalInt most = parameters.integer("max_new_tokens", 0, Integer.MAX_VALUE);
    int tokens = most.orElse(given.length().maxTokens().orElse(STANDARD_TOKENS));
    Sampling sampling = given.withMaxTokens(Math.max(1, tokens));
    var scheduling = SamplingReader.scheduling(fields);
    var writing = SamplingReader.writing(parameters);
    parameters.finish();
    fields.finish();
    if (stream && (inputs.size() * n > 1 || tokens == 0)) {
      throw ApiException.invalid("stream", "a stream is for one text, of one token at least");
    }
    Inputs.requireFew(inputs, n);
    List<Inputs.Input> asked =
        inputs.stream().flatMap(input -> Collections.nCopies(n, input).stream()).toList();
    List<Ask> asks =
        inputs.stream()
            .map(input -> new Ask(input.prompt(), type, sampling, scheduling, writing))
            .flatMap(ask -> IntStream.range(0, n).mapToObj(ask::numbered))
            .toList();
    int scoredFrom = tokens == 0 ? Math.max(0, start) : start;
    return new Wanted(
        request,
        asks,
        asked,
        !list && n == 1,
        stream,
        logprobs,
        logprobs ? scoredFrom : -1,
        tokens > 0);
  }

  /// Whether the call has a list of prompts, not one prompt, which may be a list of tokens.
  private static boolean isList(JsonNode prompts, String name) {
    return prompts.isArray() && (name.equals("text") || prompts.path(0).isArray());
  }

  private JsonNode whole(Wanted wanted, List<Answer> answers, long start) {
    ArrayNode all = Json.array();
    for (int i = 0; i < answers.size(); i++) {
      Answer answer = answers.get(i);
      ObjectNode one = all.addObject();
      one.put("text", answer.text());
      ArrayNode ids = one.putArray("output_ids");
      answer.tokens().forEach(ids::add);
      String id = wanted.request().id() + (answers.size() == 1 ? "" : "_" + i);
      ObjectNode meta = meta(wanted, id, answer, start);
      one.set("meta_info", meta);
      if (wanted.scoredFrom() >= 0 || !wanted.generates()) { // which also keeps the prompt
        score(wanted, wanted.inputs().get(i), wanted.asks().get(i), meta);
      }
    }
    return wanted.single() ? all.get(0) : all;
  }

  /// Adds the log-probabilities of a prompt's tokens, also under the names of SGLang 0.1; nothing
  /// is before the first.
  private void score(Wanted wanted, Inputs.Input input, Ask ask, ObjectNode meta) {
    int top = ask.sampling().logprobs().orElse(0);
    List<Reply.Logprob> scores =
        served.scored(
            wanted.request(),
            wanted.generates(),
            backend -> backend.score(input.tokens(), top, ask.scheduling()));
    if (wanted.scoredFrom() < 0) {
      return;
    }
    ArrayNode chosen = meta.putArray("input_token_logprobs");
    meta.set("prefill_token_logprobs", chosen);
    meta.set("decode_token_logprobs", meta.path("output_token_logprobs"));
    ArrayNode tops = meta.putArray("input_top_logprobs");
    for (int i = wanted.scoredFrom(); i < input.tokens().size(); i++) {
      if (i == 0) {
        chosen.addArray().addNull().add(input.tokens().getFirst()).addNull();
        tops.addNull();
      } else {
        add(scores.get(i - 1), chosen, tops);
      }
    }
    scores.stream()
        .skip(Math.max(0, wanted.scoredFrom() - 1))
        .mapToDouble(Reply.Logprob::logprob)
        .average()
        .ifPresent(mean -> meta.put("normalized_prompt_logprob", mean));
  }

  private static void add(Reply.Logprob logprob, ArrayNode chosen, ArrayNode tops) {
    chosen.add(entry(logprob.logprob(), logprob.id(), logprob.token()));
    ArrayNode top = tops.addArray();
    logprob.top().forEach(c -> top.add(entry(c.logprob(), c.id(), c.token())));
  }

  /// @param id of the answer: that of the request, or one that begins with it if there are several
  private static ObjectNode meta(Wanted wanted, String id, Answer answer, long start) {
    ObjectNode meta = Json.object().put("id", id);
    ObjectNode finish = meta.putObject("finish_reason");
    boolean isCut = answer.finish() == Answer.Finish.LENGTH;
    finish.put("type", isCut ? "length" : "stop");
    if (isCut) {
      finish.put("length", answer.usage().generatedTokens());
    }
    answer.end().stop().ifPresent(stop -> finish.put("matched", stop));
    meta.put("prompt_tokens", answer.usage().promptTokens());
    meta.put("completion_tokens", answer.usage().generatedTokens());
    meta.put("cached_tokens", answer.usage().cachedTokens());
    meta.put("e2e_latency", (System.nanoTime() - start) / 1e9);
    if (wanted.logprobs()) {
      ArrayNode chosen = meta.putArray("output_token_logprobs");
      ArrayNode tops = meta.putArray("output_top_logprobs");
      answer.spoken().logprobs().forEach(logprob -> add(logprob, chosen, tops));
    }
    return meta;
  }

  private static ArrayNode entry(double logprob, int id, String text) {
    return Json.array().add(logprob).add(id).add(text);
  }

  private void stream(Call call, Wanted wanted, long start) throws IOException {
    Job job = new Job(served, wanted.request(), wanted.asks());
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
      ObjectNode meta = chunk.putObject("meta_info").put("id", wanted.request().id());
      meta.putNull("finish_reason").put("completion_tokens", tokens);
      meta.put("prompt_tokens", wanted.inputs().getFirst().tokens().size());
      events.report(chunk);
    }
  }
}
