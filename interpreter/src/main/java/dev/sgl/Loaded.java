package dev.sgl;

import dev.sgl.backend.Backend;
import dev.sgl.backend.Pin;
import dev.sgl.backend.TokenBackend;
import dev.sgl.chat.Running;
import dev.sgl.check.TypeFit;
import dev.sgl.diagnostic.Nearest;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.interpreter.Prefix;
import dev.sgl.program.JavaTypes;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.Tool;
import dev.sgl.run.RunOptions;
import dev.sgl.task.Pending;
import dev.sgl.task.TaskGroup;
import dev.sgl.tools.JavaTools;
import dev.sgl.tools.ReadingTools;
import dev.sgl.tools.ToolFunction;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// A program that is ready to run.
///
/// @param options of all runs of it
public record Loaded(Program program, RunOptions options) {

  /// The same with other options.
  public Loaded with(RunOptions other) {
    return new Loaded(program, other);
  }

  /// The same with its tools bound to the methods of `hosts` that are marked with
  /// [dev.sgl.annotation.Tool]. Methods that the program does not declare as tools do not count.
  ///
  /// @throws IllegalArgumentException if a method does not take what the tool is called with
  public Loaded withTools(Object... hosts) {
    Map<String, ToolFunction> bound = new LinkedHashMap<>(options.tools());
    for (Object host : hosts) {
      Map<String, ToolFunction> functions = JavaTools.functions(host);
      if (functions.isEmpty()) {
        throw new IllegalArgumentException(
            host.getClass().getName() + " has no method that is marked with @Tool");
      }
      for (Tool method : JavaTools.declared(host)) {
        Tool tool = program.tools().get(method.name());
        if (tool != null) {
          requireFit(tool, method);
          bound.put(tool.name(), Objects.requireNonNull(functions.get(tool.name())));
        }
      }
    }
    return with(options.withTools(bound));
  }

  /// The same with a model that the program names.
  ///
  /// @param name by which the program calls it
  /// @param model which the caller closes
  /// @throws IllegalArgumentException if the program names no such model
  public Loaded withModel(String name, TokenBackend model) {
    Map<String, ToolFunction> functions = ReadingTools.of(name, model);
    if (!program.tools().keySet().containsAll(functions.keySet())) {
      throw new IllegalArgumentException(program.file() + " has no `model " + name + "`");
    }
    Map<String, ToolFunction> bound = new LinkedHashMap<>(options.tools());
    bound.putAll(functions);
    return with(options.withTools(bound));
  }

  private static void requireFit(Tool tool, Tool method) {
    boolean returns =
        tool.returns().isEmpty()
            || method.returns().isPresent()
                && TypeFit.overlaps(method.returns().get(), tool.returns().get());
    if (!TypeFit.overlaps(tool.call().type(), method.call().type()) || !returns) {
      throw new IllegalArgumentException(
          "the tool `%s` is %s in the program, but %s in Java"
              .formatted(tool.name(), shown(tool), shown(method)));
    }
  }

  private static String shown(Tool tool) {
    return tool.call().type().show() + tool.returns().map(t -> " -> " + t.show()).orElse("");
  }

  /// Runs the program's entry.
  ///
  /// @param arguments Java values by parameter name
  /// @return a value of programs
  /// @throws dev.sgl.run.RunException if it failed
  /// @throws IllegalArgumentException if the program has no such parameter
  public Object run(Backend backend, Map<String, ?> arguments) {
    return Interpreter.run(program, values(arguments), backend, options);
  }

  private Map<String, Object> values(Map<String, ?> arguments) {
    List<Routine.Parameter> parameters = program.entry().map(Routine::parameters).orElse(List.of());
    Map<String, Object> values = new LinkedHashMap<>();
    arguments.forEach(
        (name, value) ->
            values.put(name, JavaTypes.fromJava(value, parameter(name, parameters).type())));
    return values;
  }

  private Routine.Parameter parameter(String name, List<Routine.Parameter> parameters) {
    return parameters.stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> {
              String near =
                  Nearest.to(name, parameters.stream().map(Routine.Parameter::name).toList())
                      .map(n -> "; did you mean `" + n + "`?")
                      .orElse("");
              return new IllegalArgumentException(
                  program.file() + ": the program has no parameter `" + name + "`" + near);
            });
  }

  /// Runs the program's entry once for each of `arguments`, at the same time. What all runs begin
  /// with is computed once, and kept as long as they run.
  ///
  /// @return values of programs, in the order of the arguments
  /// @throws dev.sgl.run.RunException the first error, which cancels the other runs
  public List<Object> runAll(Backend backend, List<? extends Map<String, ?>> arguments) {
    List<Map<String, Object>> runs = arguments.stream().map(this::values).toList();
    try (TaskGroup tasks = new TaskGroup(options.sequential());
        Pin _ = Prefix.pin(program, runs, backend, options.scheduling())) {
      List<Pending> values =
          runs.stream()
              .map(
                  run ->
                      tasks
                          .start("run", () -> Interpreter.run(program, run, backend, options))
                          .value())
              .toList();
      tasks.join();
      return values.stream().map(Pending::await).toList();
    }
  }

  /// Runs the program's entry, whose value is one of a Java class.
  public <T> T run(Backend backend, Map<String, ?> arguments, Class<T> type) {
    return JavaTypes.toJava(run(backend, arguments), type);
  }

  /// Starts the program's entry on a thread of its own; closing the returned run cancels it.
  public Running<Object> start(Backend backend, Map<String, ?> arguments) {
    return Running.start("program", () -> run(backend, arguments));
  }

  /// An object whose methods run the programs of the same names.
  ///
  /// A method's parameters are those of the program: by name where the interface was compiled
  /// with `-parameters`, else by position; a program's parameters that have a default may be
  /// left out. The method may have one more parameter, a [dev.sgl.run.Partials.Heard], which
  /// is called with the values while they grow. It returns the program's value, or a
  /// [Running] of it, which can be closed.
  ///
  /// @throws IllegalArgumentException if a method is no program's, or its types are others;
  ///     the message names all that are wrong
  public <T> T bind(Class<T> type, Backend backend) {
    Map<String, Routine> programs = new LinkedHashMap<>();
    program.routines().values().stream()
        .filter(routine -> routine.kind() == Routine.Kind.PROGRAM)
        .forEach(routine -> programs.put(routine.name(), routine));
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            new Bound(type, this, programs, backend)));
  }
}
