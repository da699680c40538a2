package dev.sgl.local.family.mixture;

import dev.sgl.local.family.config.Family;

/// A family with experts, for which there are no kernels on a GPU.
abstract class Mixture implements Family {
  @Override
  public boolean runsOnGpu() {
    return false;
  }
}
