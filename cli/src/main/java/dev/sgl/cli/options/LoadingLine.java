package dev.sgl.cli.options;

import dev.sgl.local.engine.Progress;
import java.io.PrintWriter;

/// One line about a model that loads or is written, written over itself and gone when it is done.
public final class LoadingLine implements Progress, AutoCloseable {
  private static final int SHORT = 30;
  private static final long A_MOMENT = 100_000_000; // nanoseconds

  private final PrintWriter terminal;
  private final String model;
  private String device = "";
  private final boolean shown;
  private final long start = System.nanoTime();
  private long last;

  /// @param err standard error, which is used where there is no terminal to write to directly
  /// @param shown whether there is a line at all
  public LoadingLine(PrintWriter err, String model, boolean shown) {
    this.terminal = shown ? Terminal.direct(err) : err;
    this.model = model;
    this.shown = shown;
  }

  @Override
  public void loading(String what, long done, long total) {
    if (shown) {
      terminal.printf(
          "\r\u001b[Kloading %s%s: %s (%.1f of %.1f MB)",
          model, device, what, done / 1e6, total / 1e6);
      terminal.flush();
    }
  }

  /// `done` of `total` bytes of the quantized model are written.
  public void quantized(long done, long total) {
    if (isDue()) {
      terminal.printf("\r\u001b[Kquantizing %s (%.1f of %.1f MB)", model, done / 1e6, total / 1e6);
      terminal.flush();
    }
  }

  /// Whether the line is shown, and is older than a moment.
  private boolean isDue() {
    boolean isDue = shown && System.nanoTime() - last > A_MOMENT;
    last = isDue ? System.nanoTime() : last;
    return isDue;
  }

  /// A file of a model is fetched.
  void fetched(String file, long done, long total) {
    if (isDue()) {
      double seconds = (last - start) / 1e9;
      terminal.printf(
          "\r\u001b[Kfetching %s: %s (%.1f of %.1f MB, %.1f MB/s)",
          model, file, done / 1e6, total / 1e6, done / 1e6 / seconds);
      terminal.flush();
    }
  }

  /// A short name becomes a part of the line; a longer reason stays on a line of its own.
  @Override
  public void device(String name) {
    if (name.length() <= SHORT) {
      device = " on " + name;
    } else if (shown) {
      terminal.println("\r\u001b[Kcomputed by " + name);
    }
  }

  @Override
  public void close() {
    if (shown) {
      terminal.print("\r\u001b[K");
      terminal.flush();
    }
  }
}
