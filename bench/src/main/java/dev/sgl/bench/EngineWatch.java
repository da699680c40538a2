package dev.sgl.bench;

import dev.sgl.local.engine.EngineListener;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Notes what an engine on a GPU does, and what of it is steady: the longest time in which each
/// batch had the same number of sequences and no prompts.
final class EngineWatch implements EngineListener {
  private static final int RAMP = 8; // batches at both ends that do not count

  private final List<BatchReport> batches = new ArrayList<>();
  private final List<Span> busy = new ArrayList<>();

  /// A time in which the GPU computed, by the host's clock in nanoseconds.
  record Span(String what, long start, long end) {}

  /// A steady time.
  ///
  /// @param stepMillis from one batch to the next, the mean
  /// @param busy the part of the time in which the GPU computed
  /// @param between microseconds from the end of a batch's tokens to the next batch's layers
  /// @param within microseconds from the end of a batch's layers to its tokens
  /// @param spans when the GPU computed
  /// @param batches when the host requested them
  record Steady(
      int steps,
      double stepMillis,
      double busy,
      double[] between,
      double[] within,
      List<Span> spans,
      List<BatchReport> batches) {}

  @Override
  public synchronized void batch(BatchReport report) {
    batches.add(report);
  }

  @Override
  public synchronized void busy(String what, long start, long end) {
    busy.add(new Span(what, start, end));
  }

  synchronized void clear() {
    batches.clear();
    busy.clear();
  }

  /// @throws IllegalStateException if there was no such time
  synchronized Steady steady(int sequences) {
    int best = 0;
    int end = 0;
    int run = 0;
    for (int i = 0; i < batches.size(); i++) {
      BatchReport batch = batches.get(i);
      run = batch.sequences() == sequences && batch.promptRows() == 0 ? run + 1 : 0;
      if (run > best) {
        best = run;
        end = i + 1;
      }
    }
    if (best < 4 * RAMP) {
      throw new IllegalStateException("only " + best + " batches of " + sequences + " in a row");
    }
    long from = batches.get(end - best + RAMP).end();
    long to = batches.get(end - RAMP).end();
    List<Span> spans = busy.stream().filter(s -> s.start() >= from && s.end() <= to).toList();
    List<BatchReport> asked =
        batches.stream().filter(b -> b.start() >= from && b.end() <= to).toList();
    List<Double> between = new ArrayList<>();
    List<Double> within = new ArrayList<>();
    long computed = 0;
    for (int i = 1; i < spans.size(); i++) {
      double gap = (spans.get(i).start() - spans.get(i - 1).end()) / 1e3;
      (spans.get(i).what().equals("layers") ? between : within).add(gap);
      computed += spans.get(i).end() - spans.get(i).start();
    }
    long time = spans.getLast().end() - spans.getFirst().end();
    return new Steady(
        between.size(),
        time / 1e6 / between.size(),
        (double) computed / time,
        sorted(between),
        sorted(within),
        spans,
        asked);
  }

  private static double[] sorted(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(v -> v).toArray();
    Arrays.sort(sorted);
    return sorted;
  }

  /// The value below which a part of the sorted values lies.
  static double quantile(double[] sorted, double part) {
    return sorted[(int) Math.min(sorted.length - 1, part * sorted.length)];
  }
}
