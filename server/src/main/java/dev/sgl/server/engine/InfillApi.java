package dev.sgl.server.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Sampling;
import dev.sgl.program.Type;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.parameters.Gap;
import dev.sgl.server.parameters.SamplingReader;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Answer;
import dev.sgl.server.turn.Ask;
import dev.sgl.server.turn.Heard;
import dev.sgl.server.turn.Job;
import dev.sgl.server.turn.Served;
import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;

/// `POST /infill`, as llama.cpp's server has it for editors: the middle between two texts.
///
/// Reference: llama.cpp, `tools/server/README.md`, "POST /infill".
public final class InfillApi {
  private static final int MOST_FILES = 1000;

  private final Served served;

  /// The route of the model that is served.
  public InfillApi(Served served) {
    this.served = served;
  }

  /// Fills a gap: whole, or piece by piece.
  ///
  /// @throws dev.sgl.server.http.ApiException if the model fills no gaps
  /// @throws IOException if the client is gone
  public void handle(Call call) throws IOException {
    Fields fields = call.fields();
    fields.text("model").ifPresent(served::requireName);
    Gap gap = Gap.before(fields.requiredText("input_suffix"), "input_suffix", served.backend());
    String before =
        files(fields) + fields.requiredText("input_prefix") + fields.text("prompt").orElse("");
    OptionalInt given = fields.integer("n_predict", -1, Integer.MAX_VALUE);
    OptionalInt most = given.orElse(-1) < 0 ? OptionalInt.empty() : given;
    Sampling sampling =
        SamplingReader.read(
            fields, served.backend().card().vocabulary(), OptionalInt.empty(), most);
    boolean stream = fields.flag("stream", false);
    RequestContext request = served.request(fields, "", call);
    fields.ignore( // how an editor wants it computed, and which members it reads
        "n_indent",
        "samplers",
        "t_max_prompt_ms",
        "t_max_predict_ms",
        "response_fields",
        "id_slot");
    Ask ask =
        new Ask(
            prompt(gap, before),
            Type.TEXT,
            gap.sampling(sampling, served.backend()),
            SamplingReader.scheduling(fields),
            SamplingReader.writing(fields));
    fields.finish();
    Job job = new Job(served, request, List.of(ask));
    if (stream) {
      call.stream(
          events -> {
            Heard heard =
                new Heard() {
                  @Override
                  public void said(String text, List<Reply.Logprob> logprobs) {
                    events.report(Json.object().put("content", text).put("stop", false));
                  }
                };
            Answer answer = job.run(_ -> heard).getFirst();
            events.send(end(answer).put("content", ""));
          },
          job::close);
    } else {
      call.answer(
          () -> {
            Answer answer = job.run(_ -> Heard.NOTHING).getFirst();
            return end(answer).put("content", answer.text());
          });
    }
  }

  /// Other files of the project, one after the other, each behind its name.
  private static String files(Fields fields) {
    StringBuilder text = new StringBuilder();
    for (Fields file : fields.objects("input_extra", MOST_FILES)) {
      file.text("filename").ifPresent(name -> text.append(name).append('\n'));
      text.append(file.requiredText("text")).append('\n');
      file.ignore("time");
      file.finish();
    }
    return text.toString();
  }

  private Prompt prompt(Gap gap, String before) {
    String text = gap.infill().prompt(before, gap.behind());
    return new Prompt.Raw(List.of(new Prompt.Part.Tokens(served.backend().tokens(text, true))));
  }

  private ObjectNode end(Answer answer) {
    boolean isCut = answer.finish() == Answer.Finish.LENGTH;
    return Json.object()
        .put("stop", true)
        .put("stop_type", isCut ? "limit" : "eos")
        .put("model", served.name())
        .put("tokens_predicted", answer.usage().generatedTokens())
        .put("tokens_evaluated", answer.usage().promptTokens())
        .put("tokens_cached", answer.usage().cachedTokens());
  }
}
