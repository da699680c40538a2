package dev.sgl.cli.options;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.TooLongException;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.run.RunException;

/// How a command ends.
public final class ExitCode {
  public static final int OK = 0;

  /// There are mistakes in a program, or it failed.
  public static final int DIAGNOSTICS = 1;

  /// `sglc` was used in a wrong way.
  public static final int USAGE = 2;

  /// The model or the endpoint failed.
  public static final int MODEL = 3;

  /// Ctrl-C broke a command off: 128 and the number of the signal, as shells have it.
  public static final int INTERRUPTED = 130;

  private ExitCode() {}

  /// How a command ends whose program failed. A prompt that is too long, or a type that cannot be
  /// followed, is the program's mistake, although the backend finds it.
  public static int of(RunException error) {
    return switch (error.getCause()) {
      case TooLongException _ -> DIAGNOSTICS;
      case BackendException refused when refused.getCause() instanceof ConstraintException ->
          DIAGNOSTICS;
      case BackendException _ -> MODEL;
      case null, default -> DIAGNOSTICS;
    };
  }
}
