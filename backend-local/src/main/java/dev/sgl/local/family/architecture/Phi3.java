package dev.sgl.local.family.architecture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.FileLayouts;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.family.config.Windows;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;
import java.util.List;
import java.util.Map;

/// Phi-3 and 4 (Abdin et al., 2024): Llama with fused weights and a window; a part of each head may
/// be turned.
public final class Phi3 implements Family {
  private static final RotaryScaling.Standard STANDARD = RotaryScaling.STANDARD.ofPart(1);

  @Override
  public String models() {
    return "Phi-3, 3.5, 4 and 4-mini";
  }

  @Override
  public Names names(Config config) {
    AttentionShape heads = Dimensions.heads(config);
    String fused = "model.layers.{}.self_attn.qkv_proj";
    int queries = heads.heads() * heads.headDim();
    Names names =
        FileLayouts.fusedGates(FileLayouts.LLAMA, config)
            .withRows(Role.QUERY, fused, 0, queries)
            .withRows(Role.KEY, fused, queries, heads.width())
            .withRows(Role.VALUE, fused, queries + heads.width(), heads.width());
    return FileLayouts.turned(names, config, STANDARD, false);
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of(
        "rms_norm_eps", 1e-5,
        "max_position_embeddings", 4096,
        "original_max_position_embeddings", 4096);
  }

  @Override
  public Decoder decoder(Config config) {
    RotaryScaling.require(config, List.of("default", "longrope"));
    Dimensions dimensions = Dimensions.read(config);
    Rotary rotary = RotaryScaling.rotary(config, dimensions, STANDARD);
    List<AttentionShape> shapes = Windows.named(config, dimensions);
    return dimensions.preNorm(
        layer -> new Part.Attention(shapes.get(layer), rotary), dimensions.gated(false));
  }
}
