package dev.sgl.local.family.gemma;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.family.config.Windows;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.AttentionShape.Scoring;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Gemma 3 (Gemma Team, 2025): Gemma 2 without bounds; five of six layers have a window, and angles
/// of their own; queries and keys are normed head by head.
public final class Gemma3 implements Family {
  private static final int EACH = 6; // layers, of which the last sees everything
  private static final int CONTEXT = 131_072;

  @Override
  public String models() {
    return "Gemma 3 1B and 270M";
  }

  @Override
  public Names names(Config config) {
    return Gemma2.NAMES;
  }

  @Override
  public Map<String, Object> standards() {
    Map<String, Object> all = new HashMap<>(Gemma2.STANDARDS);
    all.put("vocab_size", 262_208);
    all.put("max_position_embeddings", CONTEXT);
    return all;
  }

  @Override
  public RotaryScaling.Standard rotary(Config config) {
    return new RotaryScaling.Standard(1_000_000, CONTEXT);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Gemma2.dimensions(config);
    int each = config.number("sliding_window_pattern", EACH);
    List<Boolean> sliding = Windows.allButLast(config, dimensions.layers(), each);
    Scoring scoring = new Scoring(Gemma2.scale(config), Scoring.UNCAPPED);
    List<AttentionShape> shapes =
        Windows.of(config, dimensions.heads().withScoring(scoring), sliding);
    double local = config.positive("rope_local_base_freq", 10_000);
    Rotary near =
        RotaryScaling.rotaryOfType(
            config, dimensions, false, new RotaryScaling.Standard(local, CONTEXT));
    Rotary far = RotaryScaling.rotaryOfType(config, dimensions, true, rotary(config));
    return Gemma2.decoder(
        config,
        dimensions,
        layer ->
            new Part.Attention(shapes.get(layer), sliding.get(layer) ? near : far)
                .withNorms(dimensions.headNorms()));
  }
}
