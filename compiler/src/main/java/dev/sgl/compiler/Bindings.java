package dev.sgl.compiler;

import dev.sgl.grammar.Sgl;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.antlr.v4.runtime.ParserRuleContext;
import org.jspecify.annotations.Nullable;

/// Which names variables have, routine by routine. A variable hides a type of the same name in its
/// whole routine.
public final class Bindings {
  private final Map<ParserRuleContext, Set<String>> bound = new IdentityHashMap<>(); // once asked

  /// Whether a variable of the name is bound in the routine or test that a place is in.
  public boolean isBound(String name, ParserRuleContext place) {
    @Nullable ParserRuleContext around = place;
    while (around != null && !(around instanceof Sgl.DefinitionContext)) {
      around = around.getParent();
    }
    return around != null && bound.computeIfAbsent(around, Bindings::of).contains(name);
  }

  private static Set<String> of(ParserRuleContext routine) {
    Set<String> names = new HashSet<>();
    Parsed.preorder(
        routine,
        tree -> {
          if (tree instanceof Sgl.NameContext name && isBinder(name)) {
            names.add(name.getText());
          }
        });
    return names;
  }

  private static boolean isBinder(Sgl.NameContext name) {
    return switch (name.getParent()) {
      case Sgl.ParameterContext _, Sgl.GenContext _, Sgl.ThinkContext _, Sgl.LetContext _ -> true;
      case Sgl.ForkEachContext _, Sgl.ForkBranchesContext _, Sgl.ForContext _ -> true;
      case Sgl.EachContext _, Sgl.GivenToolContext _ -> true;
      case Sgl.SelectContext select -> select.name(0) == name;
      case Sgl.CallPatternContext call -> call.name(0) != name;
      case null, default -> false;
    };
  }
}
