package dev.sgl.server.program;

import dev.sgl.program.Program;
import dev.sgl.run.RunOptions;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/// The programs that are served, by name.
///
/// @param options how each runs: its tools, its pictures
public record Programs(Map<String, Program> byName, Function<Program, RunOptions> options) {
  /// None.
  public static final Programs NONE = new Programs(Map.of(), _ -> RunOptions.DEFAULT);

  public Programs {
    byName = Collections.unmodifiableMap(new LinkedHashMap<>(byName));
  }
}
