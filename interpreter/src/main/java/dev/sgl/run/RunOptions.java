package dev.sgl.run;

import dev.sgl.backend.Scheduling;
import dev.sgl.tools.ToolFunction;
import java.util.Map;
import java.util.OptionalLong;

/// The options of a run.
///
/// @param listener called with the events of the run
/// @param seed from which every generation without one of its own takes its seed, so that a
///     run can be repeated
/// @param scheduling of all its requests
/// @param tools what the host does for the program, by name
/// @param pictures which pictures the program may show
/// @param sequential whether what could run at the same time runs one after the other, in the
///     order in which the program reaches it: a model that answers from a list then always
///     gives the same answer to the same question
/// @param limits how much it may do
public record RunOptions(
    RunListener listener,
    OptionalLong seed,
    Scheduling scheduling,
    Map<String, ToolFunction> tools,
    Pictures pictures,
    boolean sequential,
    RunLimits limits) {
  /// Nobody listens, nothing is repeated, and there are no tools.
  public static final RunOptions DEFAULT =
      new RunOptions(
          RunListener.SILENT,
          OptionalLong.empty(),
          Scheduling.DEFAULT,
          Map.of(),
          Pictures.NONE,
          false,
          RunLimits.DEFAULT);

  public RunOptions {
    tools = Map.copyOf(tools);
  }

  /// The same options with another listener.
  public RunOptions withListener(RunListener value) {
    return new RunOptions(value, seed, scheduling, tools, pictures, sequential, limits);
  }

  /// The same options with another seed, or with random seeds if there is none.
  public RunOptions withSeed(OptionalLong value) {
    return new RunOptions(listener, value, scheduling, tools, pictures, sequential, limits);
  }

  /// The same options with another scheduling of the requests.
  public RunOptions withScheduling(Scheduling value) {
    return new RunOptions(listener, seed, value, tools, pictures, sequential, limits);
  }

  /// The same options with other tools, by the names that the program declares.
  public RunOptions withTools(Map<String, ToolFunction> value) {
    return new RunOptions(listener, seed, scheduling, value, pictures, sequential, limits);
  }

  /// The same options with other pictures.
  public RunOptions withPictures(Pictures value) {
    return new RunOptions(listener, seed, scheduling, tools, value, sequential, limits);
  }

  /// The same options, sequential or not.
  public RunOptions withSequential(boolean value) {
    return new RunOptions(listener, seed, scheduling, tools, pictures, value, limits);
  }

  /// The same options with other limits.
  public RunOptions withLimits(RunLimits value) {
    return new RunOptions(listener, seed, scheduling, tools, pictures, sequential, value);
  }
}
