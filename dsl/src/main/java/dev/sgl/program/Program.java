package dev.sgl.program;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A source file as data: its routines by name, in the order in which they are written.
public record Program(String file, Map<String, Routine> routines) {
  public Program {
    routines = Collections.unmodifiableMap(new LinkedHashMap<>(routines));
  }

  /// The program that runs: the `program` named `main`, or the last one of the file.
  public Optional<Routine> entry() {
    Routine main = routines.get("main");
    if (main != null && main.kind() == Routine.Kind.PROGRAM) {
      return Optional.of(main);
    }
    return routines.values().stream()
        .filter(r -> r.kind() == Routine.Kind.PROGRAM)
        .reduce((first, second) -> second);
  }
}
