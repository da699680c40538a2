package dev.sgl.local.sample;

import java.util.Map;
import java.util.OptionalLong;

/// How one sequence's tokens are chosen, every value known.
///
/// @param temperature 0 takes the likeliest token
/// @param topK 0 keeps all
/// @param repetitionPenalty 1 changes nothing
public record Settings(
    double temperature,
    int topK,
    double topP,
    double minP,
    double repetitionPenalty,
    double frequencyPenalty,
    double presencePenalty,
    Map<Integer, Double> bias,
    OptionalLong seed) {}
