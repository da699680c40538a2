package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.Busy;
import java.util.ArrayList;
import java.util.List;

/// Tells when the device was at work, in the host's time: by marks in its stream, whose distances
/// the device measures, from one whose time the host knows.
final class Clock {
  private final Gpu gpu;
  private Gpu.Mark known;
  private long knownNanos;

  /// Work between two marks.
  record Stint(String what, Gpu.Mark begin, Gpu.Mark end) {}

  Clock(Gpu gpu) {
    this.gpu = gpu;
    this.known = gpu.mark();
    gpu.await();
    this.knownNanos = System.nanoTime();
  }

  /// Marks the beginning and the end of what `work` asks for.
  Stint time(String what, Runnable work) {
    Gpu.Mark begin = gpu.mark();
    work.run();
    return new Stint(what, begin, gpu.mark());
  }

  /// When the device was at work, one stint behind the other; all of them are over. Their marks are
  /// forgotten.
  List<Busy> read(List<Stint> stints) {
    List<Busy> times = new ArrayList<>();
    for (Stint stint : stints) {
      long start = knownNanos + gpu.nanos(known, stint.begin());
      long end = start + gpu.nanos(stint.begin(), stint.end());
      times.add(new Busy(stint.what(), start, end));
      gpu.forget(known);
      gpu.forget(stint.begin());
      known = stint.end();
      knownNanos = end;
    }
    return times;
  }

  /// Forgets marks that nobody will read.
  void drop(Stint stint) {
    gpu.forget(stint.begin());
    gpu.forget(stint.end());
  }
}
