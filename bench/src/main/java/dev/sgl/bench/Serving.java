package dev.sgl.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sgl.backend.Generation;
import dev.sgl.backend.Request;
import dev.sgl.bench.StreamingClients.Client;
import dev.sgl.bench.StreamingClients.Seen;
import dev.sgl.local.engine.EngineStats;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.server.ServerOptions;
import dev.sgl.server.SglServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;

/// Measures the time that the server adds to the engine, and how it bears many clients. Random
/// weights; client and server share the processors.
///
/// Usage: `Serving HOME [ROUNDS]`; HOME is the folder of the project, for the tokenizer.
public final class Serving {
  private static final int STREAMS = 64;
  private static final int CLIENTS = 256;
  private static final int PROCESSES = 4; // that the clients are divided into
  private static final int KILLED = 2;

  private final LocalBackend backend;
  private final URI server;

  private Serving(LocalBackend backend, URI server) {
    this.backend = backend;
    this.server = server;
  }

  /// Prints tokens a second alone and served, and how many clients end well.
  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
    Path folder = RandomModel.MIDDLE.withTokenizer(Path.of(arguments[0]));
    try (LocalBackend backend = LocalBackend.open(folder, LocalOptions.DEFAULT, Progress.SILENT);
        SglServer server =
            SglServer.open(backend, ServerOptions.DEFAULT.withAddress("127.0.0.1", 0))) {
      Serving serving = new Serving(backend, server.uri());
      serving.overhead(rounds);
      serving.load();
      serving.kill();
    }
  }

  private void overhead(int rounds) throws Exception {
    double[] alone = new double[rounds];
    double[] served = new double[rounds];
    double[] ratios = new double[rounds];
    for (int round = -1; round < rounds; round++) { // the first is not counted
      double a = rate(whole(STREAMS, this::generate));
      double s = rate(whole(STREAMS, i -> StreamingClients.stream(server, i)));
      if (round >= 0) {
        alone[round] = a;
        served[round] = s;
        ratios[round] = s / a;
      }
    }
    System.out.printf(
        "%d streams: the engine alone %.0f tokens a second, served %.0f: %.1f %% (medians)%n",
        STREAMS, Median.of(alone), Median.of(served), 100 * Median.of(ratios));
  }

  private void load() throws Exception {
    long before = heap();
    List<Seen> all = whole(CLIENTS, i -> StreamingClients.stream(server, i));
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

  /// Kills half of the clients while they are answered.
  private void kill() throws Exception {
    List<Process> clients = new ArrayList<>();
    for (int i = 0; i < PROCESSES; i++) {
      clients.add(process(i * CLIENTS / PROCESSES, CLIENTS / PROCESSES));
    }
    awaitSequences(n -> n == CLIENTS);
    clients.subList(0, KILLED).forEach(Process::destroyForcibly);
    long start = System.nanoTime();
    awaitSequences(n -> n <= CLIENTS - CLIENTS * KILLED / PROCESSES);
    double freed = StreamingClients.seconds(start);
    int whole = 0;
    for (Process client : clients.subList(KILLED, PROCESSES)) {
      whole += Integer.parseInt(new String(client.getInputStream().readAllBytes(), UTF_8).strip());
    }
    awaitSequences(n -> n == 0);
    EngineStats stats = backend.stats();
    System.out.printf(
        "%d of %d clients killed (SIGKILL): the engine rid of them after %.2f s; %d of the others"
            + " whole; %d of %d pages held at the end%n",
        CLIENTS * KILLED / PROCESSES,
        CLIENTS,
        freed,
        whole,
        stats.pages().all() - stats.pages().free() - stats.pages().cached(),
        stats.pages().all());
  }

  private Process process(int first, int count) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            StreamingClients.class.getName(),
            server.toString(),
            "" + first,
            "" + count)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /// Waits until the number of sequences that run or wait is a wanted one.
  private void awaitSequences(IntPredicate wanted) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (!wanted.test(unfinished(backend.stats()))) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("it never came to that: " + backend.stats());
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private static int unfinished(EngineStats stats) {
    return stats.sequences().running() + stats.sequences().waiting();
  }

  private static List<Seen> whole(int count, Client client) throws Exception {
    List<Seen> all = StreamingClients.together(count, client);
    if (!all.stream().allMatch(Seen::isWhole)) {
      throw new IllegalStateException("not all clients got all of their tokens: " + all);
    }
    return all;
  }

  private static long heap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static double rate(List<Seen> all) {
    return all.stream().mapToInt(Seen::tokens).sum()
        / all.stream().mapToDouble(Seen::total).max().orElseThrow();
  }

  private Seen generate(int index) {
    long start = System.nanoTime();
    double first = 0;
    Request request = TokenRequests.of(StreamingClients.prompt(index), StreamingClients.TOKENS);
    try (Generation generation = backend.generate(request)) {
      while (generation.next().isPresent()) {
        first = first == 0 ? StreamingClients.seconds(start) : first;
      }
      return new Seen(
          generation.reply().usage().generatedTokens(), first, StreamingClients.seconds(start));
    }
  }
}
