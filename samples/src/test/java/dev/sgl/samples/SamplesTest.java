package dev.sgl.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.example.Extract;
import com.example.FewShot;
import com.example.Retrieval;
import dev.sgl.Sgl;
import dev.sgl.annotation.Tool;
import dev.sgl.backend.Backend;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.compiler.Compiler;
import dev.sgl.format.Formatter;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.partial.Partial;
import dev.sgl.program.JavaTypes;
import dev.sgl.program.Printer;
import dev.sgl.program.Program;
import dev.sgl.program.Values;
import dev.sgl.run.RunOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
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
    Program program = compile(sample, source(sample));
    return Interpreter.run(
        program, arguments, model, RunOptions.DEFAULT.withSeed(OptionalLong.of(42)));
  }

  private static String source(String sample) throws IOException {
    return Files.readString(HOME.resolve("samples").resolve(sample));
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

  @Test
  void fewShot() throws IOException {
    assertEquals("You live in Paris.", run("few_shot.sgl", Map.of()));
    assertEquals(
        Printer.print(FewShot.program()),
        Printer.print(withoutTests(compile("few_shot", source("few_shot.sgl")))),
        "the same in Java is the same");
    List<Object> answers =
        Sgl.of(FewShot.program())
            .runAll(model, List.of(Map.of("question", "I live in Rome. Where do I live?")));
    assertEquals(List.of("You live in Rome."), answers);
  }

  private static Program withoutTests(Program program) {
    return new Program(program.file(), program.routines(), program.tools(), List.of());
  }

  @Test
  void multiTurn() throws IOException {
    List<?> answers = (List<?>) run("multi_turn.sgl", Map.of());
    assertEquals(2, answers.size());
    assertEquals("Your name is Mia.", answers.getLast());
  }

  @Test
  void hellaswag() throws IOException {
    Map<?, ?> best = record(run("hellaswag.sgl", Map.of()));
    assertEquals(0L, best.get("index"));
    assertEquals(4, record(Objects.requireNonNull(best.get("scores"))).size());
  }

  @Test
  void extract() throws IOException {
    Object contact = run("extract.sgl", Map.of());
    assertEquals(
        "{\"name\":\"Tilda Ferrow\",\"company\":\"Norvik\",\"email\":\"tilda.ferrow@norvik.com\",\"phone\":\"412-555-0198\",\"city\":\"Brackford\"}",
        Values.json(contact));
    String text =
        "Please contact Tilda Ferrow (Norvik, Brackford) at tilda.ferrow@norvik.com, phone 412-555-0198.";
    List<Partial> heard = Collections.synchronizedList(new ArrayList<>());
    Extract.Contact inJava = Extract.extract(model, text, heard::add);
    assertEquals(contact, JavaTypes.fromJava(inJava, Extract.Contact.class));
    assertTrue(heard.size() > 10 && heard.getLast().isComplete());
    assertEquals(Partial.State.PENDING, heard.getFirst().field("phone").state());
  }

  @Test
  void retrieval() throws IOException {
    Retrieval.Answers answers = Retrieval.answers(model, HOME.resolve("samples/retrieval.sgl"));
    assertTrue(answers.retrieval("Who is the mayor of Harlow?").startsWith("The answer is"));
    assertEquals("I do not know.", answers.retrieval("How old is Tom Reed?"));
  }

  @Test
  void planner() throws IOException {
    Object planned =
        Sgl.load(HOME.resolve("samples/planner.sgl"))
            .withTools(
                new Object() {
                  @Tool
                  String find(String what) {
                    return "nothing of " + what;
                  }

                  @Tool
                  long add(int a, int b) {
                    return (long) a + b;
                  }
                })
            .run(model, Map.of());
    for (Object call : (List<?>) Objects.requireNonNull(record(planned).get("plan"))) {
      assertTrue(List.of("find", "add").contains(record(call).get("name")), planned.toString());
    }
  }

  @Test
  void longDocument() throws IOException {
    Map<?, ?> found = record(run("long_document.sgl", Map.of()));
    assertEquals("Anton Reed", found.get("oldest"));
    assertEquals(3, ((List<?>) Objects.requireNonNull(found.get("people"))).size());
  }

  @Test
  void documents() throws IOException {
    Map<?, ?> found = record(run("documents.sgl", Map.of()));
    List<?> notes = (List<?>) Objects.requireNonNull(found.get("notes"));
    assertEquals(3, notes.size());
    assertTrue(notes.getFirst().toString().contains("Norvik"), found.toString());
  }

  @Test
  void selfConsistency() throws IOException {
    assertEquals("1849", record(run("self_consistency.sgl", Map.of())).get("answer"));
  }

  @Test
  void branchSolveMerge() throws IOException {
    Map<?, ?> merged = record(run("branch_solve_merge.sgl", Map.of()));
    List<?> votes = (List<?>) Objects.requireNonNull(merged.get("votes"));
    assertEquals(6, votes.size());
    long a = votes.stream().filter("A"::equals).count();
    long b = votes.stream().filter("B"::equals).count();
    assertEquals(a > b ? "A" : b > a ? "B" : "equal", merged.get("winner"));
  }

  @Test
  void samplesWhoseTasksTheDemoModelDoesNotKnowKeepTheirTypes() throws IOException {
    Map<?, ?> day = record(run("generative_agents.sgl", Map.of("steps", 2L)));
    assertEquals(2, ((List<?>) Objects.requireNonNull(day.get("plan"))).size());
    Map<?, ?> tree = record(run("tree_of_thought.sgl", Map.of("width", 2L)));
    assertEquals(2, ((List<?>) Objects.requireNonNull(tree.get("thoughts"))).size());
    assertTrue(run("skeleton_of_thought.sgl", Map.of()).toString().contains(": "));
    assertTrue(record(run("expert_answer.sgl", Map.of())).get("expert").toString().length() >= 3);
  }

  private static List<Path> samples() throws IOException {
    try (Stream<Path> files = Files.list(HOME.resolve("samples"))) {
      return files.filter(f -> f.toString().endsWith(".sgl")).sorted().toList();
    }
  }

  /// The `test` blocks of the samples themselves, which need no model.
  @TestFactory
  Stream<DynamicTest> testsOfTheSamples() throws IOException {
    return samples().stream()
        .flatMap(
            file -> {
              Program program = Sgl.load(file).program();
              return program.tests().stream()
                  .map(
                      test ->
                          DynamicTest.dynamicTest(
                              file.getFileName() + ": " + test.name(),
                              () -> {
                                List<String> replies = Interpreter.replies(program, test);
                                ScriptedBackend script = new ScriptedBackend(replies);
                                Interpreter.test(program, test, script, RunOptions.DEFAULT);
                                assertEquals(replies.size(), script.prompts().size());
                              }));
            });
  }

  @Test
  void samplesAreFormattedAndListed() throws IOException {
    String list = Files.readString(HOME.resolve("samples/README.md"));
    for (Path file : samples()) {
      String source = Files.readString(file);
      String name = String.valueOf(file.getFileName());
      assertEquals(source, Formatter.format(name, source).text().orElse(""), name);
      assertTrue(list.contains("| [`" + name + "`](" + name + ") |"), name + " is not listed");
    }
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

  /// Examples of the design that are whole: those that leave nothing out and use no other file.
  @TestFactory
  Stream<DynamicTest> wholeExamplesOfTheDesignRun() throws IOException {
    Path design = HOME.resolve("../shared/design/language.md");
    Assumptions.assumeTrue(Files.exists(design), "the design is not here");
    return Pattern.compile("(?ms)^```sgl\\n(.*?)^```")
        .matcher(Files.readString(design))
        .results()
        .map(r -> r.group(1))
        .filter(source -> !source.contains("…"))
        .map(
            source ->
                DynamicTest.dynamicTest(
                    source.lines().findFirst().orElse(""), () -> runs("design", source)));
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
