package dev.sgl.bench;

import dev.sgl.backend.Generation;
import dev.sgl.backend.Request;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.server.ServerOptions;
import dev.sgl.server.SglServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// What the server adds to the engine, and how it bears many clients. Random weights; client and
/// server share the processors.
///
/// usage: Serving HOME [ROUNDS]     HOME is the folder of the project, for the tokenizer
public final class Serving {
  private static final int STREAMS = 64;
  private static final int CLIENTS = 256;
  private static final int TOKENS = 64;
  private static final int PROMPT = 32;

  private final LocalBackend backend;
  private final URI server;

  private Serving(LocalBackend backend, URI server) {
    this.backend = backend;
    this.server = server;
  }

  /// What a client has seen.
  ///
  /// @param firstToken seconds until it
  private record Seen(int tokens, double firstToken, double total) {}

  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
    Path folder = RandomModel.MIDDLE.withTokenizer(Path.of(arguments[0]));
    try (LocalBackend backend = LocalBackend.open(folder, LocalOptions.DEFAULT, Progress.SILENT);
        SglServer server =
            SglServer.open(backend, ServerOptions.DEFAULT.withAddress("127.0.0.1", 0))) {
      Serving serving = new Serving(backend, server.uri());
      serving.overhead(rounds);
      serving.load();
    }
  }

  private void overhead(int rounds) throws Exception {
    double[] alone = new double[rounds];
    double[] served = new double[rounds];
    double[] ratios = new double[rounds];
    for (int round = -1; round < rounds; round++) { // the first is not counted
      double a = rate(together(STREAMS, this::generate));
      double s = rate(together(STREAMS, this::stream));
      if (round >= 0) {
        alone[round] = a;
        served[round] = s;
        ratios[round] = s / a;
      }
    }
    System.out.printf(
        "%d streams: the engine alone %.0f tokens a second, served %.0f: %.1f %% (medians)%n",
        STREAMS, median(alone), median(served), 100 * median(ratios));
  }

  private void load() throws Exception {
    long before = heap();
    List<Seen> all = together(CLIENTS, this::stream);
    double[] first = all.stream().mapToDouble(Seen::firstToken).sorted().toArray();
    double[] total = all.stream().mapToDouble(Seen::total).sorted().toArray();
    System.out.printf(
        "%d streaming clients: all whole, %.0f tokens a second; first token p50 %.2f s, p99 %.2f s;"
            + " the fastest done after %.1f s, the slowest after %.1f s; heap %d MB before, %d MB after%n",
        CLIENTS,
        rate(all),
        first[CLIENTS / 2],
        first[CLIENTS * 99 / 100],
        total[0],
        total[CLIENTS - 1],
        before >> 20,
        heap() >> 20);
    System.out.println(backend.stats());
  }

  private static long heap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static double rate(List<Seen> all) {
    return all.stream().mapToInt(Seen::tokens).sum()
        / all.stream().mapToDouble(Seen::total).max().orElseThrow();
  }

  private interface Client {
    Seen run(int index) throws IOException;
  }

  private static List<Seen> together(int count, Client client) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Seen>> clients = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int index = i;
        clients.add(() -> client.run(index));
      }
      List<Seen> all = new ArrayList<>();
      for (Future<Seen> one : threads.invokeAll(clients)) {
        all.add(one.get());
        if (all.getLast().tokens() != TOKENS) {
          throw new IllegalStateException("a client got " + all.getLast());
        }
      }
      return all;
    }
  }

  private Seen generate(int index) {
    long start = System.nanoTime();
    double first = 0;
    Request request = TokenRequests.of(prompt(index), TOKENS);
    try (Generation generation = backend.generate(request)) {
      while (generation.next().isPresent()) {
        first = first == 0 ? seconds(start) : first;
      }
      return new Seen(generation.reply().usage().generatedTokens(), first, seconds(start));
    }
  }

  private static List<Integer> prompt(int index) {
    List<Integer> tokens = new ArrayList<>();
    for (int i = 0; i < PROMPT; i++) {
      tokens.add(10 + (index * 31 + i * 7) % 4000);
    }
    return tokens;
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  /// The same over HTTP, read line by line.
  private Seen stream(int index) throws IOException {
    long start = System.nanoTime();
    byte[] body =
        """
        {"prompt": %s, "max_tokens": %d, "temperature": 0.6, "ignore_eos": true, "stream": true,
         "stream_options": {"include_usage": true}}"""
            .formatted(prompt(index), TOKENS)
            .getBytes(StandardCharsets.UTF_8);
    String head =
        "POST /v1/completions HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            .formatted(server.getAuthority(), body.length);
    double first = 0;
    int tokens = 0;
    try (Socket socket = new Socket(server.getHost(), server.getPort());
        OutputStream out = socket.getOutputStream();
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      out.write(head.getBytes(StandardCharsets.UTF_8));
      out.write(body);
      out.flush();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("data: {")) {
          first = first == 0 ? seconds(start) : first;
          int usage = line.indexOf("\"completion_tokens\":");
          tokens = usage < 0 ? tokens : number(line, usage + "\"completion_tokens\":".length());
        }
      }
    }
    return new Seen(tokens, first, seconds(start));
  }

  private static int number(String line, int from) {
    int end = from;
    while (Character.isDigit(line.charAt(end))) {
      end++;
    }
    return Integer.parseInt(line.substring(from, end));
  }
}
