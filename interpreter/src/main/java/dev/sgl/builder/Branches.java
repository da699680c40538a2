package dev.sgl.builder;

import dev.sgl.program.Span;
import dev.sgl.program.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// The branches of a fork that are written one by one.
public final class Branches {
  private final List<Step.Branch> branches = new ArrayList<>();

  Branches() {}

  /// Adds a branch, whose variables are the fields of the fork's value `name`.
  public Branches branch(String name, Consumer<Steps> block) {
    branches.add(new Step.Branch(name, Block.inner(block), Span.NONE));
    return this;
  }

  List<Step.Branch> branches() {
    return branches;
  }
}
