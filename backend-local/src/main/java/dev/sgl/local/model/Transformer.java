package dev.sgl.local.model;

import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Kernels;
import dev.sgl.local.kernel.Kernels.AttentionShape;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.Tensor;
import dev.sgl.local.weights.Checkpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A decoder-only transformer (Vaswani et al., 2017, in the form of Llama): one definition for all
/// families and devices, over the operations of [Kernels].
public final class Transformer implements Model {
  private record Projection(Matrix weight, Optional<float[]> bias) {}

  private record Layer(
      float[] attentionNorm,
      Projection query,
      Projection key,
      Projection value,
      Projection output,
      Optional<float[]> queryNorm,
      Optional<float[]> keyNorm,
      float[] forwardNorm,
      Projection gate,
      Projection up,
      Projection down,
      AttentionShape shape) {}

  private final DecoderConfig config;
  private final Matrix embedding;
  private final List<Layer> layers = new ArrayList<>();
  private final float[] norm;
  private final Matrix head;
  private final float[] frequencies;
  private final Kernels kernels;

  private Transformer(Decoder decoder, Checkpoint model, Kernels kernels) {
    this.kernels = kernels;
    config = decoder.config();
    int hidden = config.hidden();
    embedding =
        kernels.load(model.weight("model.embed_tokens.weight", config.vocabulary(), hidden));
    for (int i = 0; i < config.layers(); i++) {
      layers.add(layer(decoder, model, i));
    }
    norm = vector(model, "model.norm.weight", hidden);
    head =
        config.tied()
            ? embedding
            : kernels.load(model.weight("lm_head.weight", config.vocabulary(), hidden));
    frequencies = Rope.frequencies(config);
  }

  /// Finds the weights of a checkpoint by the family that its `config.json` names.
  ///
  /// @param kernels that compute; closed with the model
  /// @throws dev.sgl.local.weights.ModelException if the family is not known or a weight is missing
  public static Transformer open(Checkpoint model, Kernels kernels) {
    Decoder decoder = Families.decoder(DecoderConfig.read(model.json("config.json")));
    return new Transformer(decoder, model, kernels);
  }

  private Layer layer(Decoder decoder, Checkpoint model, int index) {
    DecoderConfig config = decoder.config();
    String name = "model.layers." + index + ".";
    int hidden = config.hidden();
    int inner = config.intermediate();
    int queries = config.heads() * config.headDim();
    int keys = config.kvHeads() * config.headDim();
    return new Layer(
        vector(model, name + "input_layernorm.weight", hidden),
        projection(model, name + "self_attn.q_proj", queries, hidden, decoder.queryBias()),
        projection(model, name + "self_attn.k_proj", keys, hidden, decoder.queryBias()),
        projection(model, name + "self_attn.v_proj", keys, hidden, decoder.queryBias()),
        projection(model, name + "self_attn.o_proj", hidden, queries, decoder.outputBias()),
        decoder.headNorm()
            ? Optional.of(vector(model, name + "self_attn.q_norm.weight", config.headDim()))
            : Optional.empty(),
        decoder.headNorm()
            ? Optional.of(vector(model, name + "self_attn.k_norm.weight", config.headDim()))
            : Optional.empty(),
        vector(model, name + "post_attention_layernorm.weight", hidden),
        projection(model, name + "mlp.gate_proj", inner, hidden, decoder.forwardBias()),
        projection(model, name + "mlp.up_proj", inner, hidden, decoder.forwardBias()),
        projection(model, name + "mlp.down_proj", hidden, inner, decoder.forwardBias()),
        new AttentionShape(
            config.heads(), config.kvHeads(), config.headDim(), decoder.windows().get(index)));
  }

  private Projection projection(
      Checkpoint model, String name, int rows, int columns, boolean biased) {
    return new Projection(
        kernels.load(model.weight(name + ".weight", rows, columns)),
        biased ? Optional.of(vector(model, name + ".bias", rows)) : Optional.empty());
  }

  private static float[] vector(Checkpoint model, String name, int length) {
    return model.weight(name, 1, length).floats();
  }

  @Override
  public int vocabulary() {
    return config.vocabulary();
  }

  @Override
  public int context() {
    return config.context();
  }

  @Override
  public long bytesPerToken() {
    return KvPool.bytesPerToken(config.layers(), config.kvHeads() * config.headDim());
  }

  @Override
  public void warmUp() {
    kernels.warmUp();
  }

  @Override
  public KvPool pool(int pages, int pageSize) {
    return new KvPool(config.layers(), pages, pageSize, config.kvHeads() * config.headDim());
  }

  @Override
  public Tensor forward(Batch batch, KvPool pool) {
    int rows = batch.rows();
    Tensor x = Tensor.of(rows, config.hidden());
    Tensor normed = Tensor.of(rows, config.hidden());
    Tensor queries = Tensor.of(rows, config.heads() * config.headDim());
    Tensor attended = Tensor.of(rows, config.heads() * config.headDim());
    Tensor keys = Tensor.of(rows, pool.width());
    Tensor values = Tensor.of(rows, pool.width());
    Tensor gate = Tensor.of(rows, config.intermediate());
    Tensor up = Tensor.of(rows, config.intermediate());
    Tensor angles = kernels.angles(batch.positions(), frequencies);
    kernels.embed(embedding, batch.tokens(), x);
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      kernels.rmsNorm(x, layer.attentionNorm(), config.epsilon(), normed, rows);
      linear(normed, layer.query(), queries, rows);
      linear(normed, layer.key(), keys, rows);
      linear(normed, layer.value(), values, rows);
      layer
          .queryNorm()
          .ifPresent(w -> kernels.rmsNorm(queries, w, config.epsilon(), queries, rows));
      layer.keyNorm().ifPresent(w -> kernels.rmsNorm(keys, w, config.epsilon(), keys, rows));
      kernels.rope(queries, config.headDim(), angles, rows);
      kernels.rope(keys, config.headDim(), angles, rows);
      kernels.store(keys, values, pool, i, batch);
      kernels.attention(queries, pool, i, batch, layer.shape(), attended);
      linear(attended, layer.output(), normed, rows);
      kernels.add(x, normed, rows);
      kernels.rmsNorm(x, layer.forwardNorm(), config.epsilon(), normed, rows);
      linear(normed, layer.gate(), gate, rows);
      linear(normed, layer.up(), up, rows);
      kernels.gate(gate, up, rows);
      linear(gate, layer.down(), normed, rows);
      kernels.add(x, normed, rows);
    }
    return logits(x, batch.sampled());
  }

  private Tensor logits(Tensor x, int[] sampled) {
    Tensor last = Tensor.of(sampled.length, config.hidden());
    for (int i = 0; i < sampled.length; i++) {
      System.arraycopy(
          x.values(),
          sampled[i] * config.hidden(),
          last.values(),
          i * config.hidden(),
          config.hidden());
    }
    kernels.rmsNorm(last, norm, config.epsilon(), last, sampled.length);
    Tensor logits = Tensor.of(sampled.length, config.vocabulary());
    kernels.linear(last, head, Optional.empty(), logits, sampled.length);
    return logits;
  }

  private void linear(Tensor x, Projection projection, Tensor out, int rows) {
    kernels.linear(x, projection.weight(), projection.bias(), out, rows);
  }

  @Override
  public void close() {
    kernels.close();
  }
}
