package dev.sgl.interpreter;

import dev.sgl.program.Routine;
import dev.sgl.program.Tool;
import dev.sgl.program.Type;
import dev.sgl.program.TypeException;
import dev.sgl.program.Types;
import dev.sgl.run.RunException;
import dev.sgl.tools.ToolFunction;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/// Calls the host's tools: arguments and results are checked against what the program declares.
final class ToolCalls {
  private final Run run;
  private final String branch;

  ToolCalls(Run run, String branch) {
    this.run = run;
    this.branch = branch;
  }

  /// Does what a generated call says.
  ///
  /// @param call a record of `name` and `arguments`
  Object run(Object call) {
    if (call instanceof Map<?, ?> record
        && record.get("name") instanceof String name
        && record.get("arguments") instanceof Map<?, ?> given) {
      Tool tool = tool(name);
      Map<String, Object> arguments = new LinkedHashMap<>();
      given.forEach((key, value) -> arguments.put(String.valueOf(key), value));
      return call(tool, arguments);
    }
    throw new TypeException("`run` takes a call of a tool: {name: …, arguments: {…}}");
  }

  private Tool tool(String name) {
    return Optional.ofNullable(run.program().tools().get(name))
        .orElseThrow(() -> new TypeException("the program has no tool `" + name + "`"));
  }

  /// Calls `tool` and waits for its result.
  Object call(Tool tool, Map<String, Object> arguments) {
    ToolFunction function =
        Optional.ofNullable(run.options().tools().get(tool.name()))
            .orElseThrow(() -> new UnboundToolException(List.of(tool)));
    Optional<String> wrong = Types.mismatch(tool.call().type(), arguments);
    if (wrong.isPresent()) {
      throw new TypeException("the arguments of `" + tool.name() + "`: " + wrong.get());
    }
    long asked = System.nanoTime();
    Object result = result(tool, function, arguments);
    run.options().listener().called(branch, tool.name(), asked, arguments, result);
    return result;
  }

  private static Object result(Tool tool, ToolFunction function, Map<String, Object> arguments) {
    Object result = call(tool, function, arguments);
    Optional<String> wrong = Types.mismatch(tool.returns().orElse(Type.ANY), result);
    if (wrong.isPresent()) {
      throw new TypeException(tool.title() + " gave back: " + wrong.get());
    }
    return result;
  }

  private static Object call(Tool tool, ToolFunction function, Map<String, Object> arguments) {
    try {
      return function.call(arguments);
    } catch (TypeException | CancellationException | RunException e) {
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("cancelled");
    } catch (Exception e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new TypeException(tool.title() + " failed: " + why, e);
    }
  }

  /// The arguments of a call as a program writes it, with the defaults of those left out.
  static Map<String, Object> bind(Tool tool, Map<String, Object> given, Evaluator defaults) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    for (Routine.Parameter parameter : tool.parameters()) {
      if (given.containsKey(parameter.name())) {
        arguments.put(parameter.name(), given.get(parameter.name()));
      } else {
        parameter.standard().ifPresent(e -> arguments.put(parameter.name(), defaults.known(e)));
      }
    }
    return arguments;
  }
}
