package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.Lists;
import dev.sgl.Loaded;
import dev.sgl.Sgl;
import dev.sgl.backend.Backend;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Programs that read with models, against what `sentence-transformers` and `transformers` recorded
/// of the same models.
class NamedModelsTest {
  private static final Path READERS = Path.of("../backend-local/src/test/resources/readers");

  @TempDir private Path folder;

  private static JsonNode expected(String reader) throws IOException {
    return new ObjectMapper().readTree(READERS.resolve(reader).resolve("expected.json").toFile());
  }

  /// Runs a program whose model `m` is one of the readers.
  private Sglc run(String source, Path model, String... arguments) throws IOException {
    Path file = Files.writeString(folder.resolve("read.sgl"), "model m\n" + source);
    Stream<String> options = Stream.of("run", file.toString(), "--json", "--models", "m=" + model);
    return Sglc.run(Stream.concat(options, Stream.of(arguments)).toArray(String[]::new));
  }

  private JsonNode value(String source, Path model, String... arguments) throws IOException {
    Sglc run = run(source, model, arguments);
    assertEquals(0, run.code(), run.err());
    return new ObjectMapper().readTree(run.out());
  }

  @Test
  void textsHaveVectors() throws IOException {
    for (JsonNode one : expected("sentence-bert").path("vectors")) {
      String prompt = one.path("prompt").asText(); // of the folder itself: query
      String named = prompt.equals("query") ? "" : ", prompt: \"" + prompt + "\"";
      JsonNode found =
          value(
              "program p(text: string) { return m.embed(text" + named + ") }",
              READERS.resolve("sentence-bert"),
              "text=" + one.path("text").asText());
      assertEquals(one.path("vector").size(), found.size());
      for (int i = 0; i < found.size(); i++) {
        assertEquals(one.path("vector").path(i).asDouble(), found.path(i).asDouble(), 1e-3);
      }
    }
  }

  @Test
  void documentsAreRanked() throws IOException {
    JsonNode pair = expected("bert-score").path("pairs").path(0);
    JsonNode found =
        value(
            "program p(q: string, d: string) { return m.rank(q, d) }",
            READERS.resolve("bert-score"),
            "q=" + pair.path("first").asText(),
            "d=" + pair.path("second").asText());
    assertEquals(pair.path("relevance").asDouble(), found.asDouble(), 1e-3);
  }

  @Test
  void aConversationHasTheScoreOfItsText() throws IOException {
    Path judge = Files.createDirectory(folder.resolve("judge"));
    try (Stream<Path> files = Files.list(READERS.resolve("llama-score"))) {
      for (Path file : files.toList()) {
        Files.copy(file, judge.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        judge.resolve("chat_template.jinja"),
        "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}");
    JsonNode found =
        value(
            """
            fn talk(answer: string) -> any {
              return [{role: "user", content: "Is tea warm?"}, {role: "assistant", content: answer}]
            }
            program p() {
              return [
                m.score("user: Is tea warm?\\nassistant: Yes.\\n"),
                m.score(talk("Yes.")),
                m.score(talk("No."))]
            }
            """,
            judge);
    assertEquals(found.path(0).asDouble(), found.path(1).asDouble(), 1e-6);
    assertNotEquals(found.path(0).asDouble(), found.path(2).asDouble(), 1e-3);
  }

  @Test
  void labelsHaveProbabilities() throws IOException {
    JsonNode found =
        value("program p() { return m.classify(\"tea\") }", READERS.resolve("qwen3-labels"));
    double sum = 0;
    for (JsonNode probability : found) {
      sum += probability.asDouble();
    }
    assertEquals(List.of("calm", "glad", "sad"), Lists.newArrayList(found.fieldNames()));
    assertEquals(1, sum, 1e-6);
  }

  @Test
  void aScoreIsBeforeTheFunction() throws IOException {
    JsonNode found =
        value(
            "program p() { return [m.score(\"tea\"), m.classify(\"tea\").values().first] }",
            READERS.resolve("bert-score"));
    double sigmoid = 1 / (1 + Math.exp(-found.path(0).asDouble()));
    assertEquals(sigmoid, found.path(1).asDouble(), 1e-6);
  }

  @Test
  void testsAnswerInThePlaceOfModels() {
    String file = "../compiler/src/test/resources/programs/models-have-functions.sgl";
    assertEquals(0, Sglc.run("test", file).code());
  }

  @Test
  void javaGivesModelsByName() throws IOException {
    Path file = folder.resolve("read.sgl");
    Files.writeString(file, "model m\nprogram p() { return m.embed(\"tea\").len }");
    try (LocalBackend model =
            LocalBackend.open(
                READERS.resolve("sentence-bert"), LocalOptions.DEFAULT, Progress.SILENT);
        Backend speaker = new ScriptedBackend(List.of())) {
      Loaded program = Sgl.load(file);
      assertEquals(
          (long) model.reading().dimensions(),
          program.withModel("m", model).run(speaker, Map.of()));
      assertThrows(IllegalArgumentException.class, () -> program.withModel("n", model));
    }
  }

  @Test
  void aModelThatCannotDoItSaysSo() throws IOException {
    Path vectors = READERS.resolve("sentence-bert");
    run("program p() { return m.score(\"tea\") }", vectors).failed(1, "no labels");
    run("program p() { return m.embed(\"tea\", \"title\") }", vectors)
        .failed(1, "has no prompt `title`, only `document`, `passage`, `query`");
    run("program p() { return m.score([{role: \"user\", content: \"tea\"}]) }", vectors)
        .failed(1, "has no chat template");
    run("program p() { return m.score(\"tea\") }", READERS.resolve("qwen3-labels"))
        .failed(1, "`classify` gives their probabilities");
    run("program p() { return m.rank(\"a\", \"b\") }", READERS.resolve("llama-score"))
        .failed(1, "`m.rank` failed");
  }

  @Test
  void aModelThatIsNotGivenIsNamedBeforeTheProgramRuns() throws IOException {
    Path file = folder.resolve("read.sgl");
    Files.writeString(file, "model judge\nprogram p() { log 1 return judge.score(\"tea\") }");
    Sglc run = Sglc.run("run", file.toString());
    run.failed(1, "nothing is given for the model `judge`: say which it is (--models judge=MODEL)");
    assertFalse(run.err().contains("log:"), run.err());
    Sglc.run("run", file.toString(), "--models", "juge=x").failed(2, "did you mean `judge`?");
    Sglc.run("run", file.toString(), "--models", "judge").failed(2, "NAME=MODEL");
    Sglc.run("run", file.toString(), "--models", "judge=x").failed(2, "no model folder x");
  }
}
