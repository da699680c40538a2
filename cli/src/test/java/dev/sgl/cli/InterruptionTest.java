package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The message of Ctrl-C: where the run, or the batch, stood, and how to go on.
class InterruptionTest {
  private static final long MOST_SECONDS = 60;

  private static final String SOURCE =
      """
      tool slow(seconds: int) -> string

      program main(seconds: int = 50) {
        let first = slow(0)
        log first
        return slow(seconds)
      }
      """;

  @TempDir Path folder = Path.of("");

  /// Runs a command in a JVM of its own until it waits for `sleep 50`, interrupts it, and returns
  /// its standard error.
  private String interrupted(String command, String... arguments) throws Exception {
    Path file = Files.writeString(folder.resolve("slow.sgl"), SOURCE);
    Path err = folder.resolve("err.txt");
    List<String> words =
        new ArrayList<>(
            List.of(
                "env", // of a test in the background, processes would ignore the signal
                "--default-signal=INT",
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                "--add-modules=jdk.incubator.vector",
                "-Dsgl.home=" + Path.of("..").toAbsolutePath().normalize(),
                Main.class.getName(),
                command,
                file.toString(),
                "--tool",
                "slow=sleep {seconds}"));
    words.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(words).redirectError(err.toFile()).redirectOutput(err.toFile()).start();
    try {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
      while (!waits(process)) {
        assertTrue(process.isAlive() && System.nanoTime() < end, () -> read(err));
        Thread.onSpinWait();
      }
      new ProcessBuilder("kill", "-INT", "" + process.pid()).start().waitFor();
      assertTrue(process.waitFor(MOST_SECONDS, TimeUnit.SECONDS), () -> read(err));
      assertEquals(130, process.exitValue(), () -> read(err));
      return read(err);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static boolean waits(Process process) {
    return process
        .descendants()
        .anyMatch(p -> p.info().commandLine().orElse("").endsWith("sleep 50"));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void aRunSaysWhichStatementItHadReached() throws Exception {
    String err = interrupted("run");
    assertTrue(err.contains("The run was interrupted."), err);
    assertTrue(err.contains("slow.sgl:6:3"), err);
    assertTrue(err.contains("here, in main"), err);
  }

  @Test
  void aBatchSaysHowManyLinesAreDoneAndHowToGoOn() throws Exception {
    Path input = folder.resolve("in.jsonl");
    Files.writeString(input, "{\"seconds\": 0}\n{\"seconds\": 0}\n{\"seconds\": 50}\n");
    Path output = folder.resolve("out.jsonl");
    String err =
        interrupted(
            "batch", "--input", "" + input, "--output", "" + output, "--parallel", "1", "--quiet");
    assertEquals(2, Files.readAllLines(output).size(), err);
    assertTrue(
        err.contains(
            "interrupted: 2 of 3 lines are done and written to "
                + output
                + "; the same command continues with line 3"),
        err);
  }
}
