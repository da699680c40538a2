package dev.sgl.backend;

import dev.sgl.program.Type;

/// One generation: what the model sees, what it may say, and how it chooses.
public record Request(Prompt prompt, Type type, Sampling sampling) {}
