package dev.sgl.local.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;

/// Bounds the memory that work takes.
final class Allocations {
  private Allocations() {}

  /// Work that may fail.
  @FunctionalInterface
  interface Work {
    void run() throws IOException;
  }

  /// Runs `work` and compares the bytes of the Java heap that it allocates on this thread.
  static void atMost(long bytes, Work work) throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    try {
      work.run();
    } finally {
      long allocated = threads.getCurrentThreadAllocatedBytes() - before;
      assertTrue(allocated < bytes, allocated + " bytes");
    }
  }
}
