package dev.sgl.program;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A source file as data: its routines by name, in the order in which they are written.
public record Program(String file, Map<String, Routine> routines) {
  public Program {
    routines = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(routines));
  }

  /// The program that runs: `main`, or the only or last `program` of the file.
  public Optional<Routine> entry() {
    Routine main = routines.get("main");
    if (main != null) {
      return Optional.of(main);
    }
    return routines.values().stream()
        .filter(r -> r.kind() == Routine.Kind.PROGRAM)
        .reduce((first, second) -> second);
  }
}
