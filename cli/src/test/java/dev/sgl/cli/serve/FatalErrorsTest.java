package dev.sgl.cli.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Processes in which a thread dies.
@Timeout(60)
class FatalErrorsTest {
  private static final int DONE = 42; // the exit code of a process that goes on

  /// A process in which a thread of some name dies, and the main one goes on for a while.
  public static void main(String[] arguments) throws InterruptedException {
    Thread.setDefaultUncaughtExceptionHandler(new FatalErrors());
    Runnable work =
        switch (arguments[2]) {
          case "memory" -> FatalErrorsTest::fill;
          case "bug" -> FatalErrorsTest::fail;
          default -> throw new IllegalArgumentException(arguments[2]);
        };
    Thread.Builder builder =
        arguments[0].equals("virtual") ? Thread.ofVirtual() : Thread.ofPlatform();
    builder.name(arguments[1]).start(work).join();
    Thread.sleep(3000);
    System.exit(DONE);
  }

  private static void fill() {
    List<long[]> all = new ArrayList<>();
    while (all.size() < Integer.MAX_VALUE) {
      all.add(new long[1 << 10]);
    }
  }

  private static void fail() {
    throw new IllegalStateException("a bug");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "platform | sgl-engine | memory | 3 | error: there is not enough memory (",
        "platform | sgl-engine | bug | 3 | error: the thread sgl-engine ended",
        "platform | HTTP-Dispatcher | bug | 3 | error: the thread HTTP-Dispatcher ended",
        "platform | any | memory | 3 | SGL_JAVA_OPTIONS=-Xmx",
        "platform | any | bug | 42 | error: the thread any ended: java.lang.IllegalStateException",
        "virtual | any | memory | 42 | error: the thread any ended: java.lang.OutOfMemoryError",
      })
  void aThreadDies(String kind, String name, String cause, int code, String message)
      throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                FatalErrorsTest.class.getName(),
                kind,
                name,
                cause)
            .start();
    String said = new String(process.getErrorStream().readAllBytes());
    assertTrue(process.waitFor(30, TimeUnit.SECONDS));
    assertEquals(code, process.exitValue(), said);
    assertTrue(said.contains(message), said);
  }
}
