package dev.sgl.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Backend;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.compiler.Compiler;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.program.Program;
import dev.sgl.program.Values;
import dev.sgl.run.RunOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Every sample on the demo model, with fixed seeds; and every program of the README and the
/// manual.
class SamplesTest {
  private static final Path HOME = Path.of(System.getProperty("sgl.home", ".."));
  private static Backend model = new ScriptedBackend(List.of());

  @BeforeAll
  static void load() {
    model =
        LocalBackend.open(
            HOME.resolve("samples/model/demo"), LocalOptions.DEFAULT, Progress.SILENT);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static Program compile(String name, String source) {
    Compiler.Result result = Compiler.compile(name, source);
    assertEquals("", result.report());
    return result.program().orElseThrow();
  }

  private static Object run(String sample, Map<String, Object> arguments) throws IOException {
    Program program = compile(sample, Files.readString(HOME.resolve("samples").resolve(sample)));
    return Interpreter.run(
        program, arguments, model, RunOptions.DEFAULT.withSeed(OptionalLong.of(42)));
  }

  private static Map<?, ?> record(Object value) {
    return (Map<?, ?>) value;
  }

  @Test
  void tips() throws IOException {
    Map<?, ?> tip = record(run("tips.sgl", Map.of()));
    assertEquals(List.of("title", "why", "effort"), List.copyOf(tip.keySet()));
    assertEquals(
        "low", tip.get("effort"), "the easiest of three tips is one of low effort: " + tip);
    assertEquals(tip, run("tips.sgl", Map.of()), "a seeded run can be repeated");
    assertTrue(
        record(run("tips.sgl", Map.of("topic", "chess", "n", 5L))).get("title").toString().length()
            > 5);
  }

  @Test
  void character() throws IOException {
    assertEquals(
        "{\"name\":\"Tilda Ferrow\",\"age\":47,\"home\":\"Brackford\",\"trade\":\"clockmaker\",\"traits\":[\"patient\",\"witty\"]}",
        Values.json(run("character.sgl", Map.of())));
    assertEquals(
        "{\"name\":\"Orsina Vale\",\"age\":31,\"home\":\"Dunmere\",\"trade\":\"sailor\",\"traits\":[\"brave\"]}",
        Values.json(
            run(
                "character.sgl",
                Map.of(
                    "text",
                    "Orsina Vale, 31, works as a sailor in Dunmere. Friends call Orsina brave."))));
  }

  @Test
  void sentiment() throws IOException {
    assertEquals("positive", record(run("sentiment.sgl", Map.of())).get("mood"));
    assertEquals(
        "negative",
        record(run("sentiment.sgl", Map.of("review", "The lamp is awful. It broke after 2 days.")))
            .get("mood"));
    assertEquals(
        "neutral",
        record(run("sentiment.sgl", Map.of("review", "The lamp came in a box. It has 3 parts.")))
            .get("mood"));
  }

  @Test
  void react() throws IOException {
    assertEquals("12360", run("react.sgl", Map.of()));
    assertEquals(
        "Anneke Dorn", run("react.sgl", Map.of("question", "Who is the mayor of Harlow?")));
    assertEquals(
        "187",
        run(
            "react.sgl",
            Map.of(
                "question",
                "Pia has 142 marbles and buys 45 more. How many marbles does Pia have?")));
  }

  @Test
  void judge() throws IOException {
    Map<?, ?> verdict = record(run("judge.sgl", Map.of()));
    assertEquals(List.of(9L, 7L, 3L), verdict.get("scores"));
    assertEquals(6L, verdict.get("overall"));
  }

  @Test
  void story() throws IOException {
    Map<?, ?> story = record(run("story.sgl", Map.of()));
    assertTrue(story.get("story").toString().contains("Marlo"), story.toString());
    assertTrue(!story.get("title").toString().contains("\n"), story.toString());
  }

  @TestFactory
  Stream<DynamicTest> programsOfTheDocumentsRun() throws IOException {
    return Stream.of("README.md", "docs/language.md", "samples/README.md")
        .flatMap(
            name ->
                blocks(name)
                    .map(
                        source ->
                            DynamicTest.dynamicTest(
                                name + ": " + source.lines().findFirst().orElse(""),
                                () -> runs(name, source))));
  }

  private static void runs(String name, String source) {
    Program program = compile(name, source);
    boolean complete =
        program.entry().orElseThrow().parameters().stream().allMatch(p -> p.standard().isPresent());
    if (complete) {
      Interpreter.run(program, Map.of(), model, RunOptions.DEFAULT.withSeed(OptionalLong.of(1)));
    }
  }

  private static Stream<String> blocks(String name) {
    try {
      return Pattern.compile("(?ms)^```sgl\\n(.*?)^```")
          .matcher(Files.readString(HOME.resolve(name)))
          .results()
          .map(r -> r.group(1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theReadmeShowsTheSampleAsItIs() throws IOException {
    Matcher first =
        Pattern.compile("(?ms)^```sgl\\n(.*?)^```")
            .matcher(Files.readString(HOME.resolve("README.md")));
    assertTrue(first.find());
    assertEquals(Files.readString(HOME.resolve("samples/tips.sgl")), first.group(1));
  }
}
