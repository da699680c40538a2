package dev.sgl.compiler;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import dev.sgl.program.Functions;
import dev.sgl.program.Span;
import dev.sgl.program.Tool;
import dev.sgl.program.Tool.NamedModel;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The definitions of a program and its modules: routines by name, types by module, and tools
/// and named models, which are the same for all.
final class Declarations {
  private final Sources sources;
  private final List<Diagnostic> diagnostics;
  private final Map<String, Sgl.RoutineContext> routines = new HashMap<>(); // by whole name
  private final Map<String, SourceModule> modules = new LinkedHashMap<>(); // by prefix
  private final Map<String, TypeLowering> types = new HashMap<>(); // by prefix
  private final Map<String, Tool> tools = new LinkedHashMap<>();
  private final Set<String> models = new HashSet<>();

  Declarations(Sources sources, List<Diagnostic> diagnostics) {
    this.sources = sources;
    this.diagnostics = diagnostics;
  }

  /// Takes in all that `file` and the modules that it uses define.
  void declare(SourceModule file) {
    collect(file);
    modules.values().forEach(this::names);
    modules.values().forEach(this::tools);
    types.values().forEach(TypeLowering::resolveAll);
  }

  private void collect(SourceModule module) {
    modules.put(module.prefix(), module);
    types.put(module.prefix(), new TypeLowering(module, this, sources, diagnostics));
    module.uses().values().forEach(this::collect);
  }

  private void names(SourceModule module) {
    for (Sgl.DefinitionContext definition : module.tree().definition()) {
      switch (definition) {
        case Sgl.RoutineContext routine -> {
          String name = module.prefix() + routine.name().getText();
          boolean standard = Functions.signature(routine.name().getText()).isPresent();
          if (routines.putIfAbsent(name, routine) != null || standard) {
            duplicate(routine.name(), module);
          }
        }
        case Sgl.TypeAliasContext alias -> types(module).declare(alias);
        case Sgl.NamedModelContext model -> models.add(model.name().getText());
        case Sgl.UseContext _, Sgl.ToolContext _, Sgl.TestContext _ -> {}
        default -> throw new AssertionError(definition.getClass());
      }
    }
  }

  private void tools(SourceModule module) {
    for (Sgl.DefinitionContext definition : module.tree().definition()) {
      switch (definition) {
        case Sgl.ToolContext tool -> tool(tool, module);
        case Sgl.NamedModelContext model -> model(model, module);
        default -> {}
      }
    }
  }

  private void tool(Sgl.ToolContext context, SourceModule module) {
    Tool tool = Lowering.tool(context, module, this, diagnostics);
    Tool other = tools.putIfAbsent(tool.name(), tool);
    boolean same =
        other == null
            || other.span().equals(tool.span())
            || !other.span().file().equals(tool.span().file())
                && other.call().equals(tool.call())
                && other.returns().equals(tool.returns());
    if (!same || isModel(tool.name()) || isTaken(tool.name(), module)) {
      duplicate(context.name(), module);
    }
  }

  /// Files may declare the same model.
  private void model(Sgl.NamedModelContext context, SourceModule module) {
    String name = context.name().getText();
    Span span = module.span(context.name());
    boolean isSecond = false;
    for (Tool function :
        NamedModel.functions(name, Lowering.documentation(context, module), span)) {
      Tool other = tools.putIfAbsent(function.name(), function);
      isSecond |=
          other != null && other.span().file().equals(span.file()) && !other.span().equals(span);
    }
    boolean isModule = module.uses().containsKey(name) || modules.containsKey(name + ".");
    if (isSecond || isModule || isTaken(name, module)) {
      duplicate(context.name(), module);
    }
  }

  /// Whether a routine of the module, or a standard function, has the name.
  private boolean isTaken(String name, SourceModule module) {
    return Functions.signature(name).isPresent() || routines.containsKey(module.prefix() + name);
  }

  private void duplicate(Sgl.NameContext name, SourceModule module) {
    diagnostics.add(Diagnostic.duplicateName(name.getText(), module.span(name)));
  }

  /// The file, and the modules that it uses after it.
  Collection<SourceModule> modules() {
    return modules.values();
  }

  TypeLowering types(SourceModule module) {
    TypeLowering lowering = types.get(module.prefix());
    if (lowering == null) {
      throw new IllegalStateException("the module " + module.file() + " was not declared");
    }
    return lowering;
  }

  Map<String, Tool> tools() {
    return tools;
  }

  /// Whether there is a model of the name.
  boolean isModel(String name) {
    return models.contains(name);
  }

  /// What a module calls when it calls `name`: a routine of its own, or else what all can call.
  String callee(SourceModule module, String name) {
    String own = module.prefix() + name;
    return routines.containsKey(own) || routines.containsKey(name) ? own : name;
  }

  /// Whether the whole name `callee` is a fragment's.
  boolean isFragment(String callee) {
    Sgl.RoutineContext routine = routines.get(callee);
    return routine != null && routine.kind.getType() == SglLexer.FRAGMENT;
  }
}
