package dev.sgl.cli.options;

/// How a command ends.
public final class ExitCode {
  public static final int OK = 0;

  /// There are mistakes in a program, or it failed.
  public static final int DIAGNOSTICS = 1;

  /// `sglc` was used in a wrong way.
  public static final int USAGE = 2;

  /// The model or the endpoint failed.
  public static final int MODEL = 3;

  private ExitCode() {}
}
