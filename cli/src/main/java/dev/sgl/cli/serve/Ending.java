package dev.sgl.cli.serve;

import java.util.concurrent.CountDownLatch;

/// The end of the process, which it is told by a signal: it is waited for, and then held up until
/// all is closed.
final class Ending implements AutoCloseable {
  private final CountDownLatch told = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  Ending() {
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::hold));
  }

  private void hold() {
    told.countDown();
    try {
      closed.await(); // the process ends when its hooks do
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Waits until the process is told to end.
  void await() throws InterruptedException {
    told.await();
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
