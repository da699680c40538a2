package dev.sgl.program;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// A source file as data, with the modules that it uses.
///
/// @param routines by name, in the order in which they are written; those of a module used as `m`
///     are called `m.name`
/// @param tools what the host has to bind, by name
/// @param tests the `test` blocks of the file itself
public record Program(
    String file, Map<String, Routine> routines, Map<String, Tool> tools, List<TestCase> tests) {
  public Program {
    routines = Collections.unmodifiableMap(new LinkedHashMap<>(routines));
    tools = Collections.unmodifiableMap(new LinkedHashMap<>(tools));
    tests = List.copyOf(tests);
  }

  /// The names of the models that it reads with.
  public Set<String> models() {
    return tools.values().stream()
        .flatMap(tool -> tool.model().stream())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /// The same with another routine of that name.
  public Program with(Routine routine) {
    Map<String, Routine> changed = new LinkedHashMap<>(routines);
    changed.replace(routine.name(), routine);
    return new Program(file, changed, tools, tests);
  }

  /// The program that runs: the `program` named `main`, or the last one of the file.
  public Optional<Routine> entry() {
    Routine main = routines.get("main");
    if (main != null && main.kind() == Routine.Kind.PROGRAM) {
      return Optional.of(main);
    }
    return routines.values().stream()
        .filter(r -> r.kind() == Routine.Kind.PROGRAM && !r.name().contains("."))
        .reduce((first, second) -> second);
  }
}
