package dev.sgl.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// Measures how long a user waits: `sglc check`, and `sglc run` up to the first generated token
/// and to its end. Prints medians, the least and the most of a number of runs.
///
/// Usage: `StartUp HOME [RUNS]`.
public final class StartUp {
  private static final String PROGRAM =
      """
      program hello() {
        user "Hello!"
        assistant { "=> " gen answer (max_tokens: 1) }
      }
      """;

  private StartUp() {}

  /// Prints the times of `sglc check` and `sglc run` as a table.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path home = Path.of(arguments[0]);
    int runs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 11;
    Path program = Files.createTempFile("hello", ".sgl");
    Files.writeString(program, PROGRAM);
    String sglc = home.resolve("sglc").toString();
    String tips = home.resolve("samples/tips.sgl").toString();
    List<String> check = List.of(sglc, "check", tips);
    List<String> first = List.of(sglc, "run", program.toString(), "--stream");
    measure(check, ""); // builds, if it must
    measure(first, "=> ");
    System.out.println("| milliseconds | median | least | most |\n|---|---|---|---|");
    show("`sglc check samples/tips.sgl`, whole process", runs, check, "");
    show("`sglc run`, to the first generated token", runs, first, "=> ");
    show(
        "`sglc run samples/tips.sgl`, whole process",
        runs,
        List.of(sglc, "run", tips, "--json"),
        "");
  }

  private static void show(String name, int runs, List<String> command, String until)
      throws IOException, InterruptedException {
    long[] times = new long[runs];
    for (int i = 0; i < runs; i++) {
      times[i] = measure(command, until);
    }
    Arrays.sort(times);
    System.out.printf("| %s | %d | %d | %d |%n", name, times[runs / 2], times[0], times[runs - 1]);
  }

  /// Milliseconds from the start of the process to the character after `until`, or to its end.
  private static long measure(List<String> command, String until)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    StringBuilder text = new StringBuilder();
    long reached = 0;
    try (InputStream out = process.getInputStream()) {
      for (int c = out.read(); c >= 0; c = out.read()) {
        if (!until.isEmpty() && reached == 0 && text.toString().endsWith(until)) {
          reached = System.nanoTime();
        }
        text.append((char) c);
      }
    }
    int code = process.waitFor();
    if (code != 0 || !until.isEmpty() && reached == 0) {
      throw new IOException(command + " ended with " + code + " after " + text);
    }
    return ((until.isEmpty() ? System.nanoTime() : reached) - start) / 1_000_000;
  }
}
