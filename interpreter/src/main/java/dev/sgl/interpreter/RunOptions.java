package dev.sgl.interpreter;

import dev.sgl.backend.Scheduling;
import java.util.OptionalLong;

/// How a run goes: who listens, and the seed from which every generation without one of its own
/// takes its seed, so that a run can be repeated.
///
/// @param scheduling how its requests stand beside those of other runs
public record RunOptions(RunListener listener, OptionalLong seed, Scheduling scheduling) {
  /// Nobody listens, and nothing is repeated.
  public static final RunOptions DEFAULT = new RunOptions(RunListener.SILENT, OptionalLong.empty());

  public RunOptions(RunListener listener, OptionalLong seed) {
    this(listener, seed, Scheduling.DEFAULT);
  }
}
