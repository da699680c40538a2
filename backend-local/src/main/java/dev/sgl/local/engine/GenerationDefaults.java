package dev.sgl.local.engine;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.Sampling;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.kernel.Choice;
import dev.sgl.local.sample.Settings;
import dev.sgl.local.tokens.SpecialNames;
import dev.sgl.local.tokens.Tokenizer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// What a model's `generation_config.json` says where a program says nothing.
///
/// @param suppressed tokens that are not generated
record GenerationDefaults(
    Choice choice, double repetitionPenalty, int[] ends, Set<Integer> suppressed) {
  /// Added to the logits of suppressed tokens; finite, since it may be added to others.
  private static final double SUPPRESSING = -1e9;

  static GenerationDefaults read(Checkpoint model, Tokenizer tokenizer) {
    JsonNode generation = model.json("generation_config.json");
    boolean samples = generation.path("do_sample").asBoolean(false);
    return new GenerationDefaults(
        samples
            ? new Choice(
                generation.path("temperature").asDouble(1),
                generation.path("top_k").asInt(0),
                generation.path("top_p").asDouble(1),
                generation.path("min_p").asDouble(0))
            : Choice.GREEDY,
        generation.path("repetition_penalty").asDouble(1),
        ends(model, tokenizer, generation),
        suppressed(tokenizer, generation));
  }

  private static Set<Integer> suppressed(Tokenizer tokenizer, JsonNode generation) {
    Set<Integer> tokens = new TreeSet<>();
    generation.path("suppress_tokens").forEach(id -> tokens.add(id.asInt(-1)));
    tokens.removeIf(id -> id < 0 || id >= tokenizer.vocabulary().size());
    return tokens;
  }

  private static int[] ends(Checkpoint model, Tokenizer tokenizer, JsonNode generation) {
    Set<Integer> ends = new TreeSet<>();
    for (JsonNode node :
        new JsonNode[] {
          generation.path("eos_token_id"), model.json("config.json").path("eos_token_id")
        }) {
      if (node.isIntegralNumber()) {
        ends.add(node.asInt());
      }
      node.forEach(id -> ends.add(id.asInt()));
    }
    SpecialNames.read(model).end().ifPresent(name -> tokenizer.special(name).ifPresent(ends::add));
    ends.removeIf(id -> id < 0 || id >= tokenizer.vocabulary().size());
    return ends.stream().mapToInt(Integer::intValue).toArray();
  }

  /// The settings of a generation: the program's, and these for the rest.
  Settings settings(Sampling sampling) {
    Sampling.Choice given = sampling.choice();
    Sampling.Penalties penalties = sampling.penalties();
    return new Settings(
        new Choice(
            given.temperature().orElse(choice.temperature()),
            given.topK().orElse(choice.topK()),
            given.topP().orElse(choice.topP()),
            given.minP().orElse(choice.minP())),
        new Settings.Penalties(
            penalties.repetition().orElse(repetitionPenalty),
            penalties.frequency(),
            penalties.presence(),
            biases(penalties.logitBias())),
        given.seed());
  }

  private Map<Integer, Double> biases(Map<Integer, Double> given) {
    if (suppressed.isEmpty()) {
      return given;
    }
    Map<Integer, Double> all = new HashMap<>(given);
    suppressed.forEach(token -> all.put(token, SUPPRESSING));
    return all;
  }

  /// The token that marks the end of a text.
  Optional<Integer> end() {
    return ends.length == 0 ? Optional.empty() : Optional.of(ends[0]);
  }
}
