package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.engine.DeviceOption;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.server.ServerOptions;
import dev.sgl.server.SglServer;
import dev.sgl.server.keys.KeyRing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// `sglc run` and `sglc batch` as processes, against a server of the demo model that wants a key.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RemoteRunTest {
  private static final String PROGRAM =
      """
      program mood(review: string = "The lamp is nice.") -> string {
        user "Review: {review}\\nIs the sentiment positive, negative or neutral?"
        assistant select mood from ["positive", "negative", "neutral"]
        return mood
      }
      """;

  @TempDir Path folder = Path.of("");

  private final LocalBackend backend =
      LocalBackend.open(
          Path.of("../samples/model/demo"),
          LocalOptions.DEFAULT.withDevice(DeviceOption.CPU),
          Progress.SILENT);
  private Optional<SglServer> server = Optional.empty();

  private record Outcome(int code, String out, String err) {}

  @BeforeAll
  void open() throws IOException {
    ServerOptions options =
        ServerOptions.DEFAULT.withAddress("127.0.0.1", 0).withKeys(KeyRing.of("secret"));
    server = Optional.of(SglServer.open(backend, options));
  }

  @BeforeEach
  void write() throws IOException {
    Files.writeString(folder.resolve("mood.sgl"), PROGRAM);
    Files.writeString(
        folder.resolve("sgl.toml"),
        """
        [profiles.here]
        endpoint = "%s/v1"
        model = "demo"
        api-key-env = "DEMO_KEY"
        prices = { prompt = 1000, generated = 1000 }
        [profiles.typo]
        endpont = "http://127.0.0.1"
        """
            .formatted(server.orElseThrow().uri()));
  }

  @AfterAll
  void close() {
    server.ifPresent(SglServer::close);
    backend.close();
  }

  private Outcome sglc(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dsgl.home=" + Path.of("..").toAbsolutePath().normalize(),
                "-Duser.home=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                "dev.sgl.cli.Main"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().put("DEMO_KEY", "secret");
    builder.environment().keySet().removeAll(List.of("OPENAI_API_KEY", "SGL_PROFILE"));
    builder.redirectError(folder.resolve("err.txt").toFile());
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes());
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return new Outcome(process.exitValue(), out, Files.readString(folder.resolve("err.txt")));
  }

  private String endpoint() {
    return server.orElseThrow().uri() + "/v1";
  }

  @Test
  void aProgramRunsAndIsExplained() throws Exception {
    Outcome outcome =
        sglc("run", "mood.sgl", "--endpoint", endpoint(), "--api-key-env", "DEMO_KEY", "--explain");
    assertEquals(0, outcome.code(), outcome.err());
    assertEquals(sglc("run", "mood.sgl", "--device", "cpu").out(), outcome.out());
    assertTrue(outcome.err().contains("likelihood"), outcome.err());
    assertTrue(outcome.err().contains("prompt tokens"), outcome.err());
  }

  @Test
  void aProfileNamesTheEndpointAndItsPrices() throws Exception {
    Outcome outcome = sglc("run", "mood.sgl", "--profile", "here");
    assertEquals(0, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("by your prices"), outcome.err());
  }

  @Test
  void aBatchSaysWhatItCost() throws Exception {
    Files.writeString(
        folder.resolve("in.jsonl"), "{\"review\":\"Bad.\"}\n{\"review\":\"Good.\"}\n");
    Outcome outcome =
        sglc(
            "batch",
            "mood.sgl",
            "--input",
            "in.jsonl",
            "--output",
            "out.jsonl",
            "--profile",
            "here");
    assertEquals(0, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("by your prices"), outcome.err());
    assertEquals(2, Files.readAllLines(folder.resolve("out.jsonl")).size());
  }

  @Test
  void whatIsWrongIsSaid() throws Exception {
    Outcome keyless = sglc("run", "mood.sgl", "--endpoint", endpoint(), "--model", "demo");
    assertEquals(3, keyless.code(), keyless.err());
    assertTrue(keyless.err().contains("no API key was sent"), keyless.err());
    Outcome typo = sglc("run", "mood.sgl", "--profile", "typo");
    assertEquals(2, typo.code(), typo.err());
    assertTrue(typo.err().contains("did you mean endpoint"), typo.err());
    Outcome other = sglc("run", "mood.sgl", "--profile", "hre");
    assertEquals(2, other.code(), other.err());
    assertTrue(other.err().contains("did you mean here"), other.err());
    Outcome nobody =
        sglc("run", "mood.sgl", "--endpoint", "http://127.0.0.1:9/v1", "--model", "demo");
    assertEquals(3, nobody.code(), nobody.err());
    assertTrue(nobody.err().contains("cannot be reached"), nobody.err());
  }
}
