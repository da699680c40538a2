package dev.sgl.cli;

import dev.sgl.local.engine.Progress;
import java.io.PrintWriter;

/// One line about a model that loads, written over itself and gone when it is done.
final class LoadingLine implements Progress, AutoCloseable {
  private final PrintWriter err;
  private final String model;
  private final boolean shown;

  LoadingLine(PrintWriter err, String model, boolean shown) {
    this.err = err;
    this.model = model;
    this.shown = shown;
  }

  @Override
  public void loading(String what, long done, long total) {
    if (shown) {
      err.printf(
          "\r\u001b[Kloading %s: %s (%.1f of %.1f MB)", model, what, done / 1e6, total / 1e6);
      err.flush();
    }
  }

  @Override
  public void close() {
    if (shown) {
      err.print("\r\u001b[K");
      err.flush();
    }
  }
}
