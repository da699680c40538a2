package dev.sgl.local.family.architecture;

import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.family.config.Windows;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import java.util.List;
import java.util.Map;

/// OLMo 3 (OLMo Team, 2025): OLMo 2, with a window in three of four layers.
public final class Olmo3 extends Olmo2 {
  private static final int EACH = 4; // layers, of which the last sees everything
  private static final RotaryScaling.Standard STANDARD = new RotaryScaling.Standard(500_000, 2048);

  @Override
  public String models() {
    return "OLMo 3";
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of("rms_norm_eps", 1e-5, "sliding_window", 4096);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    List<Boolean> sliding = Windows.allButLast(config, dimensions.layers(), EACH);
    List<AttentionShape> shapes = Windows.of(config, dimensions.heads(), sliding);
    Rotary near = RotaryScaling.rotaryOfType(config, dimensions, false, STANDARD);
    Rotary far = RotaryScaling.rotaryOfType(config, dimensions, true, STANDARD);
    return decoder(
        config,
        dimensions,
        layer -> new Part.Attention(shapes.get(layer), sliding.get(layer) ? near : far));
  }
}
