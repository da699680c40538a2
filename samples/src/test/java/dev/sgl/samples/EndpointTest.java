package dev.sgl.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sgl.backend.Backend;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Pin;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Selection;
import dev.sgl.compiler.Compiler;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.local.tokens.ChatTemplate;
import dev.sgl.program.Program;
import dev.sgl.program.Values;
import dev.sgl.remote.RemoteBackend;
import dev.sgl.remote.RemoteOptions;
import dev.sgl.remote.ServerKind;
import dev.sgl.run.RunException;
import dev.sgl.run.RunOptions;
import dev.sgl.server.ServerOptions;
import dev.sgl.server.SglServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// Every sample through the server of this project says what it says without: with the likeliest
/// tokens always.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EndpointTest {
  private static final Path HOME = Path.of(System.getProperty("sgl.home", ".."));

  private LocalBackend local =
      LocalBackend.open(HOME.resolve("samples/model/demo"), LocalOptions.DEFAULT, Progress.SILENT);
  private Optional<SglServer> server = Optional.empty();
  private Optional<RemoteBackend> remote = Optional.empty();

  @BeforeAll
  void open() throws IOException {
    server = Optional.of(SglServer.open(local, ServerOptions.DEFAULT.withAddress("127.0.0.1", 0)));
    URI uri = URI.create(server.get().uri() + "/v1");
    remote = Optional.of(RemoteBackend.open(new RemoteOptions(uri, "demo", Optional.empty())));
  }

  @AfterAll
  void close() {
    remote.ifPresent(RemoteBackend::close);
    server.ifPresent(SglServer::close);
    local.close();
  }

  /// Takes the likeliest token always.
  private record Greedy(Backend of) implements Backend {
    @Override
    public String model() {
      return of.model();
    }

    @Override
    public Generation generate(Request request) {
      Sampling greedy = request.sampling().withChoice(Sampling.Choice.GREEDY);
      return of.generate(
          new Request(
              request.prompt(),
              request.type(),
              greedy,
              request.scheduling(),
              request.writing(),
              request.ahead()));
    }

    @Override
    public Selection select(Question question) {
      return of.select(question);
    }

    @Override
    public Pin pin(Prompt prompt, Scheduling scheduling) {
      return of.pin(prompt, scheduling);
    }

    @Override
    public void close() {
      // its owner does
    }
  }

  private static String outcome(Program program, Backend backend) {
    try {
      return Values.json(
          Interpreter.run(program, Map.of(), new Greedy(backend), RunOptions.DEFAULT));
    } catch (RunException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @TestFactory
  Stream<DynamicTest> everySampleSaysTheSame() throws IOException {
    try (Stream<Path> files = Files.list(HOME.resolve("samples"))) {
      return files.filter(file -> file.toString().endsWith(".sgl")).sorted().toList().stream()
          .map(
              file ->
                  DynamicTest.dynamicTest(String.valueOf(file.getFileName()), () -> same(file)));
    }
  }

  private void same(Path file) throws IOException {
    Program program =
        Compiler.compile(file.toString(), Files.readString(file)).program().orElseThrow();
    assertEquals(outcome(program, local), outcome(program, remote.orElseThrow()));
  }

  @Test
  void rawTextIsHealedThere() {
    String source = "program p() -> string { \"Once upon\" gen x (max_tokens: 12) return x }";
    Program program = Compiler.compile("p.sgl", source).program().orElseThrow();
    assertEquals(outcome(program, local), outcome(program, remote.orElseThrow()));
  }

  /// A server that is taken for one that cannot go on from a begun message.
  @Test
  void aWholeTurnIsOneRequest() {
    String source =
        """
        program p() {
          user "Tell me of a person."
          assistant {
            "Name: " gen name (max_tokens: 12)
            ", age: " gen age: int<1..99>
            ", mood: " gen mood: "happy" | "sad"
          }
          return [name, age, mood]
        }
        """;
    Program program = Compiler.compile("p.sgl", source).program().orElseThrow();
    URI uri = URI.create(server.orElseThrow().uri() + "/v1");
    RemoteOptions options =
        new RemoteOptions(uri, "demo", Optional.empty()).withServer(ServerKind.UNKNOWN);
    try (RemoteBackend whole = RemoteBackend.open(options)) {
      Object value = Interpreter.run(program, Map.of(), new Greedy(whole), RunOptions.DEFAULT);
      assertEquals(3, ((List<?>) value).size());
      assertEquals(1, whole.spent().requests());
    }
  }

  /// The model's own template, and its text completed, is what the server makes of a chat.
  @Test
  void aChatTemplateMakesTheSameConversation() {
    String source =
        "program p() { user \"Where is Kim?\" assistant gen x (max_tokens: 12) return x }";
    Program program = Compiler.compile("p.sgl", source).program().orElseThrow();
    ChatTemplate template = ChatTemplate.open(HOME.resolve("samples/model/demo"));
    URI uri = URI.create(server.orElseThrow().uri() + "/v1");
    RemoteOptions options =
        new RemoteOptions(uri, "demo", Optional.empty())
            .withServer(ServerKind.VLLM)
            .withTemplate(template::text);
    try (RemoteBackend templated = RemoteBackend.open(options)) {
      assertEquals(outcome(program, local), outcome(program, templated));
    }
  }

  @Test
  void theServerIsKnownByItsModels() {
    assertEquals(ServerKind.SGL, remote.orElseThrow().server());
  }
}
