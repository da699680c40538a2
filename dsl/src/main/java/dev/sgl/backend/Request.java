package dev.sgl.backend;

import dev.sgl.program.Type;

/// One generation: what the model sees, what it may say, how it chooses, and when it is its turn.
public record Request(Prompt prompt, Type type, Sampling sampling, Scheduling scheduling) {
  public Request(Prompt prompt, Type type, Sampling sampling) {
    this(prompt, type, sampling, Scheduling.DEFAULT);
  }
}
