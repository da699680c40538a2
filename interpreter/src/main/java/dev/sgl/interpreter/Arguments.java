package dev.sgl.interpreter;

import dev.sgl.program.Routine;
import dev.sgl.program.Type;
import dev.sgl.program.TypeException;
import dev.sgl.program.Types;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Reads arguments as they are typed at a prompt: `name=value`, text as it is, everything else as
/// JSON.
public final class Arguments {
  private Arguments() {}

  /// The arguments of `routine` by parameter name.
  ///
  /// @throws TypeException if one is unknown, of the wrong type, or missing
  public static Map<String, Object> read(Routine routine, List<String> written) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    for (String argument : written) {
      int equals = argument.indexOf('=');
      if (equals <= 0) {
        throw new TypeException("an argument is written name=value, not `" + argument + "`");
      }
      String name = argument.substring(0, equals);
      Routine.Parameter parameter = parameter(routine, name);
      if (arguments.putIfAbsent(name, value(parameter, argument.substring(equals + 1))) != null) {
        throw new TypeException("the argument `" + name + "` is given twice");
      }
    }
    return complete(routine, arguments);
  }

  /// The arguments of `routine` from one JSON object.
  ///
  /// @throws TypeException if it is none, or an argument is unknown, of the wrong type, or missing
  public static Map<String, Object> readJson(Routine routine, String json) {
    if (!(Types.parse(json).orElse("") instanceof Map<?, ?> given)) {
      throw new TypeException("the arguments must be a JSON object");
    }
    Map<String, Object> arguments = new LinkedHashMap<>();
    given.forEach(
        (name, value) -> {
          Routine.Parameter parameter = parameter(routine, String.valueOf(name));
          arguments.put(parameter.name(), checked(parameter, value));
        });
    return complete(routine, arguments);
  }

  private static Object checked(Routine.Parameter parameter, Object value) {
    Optional<String> wrong = Types.mismatch(parameter.type(), value);
    if (wrong.isPresent()) {
      throw new TypeException("the argument `" + parameter.name() + "`: " + wrong.get());
    }
    return value;
  }

  private static Routine.Parameter parameter(Routine routine, String name) {
    return routine.parameters().stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeException(
                    "`"
                        + routine.name()
                        + "` has no parameter `"
                        + name
                        + "`; it takes "
                        + signature(routine)));
  }

  private static Map<String, Object> complete(Routine routine, Map<String, Object> arguments) {
    for (Routine.Parameter parameter : routine.parameters()) {
      if (parameter.standard().isEmpty() && !arguments.containsKey(parameter.name())) {
        throw new TypeException(
            "`"
                + routine.name()
                + "` needs `"
                + parameter.name()
                + "`: add "
                + parameter.name()
                + "=…; it takes "
                + signature(routine));
      }
    }
    return arguments;
  }

  private static String signature(Routine routine) {
    return routine.parameters().isEmpty()
        ? "no arguments"
        : routine.parameters().stream()
            .map(
                p ->
                    p.name()
                        + ": "
                        + p.type().show()
                        + (p.standard().isPresent() ? " (optional)" : ""))
            .collect(Collectors.joining(", "));
  }

  private static Object value(Routine.Parameter parameter, String text) {
    Optional<String> mismatch = Types.mismatch(parameter.type(), text);
    if (mismatch.isEmpty() && !(parameter.type() instanceof Type.Any)) {
      return text;
    }
    return checked(parameter, Types.parse(text).orElse(text));
  }
}
