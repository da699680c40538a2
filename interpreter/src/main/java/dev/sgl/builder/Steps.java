package dev.sgl.builder;

/// The statements of a block inside of another: of a message, a loop, a branch.
public final class Steps extends Block<Steps> {
  Steps() {}

  @Override
  Steps self() {
    return this;
  }
}
