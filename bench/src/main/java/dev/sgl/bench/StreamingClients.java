package dev.sgl.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Clients of a server that stream completions, and read them line by line; also as a process
/// of their own, which can be killed.
///
/// Usage: `StreamingClients URI FIRST COUNT`; prints how many had all of their tokens.
final class StreamingClients {
  static final int TOKENS = 64;
  private static final int PROMPT = 32;

  private StreamingClients() {}

  /// What a client has seen.
  ///
  /// @param firstToken seconds until it
  record Seen(int tokens, double firstToken, double total) {
    boolean isWhole() {
      return tokens == TOKENS;
    }
  }

  /// One client.
  interface Client {
    Seen run(int index) throws IOException;
  }

  /// Prints how many clients had all of their tokens.
  public static void main(String[] arguments) throws Exception {
    URI server = URI.create(arguments[0]);
    int first = Integer.parseInt(arguments[1]);
    List<Seen> all = together(Integer.parseInt(arguments[2]), i -> stream(server, first + i));
    System.out.println(all.stream().filter(Seen::isWhole).count());
  }

  /// Runs clients at the same time.
  static List<Seen> together(int count, Client client) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Seen>> clients = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int index = i;
        clients.add(() -> client.run(index));
      }
      List<Seen> all = new ArrayList<>();
      for (Future<Seen> one : threads.invokeAll(clients)) {
        all.add(one.get());
      }
      return all;
    }
  }

  /// A prompt that no other client has.
  static List<Integer> prompt(int index) {
    List<Integer> tokens = new ArrayList<>();
    for (int i = 0; i < PROMPT; i++) {
      tokens.add(10 + (index * 31 + i * 7) % 4000);
    }
    return tokens;
  }

  static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  static Seen stream(URI server, int index) throws IOException {
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
