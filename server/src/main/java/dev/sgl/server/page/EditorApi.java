package dev.sgl.server.page;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.analysis.Analysis;
import dev.sgl.analysis.Completion;
import dev.sgl.analysis.Highlight;
import dev.sgl.compiler.Compiler;
import dev.sgl.compiler.Deadline;
import dev.sgl.compiler.Sources;
import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.Types;
import dev.sgl.program.Values;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.http.Router;
import dev.sgl.server.parameters.ProgramSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/// The routes of the page's editor: the analysis of a program that editors get from `sglc lsp`, as
/// short JSON. Offsets count UTF-16.
public final class EditorApi {
  private static final Duration PATIENCE = Duration.ofSeconds(5); // as the language server has
  private static final String FILE = "playground.sgl";

  private EditorApi() {}

  /// Adds `POST /playground/check`, `/playground/complete` and `/playground/hover`.
  public static void add(Router routes) {
    routes.post("/playground/check", EditorApi::check);
    routes.post("/playground/complete", EditorApi::complete);
    routes.post("/playground/hover", EditorApi::hover);
  }

  /// Answers with the mistakes of a program, its colours, and the parameters of its entry.
  private static void check(Call call) throws IOException {
    Fields fields = call.fields();
    String source = ProgramSource.read(fields);
    fields.finish();
    Analysis analysis = analysis(source);
    Places places = new Places(source);
    ObjectNode body = Json.object();
    ArrayNode diagnostics = body.putArray("diagnostics");
    for (Diagnostic diagnostic : analysis.diagnostics()) {
      describe(diagnostic, places.put(diagnostics.addObject(), diagnostic.span()));
    }
    ArrayNode highlights = body.putArray("highlights");
    for (Highlight highlight : analysis.highlights()) {
      places.put(highlights.addObject(), highlight.place()).put("kind", word(highlight.kind()));
    }
    if (analysis.diagnostics().stream().allMatch(Diagnostic::isWarning)) {
      entry(source).ifPresent(entry -> describe(entry, body.putObject("program")));
    }
    call.answer(body);
  }

  private static void describe(Diagnostic diagnostic, ObjectNode body) {
    body.put("severity", diagnostic.isWarning() ? "warning" : "error");
    body.put("code", diagnostic.code()).put("message", diagnostic.message());
    diagnostic.help().ifPresent(help -> body.put("help", help));
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static Optional<Routine> entry(String source) {
    return Deadline.within(PATIENCE, () -> Compiler.compile(FILE, source).program())
        .flatMap(program -> program.flatMap(Program::entry));
  }

  private static void describe(Routine entry, ObjectNode program) {
    program.put("name", entry.name()).put("documentation", entry.documentation());
    ArrayNode parameters = program.putArray("parameters");
    for (Routine.Parameter parameter : entry.parameters()) {
      ObjectNode one = parameters.addObject().put("name", parameter.name());
      one.put("type", parameter.type().show()).put("required", parameter.standard().isEmpty());
      one.set("schema", Types.schema(parameter.type()));
      parameter
          .standard()
          .flatMap(Defaults::value)
          .ifPresent(value -> one.set("default", json(value)));
    }
  }

  private static JsonNode json(Object value) {
    return Json.read(Values.json(value).getBytes(StandardCharsets.UTF_8));
  }

  /// Answers with the texts that could be typed at an offset.
  private static void complete(Call call) throws IOException {
    Fields fields = call.fields();
    String source = ProgramSource.read(fields);
    int place = new Places(source).codePoint(offset(fields, source));
    fields.finish();
    ObjectNode body = Json.object();
    ArrayNode completions = body.putArray("completions");
    for (Completion completion : analysis(source).complete(place)) {
      completions
          .addObject()
          .put("text", completion.text())
          .put("kind", word(completion.kind()))
          .put("detail", completion.detail())
          .put("documentation", completion.documentation());
    }
    call.answer(body);
  }

  /// Answers with the name at an offset, with its type and documentation; with an empty object if
  /// there is none.
  private static void hover(Call call) throws IOException {
    Fields fields = call.fields();
    String source = ProgramSource.read(fields);
    Places places = new Places(source);
    int place = places.codePoint(offset(fields, source));
    fields.finish();
    ObjectNode body = Json.object();
    analysis(source)
        .at(place)
        .ifPresent(
            found ->
                places
                    .put(body, found.place())
                    .put("shown", found.shown())
                    .put("documentation", found.symbol().documentation()));
    call.answer(body);
  }

  private static int offset(Fields fields, String source) {
    return fields.integer("offset", 0, source.length()).orElseThrow(() -> fields.missing("offset"));
  }

  private static Analysis analysis(String source) {
    return Deadline.within(PATIENCE, () -> Analysis.of(FILE, source, Sources.NONE))
        .orElseGet(() -> Analysis.givenUp(FILE, source));
  }
}
