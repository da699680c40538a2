package dev.sgl.cli.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.cli.options.UsageException;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `sglc serve` as a process.
@Timeout(120)
class ServeTest {
  @TempDir Path folder = Path.of("");

  private static Process start(String... arguments) throws IOException {
    return new ProcessBuilder(command(List.of(), arguments)).start();
  }

  private static List<String> command(List<String> options, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(
        List.of(
            "--add-modules",
            "jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-Dsgl.home=" + Path.of("..").toAbsolutePath().normalize(),
            "-cp",
            System.getProperty("java.class.path"),
            "dev.sgl.cli.Main",
            "serve",
            "--device",
            "cpu",
            "--port",
            "0"));
    command.addAll(List.of(arguments));
    return command;
  }

  /// The server's URL, once it is ready.
  private static String ready(BufferedReader out) throws IOException {
    String line = String.valueOf(out.readLine());
    assertTrue(line.startsWith("ready: http://127.0.0.1:"), line);
    return line.split(" ")[1];
  }

  private static String get(String url) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
      return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  private static HttpResponse<String> post(String url, String body) {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url))
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void itServesAndEndsWhenAllIsAnswered() throws Exception {
    Path config = Files.writeString(folder.resolve("server.yaml"), "served-model-name: [a, b]\n");
    Files.writeString(folder.resolve("two.sgl"), "program two() -> int { return 1 + 1 }\n");
    Process server = start("--config", config.toString(), "--programs", folder.toString());
    try (BufferedReader out = server.inputReader()) {
      String url = ready(out);
      assertTrue(post(url + "/v1/programs/two", "{}").body().contains("\"result\":2"));
      String body =
          "{\"model\":\"b\",\"messages\":[{\"role\":\"user\",\"content\":\"Go on.\"}],"
              + "\"ignore_eos\":true,\"max_tokens\":400}";
      CompletableFuture<HttpResponse<String>> answer =
          CompletableFuture.supplyAsync(() -> post(url + "/v1/chat/completions", body));
      String metrics = "";
      while (!metrics.contains("sgl_running 1")) {
        metrics = get(url + "/metrics");
      }
      server.toHandle().destroy(); // SIGTERM; the process itself would close its streams
      assertEquals(200, answer.get().statusCode());
      assertTrue(answer.get().body().contains("\"completion_tokens\":400"), answer.get().body());
      String said = new String(server.getErrorStream().readAllBytes());
      assertTrue(said.contains(" MB in memory; BF16 ("), said);
      assertTrue(said.contains("stopping"), said);
      assertTrue(server.waitFor(60, TimeUnit.SECONDS));
      assertEquals(0, server.exitValue());
    } finally {
      server.destroyForcibly();
    }
  }

  /// As tutorials of other servers begin one.
  @Test
  void itTakesTheOptionsOfOthers() throws Exception {
    Process server =
        start(
            "../samples/model/demo",
            "--context-length=1K",
            "--enable-prefix-caching",
            "--tool-call-parser",
            "hermes");
    try (BufferedReader out = server.inputReader()) {
      String url = ready(out);
      assertTrue(get(url + "/model_info").contains("\"context_length\":1024"));
      server.toHandle().destroy();
      String said = new String(server.getErrorStream().readAllBytes());
      assertTrue(said.contains("--enable-prefix-caching changes nothing: it is always so"), said);
      assertTrue(said.contains("--tool-call-parser changes nothing: the model's"), said);
    } finally {
      server.destroyForcibly();
    }
  }

  @Test
  void aSecondSignalEndsItAtOnce() throws Exception {
    Process server = start();
    try (BufferedReader out = server.inputReader();
        BufferedReader err = server.errorReader()) {
      String url = ready(out);
      String body = "{\"prompt\":\"Go on.\",\"ignore_eos\":true,\"max_tokens\":2000,\"n\":16}";
      Thread.ofVirtual().start(() -> post(url + "/v1/completions", body));
      String metrics = "";
      while (!metrics.contains("sgl_running 16")) {
        metrics = get(url + "/metrics");
      }
      server.toHandle().destroy();
      String line = "";
      while (!line.contains("stopping")) {
        line = Objects.requireNonNull(err.readLine());
      }
      server.toHandle().destroy();
      assertTrue(server.waitFor(10, TimeUnit.SECONDS));
      assertEquals(143, server.exitValue());
    } finally {
      server.destroyForcibly();
    }
  }

  @Test
  void aPortInUseIsSaid() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Process server = start("--port", "" + other.getLocalPort());
      String error = new String(server.getErrorStream().readAllBytes());
      assertTrue(server.waitFor(60, TimeUnit.SECONDS));
      assertEquals(2, server.exitValue());
      assertTrue(error.contains("port " + other.getLocalPort() + " of 127.0.0.1 is in use"), error);
    }
  }

  @Test
  void whatIsTypedStandsInPlaceOfWhatTheFileSays() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("c.yaml"),
            "port: 31000\nno_playground: true\napi-key: secret\ntool: [a=b, c=d]\n");
    assertArrayEquals(
        new String[] {
          "serve", "--no-playground", "--api-key=secret", "--tool=a=b", "--tool=c=d", "--port", "1"
        },
        expand("serve", "--config", file.toString(), "--port", "1"));
    Files.writeString(file, "port: {a: 1}");
    assertThrows(UsageException.class, () -> expand("serve", "--config=" + file));
  }

  private static String[] expand(String... arguments) {
    return Configuration.expand(
        arguments, Set.of("--port", "--no-playground", "--api-key", "--tool", "--host"));
  }

  @Test
  void whatIsNoOptionIsSaidWithItsFile() throws IOException {
    Path file = Files.writeString(folder.resolve("c.yaml"), "prot: 1\nhots: x\nport: 2\n");
    UsageException error =
        assertThrows(UsageException.class, () -> expand("serve", "--config=" + file));
    assertEquals(
        "--config: %s: there is no option prot (did you mean port?), nor hots (did you mean host?)"
            .formatted(file),
        error.getMessage());
  }

  /// Memory that nobody bounds: the call is refused and the others are answered; or, if the memory
  /// was gone for a thread that is needed, the process has ended and says so. It is never deaf.
  @Test
  void aProgramThatTakesAllMemoryDoesNotMakeItDeaf() throws Exception {
    Files.writeString(
        folder.resolve("many.sgl"),
        """
        program many() -> int {
          let s = "abcdefgh"
          for i in 1..14 { s = s + s }
          let l = []
          for i in 1..1000000 { l = l + [s + text(i)] }
          return 1
        }
        """);
    ProcessBuilder builder =
        new ProcessBuilder(command(List.of("-Xmx200m"), "--programs", folder.toString()));
    Process server = builder.start();
    try (BufferedReader out = server.inputReader()) {
      String url = ready(out);
      String chat = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":2}";
      try {
        for (int i = 0; i < 3; i++) {
          HttpResponse<String> refused = post(url + "/v1/programs/many", "{}");
          assertEquals(503, refused.statusCode(), refused.body());
          assertTrue(refused.body().contains("no memory"), refused.body());
          HttpResponse<String> answer = post(url + "/v1/chat/completions", chat);
          assertEquals(200, answer.statusCode(), answer.body());
        }
      } catch (AssertionError e) {
        if (!server.waitFor(5, TimeUnit.SECONDS)) {
          throw e;
        }
        String said = new String(server.getErrorStream().readAllBytes());
        assertEquals(3, server.exitValue(), said);
        assertTrue(said.contains("there is not enough memory"), said);
      }
    } finally {
      server.destroyForcibly();
    }
  }

  @Test
  void servedProgramsHaveTheLimitsThatTheOperatorSets() throws Exception {
    Files.writeString(
        folder.resolve("loop.sgl"),
        "program loop(n: int) -> int { let s = 0 for i in 1..n { s = s + i } return s }\n");
    Process server = start("--programs", folder.toString(), "--max-steps", "10000");
    try (BufferedReader out = server.inputReader()) {
      String url = ready(out) + "/v1/programs/loop";
      assertTrue(post(url, "{\"arguments\":{\"n\":10}}").body().contains("\"result\":55"));
      HttpResponse<String> refused = post(url, "{\"arguments\":{\"n\":1000000}}");
      assertEquals(422, refused.statusCode());
      assertTrue(refused.body().contains("it has 10,000 steps"), refused.body());
    } finally {
      server.destroyForcibly();
    }
  }

  @Test
  void severalGpusAreRefused() throws Exception {
    Process server = start("--tp", "2");
    String error = new String(server.getErrorStream().readAllBytes());
    assertTrue(server.waitFor(60, TimeUnit.SECONDS));
    assertEquals(2, server.exitValue());
    assertTrue(error.contains("--tp must be 1"), error);
  }
}
