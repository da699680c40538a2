package dev.sgl.compiler;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import dev.sgl.program.Functions;
import dev.sgl.program.Tool;
import dev.sgl.program.Tool.NamedModel;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a program and its modules define: routines by name, types by module, and tools and named
/// models, which are the same for all.
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
        case Sgl.NamedModelContext model -> model(model, module);
        case Sgl.UseContext _, Sgl.ToolContext _, Sgl.TestContext _ -> {}
        default -> throw new AssertionError(definition.getClass());
      }
    }
  }

  private void model(Sgl.NamedModelContext model, SourceModule module) {
    String name = model.name().getText();
    List<Tool> functions =
        NamedModel.functions(
            name, Lowering.documentation(model, module), module.span(model.name()));
    boolean isOther =
        functions.stream()
            .map(function -> tools.putIfAbsent(function.name(), function))
            .noneMatch(other -> other != null && other.span().file().equals(module.file()));
    if (!isOther || module.uses().containsKey(name)) {
      duplicate(model.name(), module);
    }
    models.add(name);
  }

  private void tools(SourceModule module) {
    for (Sgl.DefinitionContext definition : module.tree().definition()) {
      if (definition instanceof Sgl.ToolContext context) {
        Tool tool = Lowering.tool(context, module, this, diagnostics);
        Tool other = tools.putIfAbsent(tool.name(), tool);
        boolean same =
            other == null
                || !other.span().file().equals(tool.span().file())
                    && other.call().equals(tool.call())
                    && other.returns().equals(tool.returns());
        boolean standard = Functions.signature(tool.name()).isPresent();
        if (!same || standard || routines.containsKey(module.prefix() + tool.name())) {
          duplicate(context.name(), module);
        }
      }
    }
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
