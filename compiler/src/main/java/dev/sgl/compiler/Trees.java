package dev.sgl.compiler;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.antlr.v4.runtime.tree.ParseTree;

/// Walks over parse trees.
public final class Trees {
  private Trees() {}

  /// Calls `visit` for a tree and all trees in it, each before those inside it, from left to right.
  /// A long expression is a deep tree, so the walk does not recurse.
  public static void preorder(ParseTree tree, Consumer<ParseTree> visit) {
    Deque<ParseTree> open = new ArrayDeque<>();
    open.push(tree);
    while (!open.isEmpty()) {
      ParseTree next = open.pop();
      visit.accept(next);
      for (int i = next.getChildCount() - 1; i >= 0; i--) {
        open.push(next.getChild(i));
      }
    }
  }
}
