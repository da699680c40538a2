package dev.sgl.interpreter;

import dev.sgl.program.Expr;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.Tool;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The tools that a routine may call by their names, itself or through others. What `run` does is
/// up to the model, and not known before.
final class ToolUse {
  private final Program program;
  private final Set<String> seen = new HashSet<>(); // routines
  private final Map<Tool, Span> used = new LinkedHashMap<>(); // with the first call of each

  private ToolUse(Program program) {
    this.program = program;
  }

  /// The tools, each with a place where it is called.
  static Map<Tool, Span> of(Program program, Routine routine) {
    ToolUse use = new ToolUse(program);
    use.routine(routine);
    return use.used;
  }

  private void routine(Routine routine) {
    if (seen.add(routine.name())) {
      routine.parameters().forEach(p -> p.standard().ifPresent(this::expression));
      block(routine.body());
    }
  }

  private void block(List<Step> steps) {
    for (Step step : steps) {
      step.values().forEach(this::expression);
      step.blocks().forEach(this::block);
    }
  }

  private void expression(Expr expr) {
    if (expr instanceof Expr.Call(var name, _, var span)) {
      if (program.routines().get(name) instanceof Routine called) {
        routine(called);
      } else if (program.tools().get(name) instanceof Tool tool) {
        used.putIfAbsent(tool, span);
      }
    }
    expr.parts().forEach(this::expression);
  }
}
