package dev.sgl.builder;

import dev.sgl.compiler.Compiler;
import dev.sgl.program.Printer;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Tool;
import dev.sgl.program.Tool.NamedModel;
import dev.sgl.program.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A program, a fragment or a function that is being written, with the routines and tools
/// that it calls.
public final class ProgramBuilder extends Block<ProgramBuilder> {
  private final Routine.Kind kind;
  private final String name;
  private final List<Routine.Parameter> parameters = new ArrayList<>();
  private final Map<String, Routine> routines = new LinkedHashMap<>();
  private final Map<String, Tool> tools = new LinkedHashMap<>();
  private Optional<Type> returns = Optional.empty();
  private String documentation = "";

  /// @param name by which other routines call the routine
  public ProgramBuilder(Routine.Kind kind, String name) {
    this.kind = kind;
    this.name = name;
  }

  @Override
  ProgramBuilder self() {
    return this;
  }

  /// What the documentation of it says.
  public ProgramBuilder documentation(String text) {
    documentation = text;
    return this;
  }

  /// Adds a parameter.
  public ProgramBuilder param(String parameter, Type type) {
    parameters.add(new Routine.Parameter(parameter, type, Optional.empty(), Span.NONE));
    return this;
  }

  /// Adds a parameter without a default.
  ///
  /// @param type the Java class of its values
  /// @throws IllegalArgumentException if the class is no type of values
  public ProgramBuilder param(String parameter, Class<?> type) {
    return param(parameter, Type.of(type));
  }

  /// Adds a parameter that may be left out.
  ///
  /// @param standard its value then: text, a number, a list, a record, …
  public ProgramBuilder param(String parameter, Type type, Object standard) {
    parameters.add(
        new Routine.Parameter(parameter, type, Optional.of(Constants.of(standard)), Span.NONE));
    return this;
  }

  /// Sets the type of the value that the routine returns.
  public ProgramBuilder returning(Type type) {
    returns = Optional.of(type);
    return this;
  }

  /// Lets it call what `other` defines, by name.
  public ProgramBuilder using(Program other) {
    routines.putAll(other.routines());
    tools.putAll(other.tools());
    return this;
  }

  /// Lets it call what `other` is, which need not be whole without it.
  public ProgramBuilder using(ProgramBuilder other) {
    routines.putAll(other.routines);
    tools.putAll(other.tools);
    routines.put(other.name, other.routine());
    return this;
  }

  /// Lets it call a tool, which the host binds.
  public ProgramBuilder tool(Tool tool) {
    tools.put(tool.name(), tool);
    return this;
  }

  /// Lets it read with a model, which the host gives: `judge.score(text)`.
  public ProgramBuilder model(String named) {
    NamedModel.functions(named, "", Span.NONE).forEach(this::tool);
    return this;
  }

  private Routine routine() {
    return new Routine(kind, name, parameters, returns, steps(), documentation, Span.NONE);
  }

  /// Ends with the value of an expression, and is whole.
  ///
  /// @throws IllegalArgumentException as [#build] does
  public Program returns(String expression) {
    return giveBack(expression).build();
  }

  /// The program, checked as one that was read from a file. Its places are those of [Printer]'s
  /// text of it.
  ///
  /// @throws IllegalArgumentException if there is a mistake in it; the message shows all of them
  public Program build() {
    Map<String, Routine> all = new LinkedHashMap<>(routines);
    all.put(name, routine());
    String source = Printer.print(new Program(name, all, tools, List.of()));
    Compiler.Result result = Compiler.compile(name, source);
    return result
        .program()
        .orElseThrow(() -> new IllegalArgumentException(result.report().stripTrailing()));
  }
}
