package dev.sgl.interpreter;

import java.util.OptionalLong;

/// How a run goes: who listens, and the seed from which every generation without one of its own
/// takes its seed, so that a run can be repeated.
public record RunOptions(RunListener listener, OptionalLong seed) {
  /// Nobody listens, and nothing is repeated.
  public static final RunOptions DEFAULT = new RunOptions(RunListener.SILENT, OptionalLong.empty());
}
