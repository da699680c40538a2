package dev.sgl.local.kernel;

/// The weights of a norm, or a bias, as a device holds them; made by [Device#vector].
public interface Vector {}
