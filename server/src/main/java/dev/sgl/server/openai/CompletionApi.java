package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Token;
import dev.sgl.backend.Writing;
import dev.sgl.program.Type;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.EventStream;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.parameters.FormatReader;
import dev.sgl.server.parameters.Gap;
import dev.sgl.server.parameters.Inputs;
import dev.sgl.server.parameters.SamplingReader;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Answer;
import dev.sgl.server.turn.Ask;
import dev.sgl.server.turn.Heard;
import dev.sgl.server.turn.Job;
import dev.sgl.server.turn.Served;
import dev.sgl.server.turn.Together;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

/// `POST /v1/completions`: raw text, continued.
///
/// Reference: OpenAI, API reference, "Completions" (legacy).
public final class CompletionApi {
  private static final String KIND = "text_completion";
  private static final int STANDARD_TOKENS = 16;

  private final Served served;

  /// The route of the model that is served.
  public CompletionApi(Served served) {
    this.served = served;
  }

  /// A call that was read.
  ///
  /// @param asks for each prompt as many as there are answers to it
  /// @param generates whether anything is generated, or prompts are only scored
  private record Completion(
      Asked asked,
      List<Inputs.Input> inputs,
      List<Ask> asks,
      boolean echo,
      boolean generates,
      OptionalInt logprobs,
      TokenReport report) {
    Inputs.Input input(int answer) {
      return inputs.get(answer / asked.n());
    }
  }

