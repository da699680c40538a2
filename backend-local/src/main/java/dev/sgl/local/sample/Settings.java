package dev.sgl.local.sample;

import dev.sgl.local.kernel.Choice;
import java.util.Map;
import java.util.OptionalLong;

/// How one sequence's tokens are chosen, every value known.
public record Settings(Choice choice, Penalties penalties, OptionalLong seed) {

  /// @param repetition divides positive and multiplies negative logits of tokens seen, prompt
  ///     included; 1 changes nothing
  /// @param frequency subtracted from a token's logit for each time it was generated
  /// @param presence subtracted once from each generated token's logit
  /// @param bias added to the logits of tokens, by token id
  public record Penalties(
      double repetition, double frequency, double presence, Map<Integer, Double> bias) {
    /// No change of any logit.
    public static final Penalties NONE = new Penalties(1, 0, 0, Map.of());
  }
}
