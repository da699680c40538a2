package dev.sgl.cli.options;

/// A command has no program to work with, because of mistakes in it that have been shown; the
/// command ends with [ExitCode#DIAGNOSTICS].
public final class MistakesException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// The mistakes of a file, or of several in a folder.
  ///
  /// @param where the file or the folder
  public MistakesException(String where) {
    super("there are mistakes in " + where);
  }
}
