package dev.sgl.cli.serve;

import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/// The end of a server, which a signal asks for: before it is [#ready], the process ends at once;
/// the first signal after that lets it come to its end, and the second ends it.
final class Ending {
  /// The numbers of signals; a process that one ends has the exit code 128 plus the number.
  private static final Map<String, Integer> SIGNALS = Map.of("HUP", 1, "INT", 2, "TERM", 15);

  private final CountDownLatch told = new CountDownLatch(1);
  private boolean isReady;

  Ending() {
    SIGNALS.forEach((signal, number) -> on(signal, () -> signalled(128 + number)));
  }

  private synchronized void signalled(int code) {
    if (!isReady || told.getCount() == 0) {
      Runtime.getRuntime().halt(code);
    }
    told.countDown();
  }

  /// From now on there is something to come to its end.
  synchronized void ready() {
    isReady = true;
  }

  /// Waits until the process is told to end.
  void await() throws InterruptedException {
    told.await();
  }

  /// Calls `handler` at a signal. The only interface to signals is one of the JDK's own, which its
  /// compiler warns of, so it is called by name; where it is missing, a signal ends the process.
  private static void on(String signal, Runnable handler) {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      Class<?> handling = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              Ending.class.getClassLoader(),
              new Class<?>[] {handling},
              (_, method, _) -> {
                if (method.getName().equals("handle")) { // and not a method of every object
                  handler.run();
                }
                return null;
              });
      type.getMethod("handle", type, handling)
          .invoke(null, type.getConstructor(String.class).newInstance(signal), proxy);
    } catch (ReflectiveOperationException e) {
      System.getLogger(Ending.class.getName())
          .log(System.Logger.Level.DEBUG, "the signal " + signal + " is not heard", e);
    }
  }
}
