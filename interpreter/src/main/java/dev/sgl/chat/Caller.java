package dev.sgl.chat;

import dev.sgl.program.Span;
import dev.sgl.run.RunException;
import java.util.List;
import java.util.Optional;

/// Where in Java something is said.
final class Caller {
  private static final StackWalker FRAMES = StackWalker.getInstance();
  private static final String ROOM = Caller.class.getPackageName() + ".";

  private Caller() {}

  /// The line that calls into this package.
  static Span line() {
    Optional<StackWalker.StackFrame> frame =
        FRAMES.walk(frames -> frames.filter(f -> !f.getClassName().startsWith(ROOM)).findFirst());
    return frame
        .map(f -> new Span(String.valueOf(f.getFileName()), 0, 0, f.getLineNumber(), 1))
        .orElse(Span.NONE);
  }

  /// The error with the line that calls into this package.
  static RunException located(RuntimeException error, String branch) {
    return new RunException(error, line(), branch, List.of());
  }
}
