package dev.sgl.local.kernel;

/// A batch on its way through a device; made by [Device#begin].
public interface Pass {
  /// The batch that this pass computes.
  Batch batch();
}
