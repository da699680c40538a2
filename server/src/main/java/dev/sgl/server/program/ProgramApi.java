package dev.sgl.server.program;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Scheduling;
import dev.sgl.compiler.Compiler;
import dev.sgl.compiler.Deadline;
import dev.sgl.diagnostic.Nearest;
import dev.sgl.interpreter.Arguments;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.program.Printer;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.TypeException;
import dev.sgl.program.Types;
import dev.sgl.program.Values;
import dev.sgl.run.RunException;
import dev.sgl.run.RunLimits;
import dev.sgl.run.RunListener;
import dev.sgl.run.RunOptions;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.parameters.ProgramSource;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Served;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/// `GET /v1/programs`, `GET` and `POST /v1/programs/{name}`, and `POST /playground/run`.
public final class ProgramApi {
  private static final Duration PATIENCE = Duration.ofSeconds(2); // for compiling

  /// Of a program that anyone may have sent.
  private static final RunLimits LIMITS = new RunLimits(5_000_000, 2_000, 50_000_000);

  /// While a run that fails has a status of its own: a program may fail late.
  private static final Duration FIRST_WORDS = Duration.ofSeconds(5);

  private final Served served;
  private final Programs programs;

  /// The routes of `programs`, which run on the model that is served.
  public ProgramApi(Served served, Programs programs) {
    this.served = served;
    this.programs = programs;
  }

  /// A requested run.
  private record Run(
      RequestContext request,
      Program program,
      Map<String, Object> arguments,
      RunOptions options,
      boolean stream) {
    String name() {
      return program.entry().orElseThrow().name();
    }
  }

  /// Answers with all served programs: their parameters and results, as JSON Schema.
  public void list(Call call) throws IOException {
    ObjectNode body = Json.object().put("object", "list");
    ArrayNode data = body.putArray("data");
    programs
        .byName()
        .forEach((name, program) -> data.add(description(name, program.entry().orElseThrow())));
    call.answer(body);
  }

  private static ObjectNode description(String name, Routine entry) {
    ObjectNode one = Json.object().put("id", name).put("object", "program");
    one.put("description", entry.documentation());
    ObjectNode parameters = one.putObject("parameters").put("type", "object");
    ObjectNode properties = parameters.putObject("properties");
    ArrayNode required = parameters.putArray("required");
    for (Routine.Parameter parameter : entry.parameters()) {
      properties.set(parameter.name(), Types.schema(parameter.type()));
      if (parameter.standard().isEmpty()) {
        required.add(parameter.name());
      }
    }
    entry.returns().ifPresent(type -> one.set("returns", Types.schema(type)));
    return one;
  }

  /// A served program, with its source as it was understood.
  public void one(Call call) throws IOException {
    String name = call.variable("name");
    Program program = find(name);
    ObjectNode one = description(name, program.entry().orElseThrow());
    call.answer(one.put("source", Printer.print(program)));
  }

  /// Runs a served program.
  public void run(Call call) throws IOException {
    Program program = find(call.variable("name"));
    Fields fields = call.fields();
    answer(call, read(call, fields, program, programs.options().apply(program)));
  }

  private Program find(String name) {
    Program program = programs.byName().get(name);
    if (program == null) {
      String near =
          Nearest.to(name, programs.byName().keySet())
              .map(n -> "; did you mean " + n + "?")
              .orElse("");
      throw ApiException.notFound(
          "name", "program_not_found", "there is no program " + name + near);
    }
    return program;
  }

  /// Runs a program that is sent as source; it has no tools and reads no files.
  public void runSource(Call call) throws IOException {
    Fields fields = call.fields();
    String source = ProgramSource.read(fields);
    Compiler.Result compiled =
        Deadline.within(PATIENCE, () -> Compiler.compile("playground.sgl", source).runnable())
            .orElseThrow(
                () -> ApiException.invalid("source", "the program takes too long to compile"));
    if (compiled.program().isEmpty()) {
      throw ApiException.invalid("source", "invalid_program", compiled.report().stripTrailing());
    }
    RunOptions options = RunOptions.DEFAULT.withLimits(LIMITS);
    answer(call, read(call, fields, compiled.program().get(), options));
  }

  private Run read(Call call, Fields fields, Program program, RunOptions options) {
    RequestContext request = served.request(fields, "run-", call);
    Map<String, Object> arguments;
    try {
      String given = fields.any("arguments").map(JsonNode::toString).orElse("{}");
      arguments = Arguments.readJson(program.entry().orElseThrow(), given);
    } catch (TypeException e) {
      throw ApiException.invalid("arguments", String.valueOf(e.getMessage()));
    }
    boolean stream = fields.flag("stream", false);
    RunOptions own =
        options
            .withSeed(fields.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE))
            .withScheduling(
                new Scheduling(
                    fields.integer("priority", -1000, 1000).orElse(0),
                    fields.text("cache_salt").orElse("")))
            .withListener(
                RunListener.both(options.listener(), new Told(request, served.tracing())));
    fields.finish();
    return new Run(request, program, arguments, own, stream);
  }

  private void answer(Call call, Run run) throws IOException {
    if (!run.stream()) {
      call.answer(() -> result(run, value(run, run.options())), FIRST_WORDS);
      return;
    }
    call.stream(
        events -> {
          RunListener told = RunListener.both(run.options().listener(), new RunEvents(events));
          Object value = value(run, run.options().withListener(told));
          events.send("result", result(run, value));
          events.done();
        },
        Thread.currentThread()::interrupt);
  }

  private Object value(Run run, RunOptions options) {
    try {
      return served.charged(
          run.request(),
          backend -> Interpreter.run(run.program(), run.arguments(), backend, options));
    } catch (RunException e) {
      if (e.getCause() instanceof UncheckedIOException gone) {
        throw gone;
      }
      if (e.getCause() instanceof ApiException refused) {
        throw refused;
      }
      boolean ofModel = e.getCause() instanceof BackendException;
      throw new ApiException(
          ofModel ? 503 : 422,
          ofModel ? "server_error" : "program_error",
          "",
          "program_failed",
          "%s (%s, in %s)".formatted(e.getMessage(), e.span(), e.branch()));
    }
  }

  private static ObjectNode result(Run run, Object value) {
    ObjectNode body = Json.object().put("object", "program.result").put("program", run.name());
    body.set("result", Json.read(Values.json(value).getBytes(StandardCharsets.UTF_8)));
    return body;
  }
}
