package dev.sgl.run;

/// How much a run may do. A run that reaches a limit ends with an error that names it.
///
/// @param steps that it may compute by itself, branches and elements of lists included
/// @param tasks calls, branches and messages that may be unfinished at the same time
/// @param text characters of all texts that it may make by itself
public record RunLimits(long steps, int tasks, long text) {
  /// For trusted programs: only the number of unfinished tasks is limited.
  public static final RunLimits DEFAULT = new RunLimits(Long.MAX_VALUE, 50_000, Long.MAX_VALUE);
}
