package dev.sgl.cli.options;

import java.io.PrintWriter;
import java.util.function.Supplier;

/// Says something when a signal ends a command. After Ctrl-C the JVM ends with
/// [ExitCode#INTERRUPTED], after SIGTERM with 143.
public final class Interruption implements AutoCloseable {
  private final Thread hook;

  /// Adds the message until [#close()].
  ///
  /// @param words is called when the signal comes, on a thread of its own
  public Interruption(Supplier<String> words, PrintWriter err) {
    this.hook =
        new Thread(
            () -> {
              err.println(words.get());
              err.flush();
            });
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /// The command has come to its end.
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // it is being broken off
    }
  }
}
