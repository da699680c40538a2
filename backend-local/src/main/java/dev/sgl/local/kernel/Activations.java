package dev.sgl.local.kernel;

/// Numbers of a batch's rows between two operations, where the device keeps them; made by
/// [Device#activations].
public interface Activations {}
