package dev.sgl.server.ollama;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.server.format.Infill;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.http.Router;
import dev.sgl.server.reading.Embedded;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Served;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// Ollama's API, but for what changes the models of a server: there is one, and it stays.
///
/// Reference: Ollama, "API".
public final class OllamaApi {
  /// The version of Ollama whose API this is: clients ask for the least that they need.
  private static final String VERSION = "0.13.0";

  private static final int MOST_TEXTS = 2048;

  private final Served served;
  private final Instant started = Instant.now();

  private OllamaApi(Served served) {
    this.served = served;
  }

  /// Adds the routes of the model that is served.
  public static void add(Router routes, Served served) {
    OllamaApi models = new OllamaApi(served);
    AnswerApi answers = new AnswerApi(served);
    routes.errors("/api/", error -> Json.object().put("error", error.text()));
    routes.get("/api/version", models::version);
    routes.get("/api/tags", models::tags);
    routes.get("/api/ps", models::running);
    routes.post("/api/show", models::show);
    routes.post("/api/pull", models::pull);
    routes.post("/api/embed", models::embed);
    routes.post("/api/embeddings", models::embedOne);
    routes.post("/api/chat", answers::chat);
    routes.post("/api/generate", answers::generate);
  }

  /// Answers with the version of the API.
  void version(Call call) throws IOException {
    call.answer(Json.object().put("version", VERSION));
  }

  // --- the model

  /// Answers with the model, once for each of its names.
  void tags(Call call) throws IOException {
    ObjectNode body = Json.object();
    ArrayNode models = body.putArray("models");
    long size = size();
    served.names().forEach(name -> models.add(model(name, size)));
    call.answer(body);
  }

  /// Answers with the model, which is always loaded.
  void running(Call call) throws IOException {
    ObjectNode body = Json.object();
    ArrayNode models = body.putArray("models");
    long size = size();
    for (String name : served.names()) {
      ObjectNode model = model(name, size);
      model.put("expires_at", started.plus(Duration.ofDays(36_500)).toString());
      model.put("size_vram", 0).put("context_length", served.backend().card().context());
      models.add(model);
    }
    call.answer(body);
  }

  /// Answers with the facts about the model.
  void show(Call call) throws IOException {
    Fields fields = call.fields();
    String name = name(fields);
    fields.flag("verbose", false);
    fields.finish();
    var card = served.backend().card();
    ObjectNode body = Json.object().put("license", "").put("parameters", "");
    body.put("modelfile", "FROM " + name).put("template", card.chatTemplate().orElse(""));
    body.put("modified_at", started.toString());
    body.set("details", details());
    String family = family();
    ObjectNode info = body.putObject("model_info").put("general.architecture", family);
    info.put("general.basename", card.name());
    info.put(family + ".context_length", card.context());
    info.put(family + ".embedding_length", card.hidden());
    info.put(family + ".vocab_size", card.vocabulary());
    ArrayNode capabilities = body.putArray("capabilities");
    capabilities().forEach(capabilities::add);
    call.answer(body);
  }

  /// The architecture without the purpose in its name, such as `llama` of `LlamaForCausalLM`.
  private String family() {
    String family = served.backend().card().family();
    return family.replaceFirst("(For[A-Z]\\w*|Model)$", "").toLowerCase(Locale.ROOT);
  }

  private List<String> capabilities() {
    boolean generates = served.backend().reading().generates();
    boolean thinks =
        served.formats().thoughts().isPresent() || served.formats().channels().isPresent();
    return Stream.of(
            generates ? "completion" : "embedding",
            served.formats().tools().isPresent() ? "tools" : "",
            thinks ? "thinking" : "",
            Infill.of(served.backend()).isPresent() ? "insert" : "")
        .filter(word -> !word.isEmpty())
        .toList();
  }

  /// The model is there, so there is nothing to be fetched; another model is refused.
  void pull(Call call) throws IOException {
    Fields fields = call.fields();
    name(fields);
    boolean stream = fields.flag("stream", true);
    fields.flag("insecure", false);
    fields.finish();
    ObjectNode done = Json.object().put("status", "success");
    if (stream) {
      call.lines(lines -> lines.send(done), () -> {});
    } else {
      call.answer(done);
    }
  }

  private String name(Fields fields) {
    String name = fields.text("model").or(() -> fields.text("name")).orElse("");
    fields.text("name");
    if (name.isEmpty()) {
      throw fields.missing("model");
    }
    Names.require(name, served);
    return name;
  }

  private ObjectNode model(String name, long size) {
    ObjectNode model = Json.object().put("name", name).put("model", name);
    model.put("modified_at", started.toString()).put("size", size).put("digest", digest(name));
    model.set("details", details());
    return model;
  }

  private ObjectNode details() {
    var card = served.backend().card();
    ObjectNode details = Json.object().put("parent_model", "");
    details.put("format", card.path().endsWith(".gguf") ? "gguf" : "safetensors");
    details.put("family", family());
    details.putArray("families").add(family());
    return details.put("parameter_size", "").put("quantization_level", "");
  }

  /// A name for the model that other models do not have.
  private String digest(String name) {
    try {
      byte[] words = (name + " " + served.backend().card().path()).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(words));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  /// Bytes of the model's files; 0 if they cannot be counted.
  private long size() {
    try (Stream<Path> files = Files.walk(Path.of(served.backend().card().path()), 1)) {
      return files.filter(Files::isRegularFile).mapToLong(OllamaApi::size).sum();
    } catch (IOException e) {
      return 0;
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0;
    }
  }

  // --- vectors

  /// Answers with the vectors of a text or several.
  void embed(Call call) throws IOException {
    Fields fields = call.fields();
    String name = name(fields);
    List<String> texts = fields.texts("input", MOST_TEXTS);
    if (texts.isEmpty()) {
      throw fields.missing("input");
    }
    boolean truncates = fields.flag("truncate", true);
    int whole = served.backend().reading().dimensions();
    int dimensions = fields.integer("dimensions", 1, whole).orElse(whole);
    fields.object("options");
    RequestContext request = served.request(fields, "", call);
    fields.finish();
    long start = System.nanoTime();
    call.answer(
        () -> {
          Embedded embedded = embedded(request, texts, truncates, dimensions);
          ObjectNode body = Json.object().put("model", name);
          ArrayNode all = body.putArray("embeddings");
          embedded.vectors().forEach(vector -> all.add(Json.of(vector)));
          body.put("total_duration", System.nanoTime() - start).put("load_duration", 0);
          return body.put("prompt_eval_count", embedded.tokens());
        });
  }

  /// Answers with the vector of a text, in the form of older clients.
  void embedOne(Call call) throws IOException {
    Fields fields = call.fields();
    name(fields);
    String text = fields.requiredText("prompt");
    fields.object("options");
    RequestContext request = served.request(fields, "", call);
    fields.finish();
    int dimensions = served.backend().reading().dimensions();
    call.answer(
        () -> {
          Embedded embedded = embedded(request, List.of(text), true, dimensions);
          ObjectNode body = Json.object();
          body.set("embedding", Json.of(embedded.vectors().getFirst()));
          return body;
        });
  }

  private Embedded embedded(
      RequestContext request, List<String> texts, boolean truncates, int dimensions) {
    return served.charged(request, backend -> Embedded.of(texts, truncates, dimensions, backend));
  }
}
