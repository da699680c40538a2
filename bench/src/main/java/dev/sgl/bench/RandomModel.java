package dev.sgl.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.weights.CodeRounding;
import dev.sgl.local.weights.Rounding;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/// Model folders of a real shape with random weights: as fast as a real model, and nothing to
/// download.
///
/// @param hidden numbers of a row between layers
/// @param intermediate numbers of a row within a feed-forward part, or within an expert
/// @param experts in place of the feed-forward part of each layer
record RandomModel(
    String name,
    int vocabulary,
    int hidden,
    int intermediate,
    int layers,
    Attention attention,
    Weights weights,
    Optional<Experts> experts) {
  private static final String LLAMA = "LlamaForCausalLM";
  private static final String QWEN3 = "Qwen3ForCausalLM";
  private static final String QWEN3_MOE = "Qwen3MoeForCausalLM";
  private static final Map<String, String> TYPES =
      Map.of(LLAMA, "llama", QWEN3, "qwen3", QWEN3_MOE, "qwen3_moe");

  private static final ObjectMapper JSON = new ObjectMapper();

  /// A model without experts.
  RandomModel(
      String name,
      int vocabulary,
      int hidden,
      int intermediate,
      int layers,
      Attention attention,
      Weights weights) {
    this(name, vocabulary, hidden, intermediate, layers, attention, weights, Optional.empty());
  }

  /// The experts of a layer.
  ///
  /// @param chosen for a token
  record Experts(int count, int chosen) {}

  /// The heads of a layer's attention.
  ///
  /// @param kvHeads heads of keys and values, each shared by several of the others
  /// @param headDim numbers of a head's row
  record Attention(int heads, int kvHeads, int headDim) {}

  /// How the weights are stored.
  ///
  /// @param family the architecture as `config.json` names it
  /// @param bf16 whether the weights have two bytes each; four otherwise
  /// @param tied whether the embedding is the head, too
  record Weights(String family, boolean bf16, boolean tied) {
    int bytesEach() {
      return bf16 ? 2 : 4;
    }
  }

  /// 105 million parameters: small enough for many runs, large enough that the model is what
  /// counts.
  static final RandomModel MIDDLE =
      new RandomModel(
          "105M", 4096, 768, 2560, 14, new Attention(12, 4, 64), new Weights(LLAMA, true, true));

  /// The shape of Llama-3.2-1B: 1.24 billion parameters.
  static RandomModel billion(boolean bf16) {
    return new RandomModel(
        "1.2B", 128_256, 2048, 8192, 16, new Attention(32, 8, 64), new Weights(LLAMA, bf16, true));
  }

  /// The shape of Llama-3.1-8B: 8.03 billion parameters.
  static RandomModel llama8b() {
    return new RandomModel(
        "8B",
        128_256,
        4096,
        14_336,
        32,
        new Attention(32, 8, 128),
        new Weights(LLAMA, true, false));
  }

  /// The shape of Llama-3.2-1B: 1.24 billion parameters.
  static RandomModel llama1b() {
    return new RandomModel(
        "1B", 128_256, 2048, 8192, 16, new Attention(32, 8, 64), new Weights(LLAMA, true, true));
  }

  /// The shape of Qwen3-0.6B: 596 million parameters.
  static RandomModel qwen600m() {
    return new RandomModel(
        "0.6B", 151_936, 1024, 3072, 28, new Attention(16, 8, 128), new Weights(QWEN3, true, true));
  }

  /// Two of the 48 layers of Qwen3-30B-A3B, with a small vocabulary: 1.3 billion parameters, of
  /// which a token is multiplied with 0.18 billion.
  static RandomModel mixture() {
    return new RandomModel(
        "A3B/24",
        32_768,
        2048,
        768,
        2,
        new Attention(32, 4, 128),
        new Weights(QWEN3_MOE, true, true),
        Optional.of(new Experts(128, 8)));
  }

  /// 26 million parameters.
  static RandomModel small(boolean bf16) {
    return new RandomModel(
        "25M", 4096, 512, 1408, 8, new Attention(8, 4, 64), new Weights(LLAMA, bf16, true));
  }

  int heads() {
    return attention.heads();
  }

  int headDim() {
    return attention.headDim();
  }

  boolean bf16() {
    return weights.bf16();
  }

  /// The folder of this model with the tokenizer of the demo model, which knows as many tokens.
  Path withTokenizer(Path home) throws IOException {
    Path folder = write();
    for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
      Files.copy(
          home.resolve("samples/model/demo").resolve(name),
          folder.resolve(name),
          StandardCopyOption.REPLACE_EXISTING);
    }
    return folder;
  }

  /// The folder of this model with a tokenizer that knows all of its vocabulary.
  Path withLargeVocabulary() throws IOException {
    Path folder = write();
    LargeVocabulary.write(folder, vocabulary);
    return folder;
  }

  long parameters() {
    return tensors().values().stream().mapToLong(s -> (long) s[0] * s[1]).sum();
  }

  /// Operations of the prefill of one prompt: two for each weight of the layers and token, and two
  /// for each weight of the head, which runs for the last token alone. The products of queries and
  /// keys are not counted.
  double prefillOperations(int tokens) {
    long table = (long) vocabulary * hidden;
    long layers = multiplied() - (weights.tied() ? 1 : 2) * table;
    return 2.0 * ((double) tokens * layers + table);
  }

  /// Bytes of the weights that a token is multiplied with: all, but not the embedding, unless it is
  /// also the head.
  long bytes() {
    return (multiplied() - (weights.tied() ? 0 : (long) vocabulary * hidden)) * weights.bytesEach();
  }

  /// The parameters without the experts that are not chosen for a token.
  private long multiplied() {
    long idle = experts.map(of -> of.count() - of.chosen()).orElse(0);
    return parameters() - idle * layers * 3 * intermediate * hidden;
  }

  /// Bytes that a step of decoding reads of them, as codes and scales if they are quantized; the
  /// head has 8 bits then.
  ///
  /// @param keepsFloats whether floating-point numbers of 8 bits stay so; they have 16 bits else
  double bytes(Optional<Rounding> rounding, boolean keepsFloats) {
    double head = (double) vocabulary * hidden;
    double layers = bytes() / weights.bytesEach() - head;
    return rounding
        .map(by -> layers * bytesEach(by, keepsFloats) + head * bytesEach(Rounding.Q8_0, false))
        .orElse((double) bytes());
  }

  private static double bytesEach(Rounding rounding, boolean keepsFloats) {
    return rounding
        .codes()
        .map(CodeRounding::scheme)
        .map(scheme -> scheme.bits() / 8.0 + 2.0 / scheme.group())
        .orElse(keepsFloats ? 1.0 : 2.0);
  }

  private Map<String, int[]> tensors() {
    Map<String, int[]> tensors = new LinkedHashMap<>();
    tensors.put("model.embed_tokens.weight", new int[] {vocabulary, hidden});
    for (int i = 0; i < layers; i++) {
      String layer = "model.layers." + i + ".";
      tensors.put(layer + "input_layernorm.weight", new int[] {1, hidden});
      tensors.put(layer + "self_attn.q_proj.weight", new int[] {heads() * headDim(), hidden});
      tensors.put(
          layer + "self_attn.k_proj.weight", new int[] {attention.kvHeads() * headDim(), hidden});
      tensors.put(
          layer + "self_attn.v_proj.weight", new int[] {attention.kvHeads() * headDim(), hidden});
      if (!weights.family().equals(LLAMA)) {
        tensors.put(layer + "self_attn.q_norm.weight", new int[] {1, headDim()});
        tensors.put(layer + "self_attn.k_norm.weight", new int[] {1, headDim()});
      }
      tensors.put(layer + "self_attn.o_proj.weight", new int[] {hidden, heads() * headDim()});
      tensors.put(layer + "post_attention_layernorm.weight", new int[] {1, hidden});
      if (experts.isPresent()) {
        int count = experts.get().count();
        tensors.put(layer + "mlp.gate.weight", new int[] {count, hidden});
        for (int expert = 0; expert < count; expert++) {
          putGated(tensors, layer + "mlp.experts." + expert + ".");
        }
      } else {
        putGated(tensors, layer + "mlp.");
      }
    }
    tensors.put("model.norm.weight", new int[] {1, hidden});
    if (!weights.tied()) {
      tensors.put("lm_head.weight", new int[] {vocabulary, hidden});
    }
    return tensors;
  }

  private void putGated(Map<String, int[]> tensors, String part) {
    tensors.put(part + "gate_proj.weight", new int[] {intermediate, hidden});
    tensors.put(part + "up_proj.weight", new int[] {intermediate, hidden});
    tensors.put(part + "down_proj.weight", new int[] {hidden, intermediate});
  }

  /// The folder of this model among the temporary files; writes it, unless it is there already.
  Path write() throws IOException {
    Path all = Path.of(System.getProperty("java.io.tmpdir"), "sgl-random-models");
    Path folder = all.resolve(name.replace('/', '-') + (bf16() ? "-bf16" : "-f32"));
    if (Files.exists(folder.resolve("config.json"))) {
      return folder;
    }
    Files.createDirectories(folder);
    writeWeights(folder.resolve("model.safetensors"));
    ObjectNode config = JSON.createObjectNode();
    config.putArray("architectures").add(weights.family());
    config.put("model_type", TYPES.get(weights.family()));
    config.put("vocab_size", vocabulary).put("hidden_size", hidden);
    config.put("intermediate_size", intermediate).put("num_hidden_layers", layers);
    config.put("num_attention_heads", heads()).put("num_key_value_heads", attention.kvHeads());
    config.put("head_dim", headDim()).put("max_position_embeddings", 8192);
    config.put("rms_norm_eps", 1e-5).put("rope_theta", 500_000.0);
    config.put("tie_word_embeddings", weights.tied()).put("eos_token_id", 2);
    experts.ifPresent(
        of -> {
          config.put("num_experts", of.count()).put("num_experts_per_tok", of.chosen());
          config.put("moe_intermediate_size", intermediate).put("norm_topk_prob", true);
        });
    JSON.writeValue(folder.resolve("config.json").toFile(), config);
    return folder;
  }

  private void writeWeights(Path file) throws IOException {
    ObjectNode header = JSON.createObjectNode();
    long at = 0;
    for (Map.Entry<String, int[]> tensor : tensors().entrySet()) {
      int[] shape = tensor.getValue();
      long end = at + (long) shape[0] * shape[1] * weights.bytesEach();
      ObjectNode entry = header.putObject(tensor.getKey()).put("dtype", bf16() ? "BF16" : "F32");
      if (shape[0] == 1) {
        entry.putArray("shape").add(shape[1]);
      } else {
        entry.putArray("shape").add(shape[0]).add(shape[1]);
      }
      entry.putArray("data_offsets").add(at).add(end);
      at = end;
    }
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = Files.newOutputStream(file)) {
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      out.write(length.putLong(text.length).array());
      out.write(text);
      byte[] block = random(hidden);
      for (long left = at; left > 0; left -= block.length) {
        out.write(block, 0, (int) Math.min(left, block.length));
      }
    }
  }

  /// A block of random numbers that is used again and again: small ones, so that the sums of
  /// `columns` of them stay small.
  private byte[] random(int columns) {
    SplittableRandom random = new SplittableRandom(1);
    ByteBuffer block = ByteBuffer.allocate((1 << 20) + 12 * 4).order(ByteOrder.LITTLE_ENDIAN);
    double scale = 1 / Math.sqrt(columns);
    while (block.hasRemaining()) {
      int bits = Float.floatToIntBits((float) (random.nextGaussian() * scale));
      if (bf16()) {
        block.putShort((short) (bits >>> 16));
      } else {
        block.putInt(bits);
      }
    }
    return block.array();
  }
}
