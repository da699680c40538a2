package dev.sgl.cli.serve;

import dev.sgl.cli.options.ExitCode;
import java.lang.Thread.UncaughtExceptionHandler;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/// Ends the process with a message where a thread dies without which it would be there but answer
/// nobody: the engine's and the web server's after any error, and any other platform thread that
/// finds no memory. A virtual thread is one call's or one run's; its death is said, and the others
/// go on.
final class FatalErrors implements UncaughtExceptionHandler {
  private static final Set<String> VITAL = Set.of("sgl-engine", "HTTP-Dispatcher");

  /// For the answers to those who wait.
  private static final long LAST_WORDS_MILLIS = 1000;

  private final byte[] noMemory; // made while there is memory
  private final CountDownLatch fatal = new CountDownLatch(1);

  FatalErrors() {
    noMemory =
        "error: there is not enough memory (%,d MiB) for the server to go on; give more with SGL_JAVA_OPTIONS=-Xmx…%n"
            .formatted(Runtime.getRuntime().maxMemory() >> 20)
            .getBytes(StandardCharsets.UTF_8);
    // the message may find a reader that has stopped reading, which must not keep the process
    Thread.ofPlatform().daemon().name("sgl-halt").start(this::haltWhenFatal);
  }

  private void haltWhenFatal() {
    try {
      fatal.await();
      Thread.sleep(LAST_WORDS_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(ExitCode.MODEL);
  }

  @Override
  public void uncaughtException(Thread thread, Throwable error) {
    boolean lacksMemory = error instanceof OutOfMemoryError;
    boolean isFatal = !thread.isVirtual() && (lacksMemory || VITAL.contains(thread.getName()));
    if (isFatal) {
      fatal.countDown();
    }
    if (isFatal && lacksMemory) {
      System.err.write(noMemory, 0, noMemory.length);
      System.err.flush();
    } else {
      System.err.println("error: the thread " + thread.getName() + " ended: " + error);
      error.printStackTrace();
    }
  }
}
