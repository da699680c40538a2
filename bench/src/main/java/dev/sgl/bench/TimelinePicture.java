package dev.sgl.bench;

import dev.sgl.bench.EngineWatch.Span;
import dev.sgl.bench.EngineWatch.Steady;
import dev.sgl.local.engine.EngineListener.BatchReport;
import java.util.List;
import java.util.Locale;

/// What the GPU and the host do during a few batches, as SVG: a lane each, milliseconds to the
/// right.
final class TimelinePicture {
  private static final int LEFT = 110;
  private static final int WIDTH = 900;
  private static final int LANE = 40;
  private static final int TOP = 60;

  private final Steady steady;
  private final long from;
  private final long to;

  /// @param shown batches
  TimelinePicture(Steady steady, int shown) {
    this.steady = steady;
    List<Span> spans = steady.spans();
    int first = spans.size() / 2;
    from = spans.get(first).start();
    to = spans.get(Math.min(spans.size() - 1, first + 2 * shown)).end();
  }

  String svg(String title) {
    StringBuilder out = new StringBuilder();
    int height = TOP + 2 * LANE + 50;
    out.append(
        format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                + " font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">%n",
            WIDTH, height));
    out.append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    out.append(
        format(
            "<text x=\"16\" y=\"26\" font-size=\"15\">%s: the GPU is busy %.1f %% of the time</text>%n",
            title, steady.busy() * 100));
    lane(out, 0, "GPU");
    for (Span span : steady.spans()) {
      boolean layers = span.what().equals("layers");
      bar(out, 0, span.start(), span.end(), layers ? "#2f7d5b" : "#f2b872", span.what());
    }
    lane(out, 1, "host");
    for (BatchReport batch : steady.batches()) {
      bar(out, 1, batch.start(), batch.end(), "#8fb8de", "asks, takes answers, fills masks");
    }
    for (double ms = 0; ms <= (to - from) / 1e6; ms += 5) {
      double x = x(from + Math.round(ms * 1e6));
      out.append(
          format(
              "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f ms</text>%n",
              x, TOP + 2 * LANE + 24, ms));
    }
    out.append(
        format(
            "<text x=\"%d\" y=\"%d\" fill=\"#777\">green: layers; orange: logits and tokens; blue:"
                + " the host's part of a batch, in which it also waits for the answers before</text>%n",
            16, height - 6));
    return out.append("</svg>\n").toString();
  }

  private static void lane(StringBuilder out, int lane, String name) {
    out.append(
        format(
            "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>%n",
            LEFT - 10, TOP + lane * LANE + 20, name));
  }

  private void bar(StringBuilder out, int lane, long start, long end, String colour, String what) {
    if (end < from || start > to) {
      return;
    }
    double left = x(Math.max(start, from));
    double right = x(Math.min(end, to));
    out.append(
        format(
            "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"%s\" stroke=\"#fff\""
                + " stroke-width=\"0.3\"><title>%s, %.3f ms</title></rect>%n",
            left, TOP + lane * LANE, right - left, LANE - 12, colour, what, (end - start) / 1e6));
  }

  private double x(long nanos) {
    return LEFT + (double) (nanos - from) / (to - from) * (WIDTH - LEFT - 30);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