  /// Completes texts, whole or as a stream of chunks.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  public void handle(Call call) throws IOException {
    Completion completion = read(call.fields(), call);
    if (completion.asked().stream()) {
      stream(call, completion);
      return;
    }
    call.answer(() -> whole(completion));
  }

  private Completion read(Fields fields, Call call) {
    Asked asked = Asked.read(fields, served, "cmpl-", call);
    int vocabulary = served.backend().card().vocabulary();
    boolean whole = fields.flag("add_special_tokens", true);
    List<Inputs.Input> given = Inputs.read(fields, "prompt", served.backend(), whole);
    Optional<Gap> gap = Gap.of(fields.text("suffix"), served.backend());
    boolean echo = fields.flag("echo", false);
    refuseUnsupported(fields, asked.n());
    OptionalInt logprobs =
        fields
            .any("logprobs")
            .map(node -> SamplingReader.logprobs(node, "logprobs"))
            .orElse(OptionalInt.empty());
    OptionalInt most =
        fields.has("max_tokens") || fields.has("max_completion_tokens")
            ? SamplingReader.maxTokens(fields, 0)
            : OptionalInt.of(STANDARD_TOKENS);
    Sampling read = SamplingReader.read(fields, vocabulary, logprobs, most);
    Sampling sampling = gap.map(one -> one.sampling(read, served.backend())).orElse(read);
    OptionalInt cut = Inputs.most(fields, served.backend().card().context(), most);
    List<Inputs.Input> inputs =
        given.stream()
            .map(input -> cut.isPresent() && gap.isEmpty() ? input.last(cut.getAsInt()) : input)
            .map(input -> gap.isPresent() ? gap.get().input(input, whole, served.backend()) : input)
            .toList();
    boolean generates = most.isEmpty() || most.getAsInt() > 0;
    if (!generates && !echo) {
      throw ApiException.invalid("max_tokens", "max_tokens 0 needs echo: true");
    }
    Type type = FormatReader.read(fields);
    TokenReport report = TokenReport.read(fields, asked.stream());
    Writing writing = SamplingReader.writing(fields);
    boolean heals = fields.flag("token_healing", false);
    fields.finish();
    if (gap.isPresent() && (echo || heals || cut.isPresent())) {
      throw ApiException.invalid(
          "suffix", "suffix fits neither echo nor token_healing nor truncate_prompt_tokens");
    }
    if (heals && cut.isPresent()) {
      throw ApiException.invalid(
          "token_healing", "token_healing does not fit truncate_prompt_tokens");
    }
    if (heals && !sampling.words().areAll()) {
      throw ApiException.invalid(
          "token_healing", "token_healing fits neither bad_words nor allowed_token_ids");
    }
    if (asked.stream() && (echo || !generates)) {
      throw ApiException.invalid("echo", "a stream cannot echo the prompt");
    }
    Inputs.requireFew(inputs, asked.n());
    List<Ask> asks =
        inputs.stream()
            .map(input -> heals ? input.healed() : input.prompt())
            .map(prompt -> new Ask(prompt, type, sampling, report.scheduling(), writing))
            .flatMap(ask -> IntStream.range(0, asked.n()).mapToObj(ask::numbered))
            .toList();
    return new Completion(asked, inputs, asks, echo, generates, logprobs, report);
  }

  private static void refuseUnsupported(Fields fields, int n) {
    OptionalInt bestOf = fields.integer("best_of", 1, n);
    if (bestOf.isPresent() && bestOf.getAsInt() != n) {
      throw ApiException.invalid("best_of", "best_of must be n");
    }
  }

  // --- whole answers

  private ObjectNode whole(Completion completion) {
    RequestContext request = completion.asked().request();
    int n = completion.asked().n();
    List<Answer> answers =
        completion.generates()
            ? new Job(served, request, completion.asks()).run(_ -> Heard.NOTHING)
            : List.of();
    List<Echo> echoes =
        served.scored(request, completion.generates(), backend -> echoes(completion, backend));
    boolean isPaid = completion.generates() || completion.logprobs().isPresent(); // by the echo
    List<ObjectNode> prompts =
        served.scored(
            request,
            isPaid,
            backend ->
                completion.inputs().stream()
                    .map(input -> completion.report().prompt(input::tokens, backend))
                    .toList());
    ObjectNode body = completion.asked().object(KIND, served.name());
    ArrayNode choices = body.putArray("choices");
    int count = completion.generates() ? answers.size() : completion.inputs().size();
    for (int i = 0; i < count; i++) {
      Optional<Answer> answer =
          completion.generates() ? Optional.of(answers.get(i)) : Optional.empty();
      Echo echo = echoes.get(completion.generates() ? i / n : i);
      ObjectNode choice = choices.addObject().put("index", i);
      choice.put("text", echo.text() + answer.map(Answer::text).orElse(""));
      choice.set("logprobs", logprobs(completion, echo, answer));
      choice.put("finish_reason", answer.map(a -> Writer.finish(a.finish())).orElse("length"));
      answer.flatMap(a -> a.end().stop()).ifPresent(stop -> choice.put("matched_stop", stop));
      choice.setAll(prompts.get(completion.generates() ? i / n : i));
      answer.ifPresent(a -> completion.report().addAnswerIds(choice, a));
    }
    body.set(
        "usage",
        completion.generates()
            ? usage(completion, answers)
            : Writer.usage(echoes.stream().mapToInt(Echo::tokens).sum(), 0, answers));
    return body;
  }

  /// The text before an answer.
  ///
  /// @param tokens of the prompt
  private record Echo(
      String text, int tokens, List<Optional<Reply.Logprob>> logprobs, List<String> texts) {
    static final Echo NOTHING = new Echo("", 0, List.of(), List.of());
  }

  /// The texts before the answers to each prompt, all scored together.
  private List<Echo> echoes(Completion completion, TokenBackend backend) {
    return completion.echo()
        ? Together.all(
            completion.inputs().stream()
                .<Callable<Echo>>map(input -> () -> echo(completion, input, backend))
                .toList())
        : Collections.nCopies(completion.inputs().size(), Echo.NOTHING);
  }

  private Echo echo(Completion completion, Inputs.Input input, TokenBackend backend) {
    List<Integer> tokens = input.tokens();
    List<String> texts =
        tokens.stream().map(id -> backend.token(id).map(Token::text).orElse("")).toList();
    String text = input.text().orElseGet(() -> String.join("", texts));
    List<Optional<Reply.Logprob>> logprobs = new ArrayList<>();
    if (completion.logprobs().isPresent() && !tokens.isEmpty()) {
      logprobs.add(Optional.empty()); // nothing is before the first
      backend
          .score(tokens, completion.logprobs().getAsInt(), completion.report().scheduling())
          .forEach(logprob -> logprobs.add(Optional.of(logprob)));
    }
    return new Echo(text, tokens.size(), logprobs, texts);
  }

  private JsonNode logprobs(Completion completion, Echo echo, Optional<Answer> answer) {
    if (completion.logprobs().isEmpty()) {
      return Json.nothing();
    }
    List<Optional<Reply.Logprob>> all = new ArrayList<>(echo.logprobs());
    List<String> texts = new ArrayList<>(echo.texts());
    for (Reply.Logprob logprob : answer.map(a -> a.spoken().logprobs()).orElse(List.of())) {
      all.add(Optional.of(logprob));
      texts.add(logprob.token());
    }
    return Writer.completionLogprobs(all, texts, 0);
  }

  // --- pieces

  private void stream(Call call, Completion completion) throws IOException {
    Job job = new Job(served, completion.asked().request(), completion.asks());
    call.stream(
        events -> {
          List<Answer> answers = job.run(index -> new Pieces(completion, index, events));
          if (completion.asked().withUsage()) {
            ObjectNode last = completion.asked().object(KIND, served.name());
            last.putArray("choices");
            last.set("usage", usage(completion, answers));
            events.send(last);
          }
          events.done();
        },
        job::close);
  }

  private static ObjectNode usage(Completion completion, List<Answer> answers) {
    int prompts = 0;
    int cached = 0;
    for (int i = 0; i < answers.size(); i += completion.asked().n()) {
      prompts += answers.get(i).usage().promptTokens();
      cached += answers.get(i).usage().cachedTokens();
    }
    return Writer.usage(prompts, cached, answers);
  }

  /// Sends one of the answers piece by piece.
  private final class Pieces implements Heard {
    private final Completion completion;
    private final int index;
    private final EventStream events;
    private int offset;
    private int generated; // tokens so far
    private boolean begun;

    Pieces(Completion completion, int index, EventStream events) {
      this.completion = completion;
      this.index = index;
      this.events = events;
    }

    @Override
    public void counted(int tokens) {
      generated = tokens;
    }

    private int prompt() {
      return completion.input(index).tokens().size();
    }

    private void send(
        String text, JsonNode logprobs, Optional<String> finish, Optional<Answer> end) {
      ObjectNode chunk = completion.asked().piece(KIND, served.name(), this::prompt, generated);
      ObjectNode choice = chunk.putArray("choices").addObject();
      choice.put("index", index).put("text", text);
      choice.set("logprobs", logprobs);
      choice.put("finish_reason", finish.orElse(null));
      if (!begun) {
        begun = true;
        completion.report().addPromptIds(choice, completion.input(index)::tokens);
      }
      end.flatMap(a -> a.end().stop()).ifPresent(stop -> choice.put("matched_stop", stop));
      end.ifPresent(answer -> completion.report().addAnswerIds(choice, answer));
      events.report(chunk);
    }

    @Override
    public void said(String text, List<Reply.Logprob> logprobs) {
      JsonNode its =
          completion.logprobs().isEmpty()
              ? Json.nothing()
              : Writer.completionLogprobs(
                  logprobs.stream().map(Optional::of).toList(),
                  logprobs.stream().map(Reply.Logprob::token).toList(),
                  offset);
      offset += logprobs.stream().mapToInt(l -> l.token().length()).sum();
      send(text, its, Optional.empty(), Optional.empty());
    }

    @Override
    public void ended(Answer answer) {
      generated = answer.usage().generatedTokens();
      Optional<String> finish = Optional.of(Writer.finish(answer.finish()));
      send("", Json.nothing(), finish, Optional.of(answer));
    }
  }
}
