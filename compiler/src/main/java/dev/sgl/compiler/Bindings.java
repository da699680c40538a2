package dev.sgl.compiler;

import dev.sgl.grammar.Sgl;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.tree.ParseTree;
import org.jspecify.annotations.Nullable;

/// Which names variables have. A variable hides a type of the same name in its whole routine.
public final class Bindings {
  private Bindings() {}

  /// Whether a variable of the name is bound in the routine or test that a place is in.
  public static boolean isBound(String name, ParserRuleContext place) {
    @Nullable ParserRuleContext around = place;
    while (around != null && !(around instanceof Sgl.DefinitionContext)) {
      around = around.getParent();
    }
    return around != null && binds(name, around);
  }

  private static boolean binds(String name, ParseTree tree) {
    if (tree instanceof Sgl.NameContext found && found.getText().equals(name) && isBinder(found)) {
      return true;
    }
    for (int i = 0; i < tree.getChildCount(); i++) {
      if (binds(name, tree.getChild(i))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isBinder(Sgl.NameContext name) {
    return switch (name.getParent()) {
      case Sgl.ParameterContext _, Sgl.GenContext _, Sgl.ThinkContext _, Sgl.LetContext _ -> true;
      case Sgl.ForkEachContext _, Sgl.ForkBranchesContext _, Sgl.ForContext _ -> true;
      case Sgl.EachContext _ -> true;
      case Sgl.SelectContext select -> select.name(0) == name;
      case Sgl.CallPatternContext call -> call.name(0) != name;
      case Sgl.GivenToolContext given -> given.name(0) != name;
      case null, default -> false;
    };
  }
}
