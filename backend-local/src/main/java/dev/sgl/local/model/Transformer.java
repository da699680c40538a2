package dev.sgl.local.model;

import dev.sgl.local.kernel.Activations;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.Device.AttentionLayer;
import dev.sgl.local.kernel.Device.Norm;
import dev.sgl.local.kernel.Kernels.AttentionShape;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.Pass;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.kernel.Vector;
import dev.sgl.local.weights.Checkpoint;
import dev.sgl.local.weights.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/// A decoder-only transformer (Vaswani et al., 2017, in the form of Llama): one definition for all
/// families and devices, over the operations of [Device].
public final class Transformer implements Model {
  private record Projection(Matrix weight, Optional<Vector> bias) {}

  private record Layer(
      Norm attentionNorm,
      Projection heads,
      AttentionLayer attention,
      Projection output,
      Norm forwardNorm,
      Projection gateUp,
      Projection down) {}

  /// A projection by its name in a checkpoint.
  private record Named(String name, int rows) {}

  private final DecoderConfig config;
  private final Matrix embedding;
  private final List<Layer> layers = new ArrayList<>();
  private final Norm norm;
  private final Matrix head;
  private final Rotary rotary;
  private final Device device;
  private final LongConsumer loaded;
  private long loadedBytes;

  private final Activations x; // the sum that runs through the layers
  private final Activations heads; // queries, keys and values
  private final Activations attended;
  private final Activations inner; // of the feed-forward part

  private Transformer(
      Decoder decoder, Checkpoint model, Device device, int rows, LongConsumer loaded) {
    this.device = device;
    this.loaded = loaded;
    config = decoder.config();
    Optional<Weight> unused = model.find("lm_head.weight").filter(_ -> decoder.config().tied());
    device.expect(model.numbers() - unused.map(Weight::numbers).orElse(0L));
    int hidden = config.hidden();
    Weight tokens = model.weight("model.embed_tokens.weight", config.vocabulary(), hidden);
    embedding = load(List.of(tokens));
    for (int i = 0; i < config.layers(); i++) {
      layers.add(layer(decoder, model, i));
    }
    norm = norm(model, "model.norm.weight", hidden);
    head =
        config.tied()
            ? embedding
            : load(List.of(model.weight("lm_head.weight", config.vocabulary(), hidden)));
    rotary = Rope.rotary(config);
    x = device.residual(rows, hidden);
    heads = device.activations(rows, queries(), keys(), keys());
    attended = device.activations(rows, queries());
    inner = device.activations(rows, config.intermediate());
  }

  /// Finds the weights of a checkpoint by the family that its `config.json` names.
  ///
  /// @param device that computes; closed with the model
  /// @param rows most rows of a batch
  /// @throws dev.sgl.local.weights.ModelException if the family is not known or a weight is missing
  public static Transformer open(Checkpoint model, Device device, int rows) {
    return open(model, device, rows, _ -> {});
  }

  /// The same, and `loaded` hears how many bytes of the weights are on the device after each.
  public static Transformer open(Checkpoint model, Device device, int rows, LongConsumer loaded) {
    Decoder decoder = Families.decoder(model.json("config.json"));
    return new Transformer(decoder, model, device, rows, loaded);
  }

  private Matrix load(List<Weight> parts) {
    Matrix matrix = device.load(parts);
    loadedBytes += parts.stream().mapToLong(part -> part.data().byteSize()).sum();
    loaded.accept(loadedBytes);
    return matrix;
  }

  private int queries() {
    return config.heads() * config.headDim();
  }

  private int keys() {
    return config.kvHeads() * config.headDim();
  }

  private Layer layer(Decoder decoder, Checkpoint model, int index) {
    String name = "model.layers." + index + ".";
    int hidden = config.hidden();
    int inner = config.intermediate();
    int dim = config.headDim();
    return new Layer(
        norm(model, name + "input_layernorm.weight", hidden),
        projection(
            model,
            hidden,
            decoder.queryBias(),
            new Named(name + "self_attn.q_proj", queries()),
            new Named(name + "self_attn.k_proj", keys()),
            new Named(name + "self_attn.v_proj", keys())),
        new AttentionLayer(
            index,
            new AttentionShape(config.heads(), config.kvHeads(), dim, decoder.windows().get(index)),
            headNorm(decoder, model, name + "self_attn.q_norm.weight", dim),
            headNorm(decoder, model, name + "self_attn.k_norm.weight", dim)),
        projection(
            model, queries(), decoder.outputBias(), new Named(name + "self_attn.o_proj", hidden)),
        norm(model, name + "post_attention_layernorm.weight", hidden),
        projection(
            model,
            hidden,
            decoder.forwardBias(),
            new Named(name + "mlp.gate_proj", inner),
            new Named(name + "mlp.up_proj", inner)),
        projection(model, inner, decoder.forwardBias(), new Named(name + "mlp.down_proj", hidden)));
  }

  private Projection projection(Checkpoint model, int columns, boolean biased, Named... parts) {
    List<Weight> weights = new ArrayList<>();
    List<Weight> biases = new ArrayList<>();
    for (Named part : parts) {
      weights.add(model.weight(part.name() + ".weight", part.rows(), columns));
      if (biased) {
        biases.add(model.weight(part.name() + ".bias", 1, part.rows()));
      }
    }
    return new Projection(
        load(weights), biased ? Optional.of(device.vector(biases)) : Optional.empty());
  }

  private Norm norm(Checkpoint model, String name, int length) {
    return new Norm(device.vector(List.of(model.weight(name, 1, length))), config.epsilon());
  }

  private Optional<Norm> headNorm(Decoder decoder, Checkpoint model, String name, int length) {
    return decoder.headNorm() ? Optional.of(norm(model, name, length)) : Optional.empty();
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
    return device.bytesPerToken(config.layers(), layers.getFirst().attention().shape());
  }

  @Override
  public long room() {
    return device.room();
  }

  @Override
  public boolean isAsynchronous() {
    return device.isAsynchronous();
  }

  @Override
  public void warmUp() {
    device.warmUp();
  }

  @Override
  public KvPool pool(int pages, int pageSize) {
    return device.pool(config.layers(), pages, pageSize, layers.getFirst().attention().shape());
  }

  @Override
  public Logits forward(Batch batch, KvPool pool) {
    Pass pass = device.begin(batch, pool, rotary);
    device.run(pass, () -> layers(pass));
    return device.logits(pass, x, norm, head);
  }

  private void layers(Pass pass) {
    device.embed(pass, embedding, x);
    for (Layer layer : layers) {
      Projection toHeads = layer.heads();
      device.project(pass, x, layer.attentionNorm(), toHeads.weight(), toHeads.bias(), heads);
      device.attention(pass, layer.attention(), heads, attended);
      device.addProjection(pass, attended, layer.output().weight(), layer.output().bias(), x);
      Projection gateUp = layer.gateUp();
      device.gated(pass, x, layer.forwardNorm(), gateUp.weight(), gateUp.bias(), inner);
      device.addProjection(pass, inner, layer.down().weight(), layer.down().bias(), x);
    }
  }

  @Override
  public void close() {
    device.close();
  }
}
