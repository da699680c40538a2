package dev.sgl.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.server.TestServer;
import dev.sgl.testing.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import okhttp3.Call;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A server with one gigabyte, two programs at once that want all of it or all of the processor,
/// and others who are answered meanwhile.
class HostileProgramsTest {
  private static final MediaType JSON = MediaType.get("application/json");

  /// Far more than it takes, since machines are noisy: a deaf server needs minutes, or for ever.
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration EACH = Duration.ofSeconds(4);
  private static final long MOST_HEAP = 400L << 20;

  private static Map<String, String> kinds() {
    Map<String, String> kinds = new LinkedHashMap<>();
    kinds.put("a sum without end", "program main() { return 1" + "-1".repeat(5000) + " }");
    kinds.put("many statements", "program main() {" + " log 1".repeat(150_000) + " }");
    kinds.put(
        "recursion",
        "program main(n: int = 0) -> int { let a = main(n + 1) let b = main(n + 2) return a + b }");
    kinds.put(
        "a list in itself",
        "program main() { let l = [\"a\"] for i in 1..60 { l = [l, l] } return text(l) }");
    kinds.put(
        "a text that doubles",
        "program main() { let s = \"a\" for i in 1..60 { s = s + s } return s }");
    kinds.put(
        "many texts",
        "program main() { let s = \"abcdefgh\" for i in 1..18 { s = s + s } let l = []"
            + " for i in 1..100000 { l = l + [s + text(i)] } return l }");
    kinds.put(
        "many lists",
        "program main() { let l = 1..100000 let k = [] for i in 1..100000 { k = k + [l + [i]] } return k }");
    kinds.put(
        "many branches",
        "program main() { user \"x\" fork i in 1..100000 as f { assistant gen a } join f }");
    kinds.put(
        "a deep list", "program main() { let l = [] for i in 1..100000 { l = [l] } return l }");
    return kinds;
  }

  /// The server: prints its address, and for each line that it reads the bytes that it holds.
  public static void main(String[] arguments) throws IOException {
    try (TestServer server = TestServer.open();
        Scanner in = new Scanner(System.in)) {
      System.out.println(server.url(""));
      while (in.hasNextLine()) {
        in.nextLine();
        System.gc();
        System.out.println(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
      }
    }
  }

  private final OkHttpClient client =
      new OkHttpClient.Builder().readTimeout(Duration.ofMinutes(2)).build();

  private Call post(String url, String body) {
    return client.newCall(
        new Request.Builder().url(url).post(RequestBody.create(body, JSON)).build());
  }

  /// How long a call takes, in milliseconds.
  private static long millis(Call call) throws IOException {
    long asked = System.nanoTime();
    try (Response response = call.execute()) {
      assertEquals(200, response.code(), () -> "" + call.request().url());
      response.body().bytes();
    }
    return (System.nanoTime() - asked) / 1_000_000;
  }

  private long longestWait(String server) throws IOException, InterruptedException {
    long longest = 0;
    String chat =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a lamp\"}], \"max_tokens\": 1}";
    long end = System.nanoTime() + EACH.toNanos();
    while (System.nanoTime() < end) {
      Request health = new Request.Builder().url(server + "/health").build();
      longest = Math.max(longest, millis(client.newCall(health)));
      longest = Math.max(longest, millis(post(server + "/v1/chat/completions", chat)));
      Thread.sleep(20);
    }
    return longest;
  }

  @Test
  @Timeout(240)
  void othersAreAnsweredMeanwhile() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector",
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                HostileProgramsTest.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader out = process.inputReader();
        PrintWriter in = new PrintWriter(process.outputWriter(), true)) {
      String server = out.readLine();
      for (Map.Entry<String, String> kind : kinds().entrySet()) {
        String body = Json.MAPPER.createObjectNode().put("source", kind.getValue()).toString();
        List<Call> hostile = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
          Call call = post(server + "/playground/run", body);
          hostile.add(call);
          Thread.startVirtualThread(
              () -> {
                try (Response response = call.execute()) {
                  response.body().bytes();
                } catch (IOException e) {
                  return; // it has gone
                }
              });
        }
        long longest = longestWait(server);
        hostile.forEach(Call::cancel);
        assertTrue(
            longest < PATIENCE.toMillis(), kind.getKey() + ": others waited " + longest + " ms");
      }
      long held = Long.MAX_VALUE;
      for (int i = 0; i < 20 && held > MOST_HEAP; i++) {
        Thread.sleep(1000);
        in.println();
        held = Long.parseLong(out.readLine());
      }
      assertTrue(held < MOST_HEAP, "it still holds " + (held >> 20) + " MiB");
    } finally {
      process.destroyForcibly();
    }
  }
}
