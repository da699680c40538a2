package dev.sgl.local.family.architecture;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Dimensions;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.RotaryScaling;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// InternLM 2 and 2.5 (Shanghai AI Laboratory, 2024): Llama whose files have queries, keys and
/// values in one tensor, head of keys by head of keys.
public final class InternLm2 implements Family {
  private static final String QUERIES_KEYS_VALUES = "model.layers.{}.attention.wqkv";

  private static final Names NAMES =
      Names.of(
          Map.ofEntries(
              Map.entry(Role.EMBEDDING, "model.tok_embeddings"),
              Map.entry(Role.ATTENTION_NORM, "model.layers.{}.attention_norm"),
              Map.entry(Role.ATTENTION_OUTPUT, "model.layers.{}.attention.wo"),
              Map.entry(Role.FORWARD_NORM, "model.layers.{}.ffn_norm"),
              Map.entry(Role.GATE, "model.layers.{}.feed_forward.w1"),
              Map.entry(Role.UP, "model.layers.{}.feed_forward.w3"),
              Map.entry(Role.DOWN, "model.layers.{}.feed_forward.w2"),
              Map.entry(Role.FINAL_NORM, "model.norm"),
              Map.entry(Role.HEAD, "output"),
              Map.entry(Role.LABELS, "score")),
          new Names.Prefix("model.", "")); // of a model that was saved without its head

  @Override
  public String models() {
    return "InternLM 2 and 2.5";
  }

  @Override
  public Names names(Config config) {
    AttentionShape heads = Dimensions.heads(config);
    int group = heads.heads() / heads.kvHeads();
    return NAMES
        .withPicked(Role.QUERY, QUERIES_KEYS_VALUES, rows(heads, 0, group))
        .withPicked(Role.KEY, QUERIES_KEYS_VALUES, rows(heads, group, 1))
        .withPicked(Role.VALUE, QUERIES_KEYS_VALUES, rows(heads, group + 1, 1));
  }

  /// The rows of some heads of each group, which are its queries, one of keys and one of values.
  private static Names.Picked rows(AttentionShape heads, int first, int count) {
    int dim = heads.headDim();
    int group = (heads.heads() / heads.kvHeads() + 2) * dim;
    int[] rows =
        IntStream.range(0, heads.kvHeads())
            .flatMap(of -> IntStream.range(0, count * dim).map(i -> of * group + first * dim + i))
            .toArray();
    return new Names.Picked(rows, heads.kvHeads() * group);
  }

  @Override
  public Map<String, Object> standards() {
    return Map.of(
        "vocab_size",
        103_168,
        "hidden_size",
        4096,
        "intermediate_size",
        11_008,
        "num_hidden_layers",
        32,
        "num_attention_heads",
        32);
  }

  @Override
  public Decoder decoder(Config config) {
    Dimensions dimensions = Dimensions.read(config);
    RotaryScaling.require(config, List.of("default", "dynamic", "linear"));
    boolean biased = config.flag("bias", true);
    Part.Attention attention =
        new Part.Attention(dimensions.heads(), RotaryScaling.rotary(config, dimensions))
            .withBias(biased, biased);
    return dimensions.preNorm(_ -> attention, dimensions.gated(false));
  }
}
