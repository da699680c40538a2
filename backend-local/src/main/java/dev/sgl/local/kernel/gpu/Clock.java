package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.Busy;
import dev.sgl.local.kernel.gpu.port.Gpu;
import java.util.ArrayList;
import java.util.List;

/// The intervals in which the device computed, in the host's time. The device measures the
/// distances between marks in its stream; the host knows the time of one mark.
final class Clock {
  private final Gpu gpu;
  private Gpu.Mark known;
  private long knownNanos;

  /// Work between two marks.
  record Interval(String what, Gpu.Mark begin, Gpu.Mark end) {}

  Clock(Gpu gpu) {
    this.gpu = gpu;
    this.known = gpu.mark();
    gpu.await();
    this.knownNanos = System.nanoTime();
  }

  /// Marks the beginning and the end of the launches of `work`.
  Interval time(String what, Runnable work) {
    Gpu.Mark begin = gpu.mark();
    work.run();
    return new Interval(what, begin, gpu.mark());
  }

  /// The times of `intervals`, which are in order and over. Their marks are freed.
  List<Busy> read(List<Interval> intervals) {
    List<Busy> times = new ArrayList<>();
    for (Interval interval : intervals) {
      long start = knownNanos + gpu.nanos(known, interval.begin());
      long end = start + gpu.nanos(interval.begin(), interval.end());
      times.add(new Busy(interval.what(), start, end));
      gpu.forget(known);
      gpu.forget(interval.begin());
      known = interval.end();
      knownNanos = end;
    }
    return times;
  }

  /// Frees the marks of an interval that is not needed.
  void drop(Interval interval) {
    gpu.forget(interval.begin());
    gpu.forget(interval.end());
  }
}
