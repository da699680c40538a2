package dev.sgl.local.model;

import dev.sgl.local.kernel.Activation;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.AttentionShape.Scoring;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.kernel.host.TestTensors;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Role;
import dev.sgl.local.weights.Weight;
import dev.sgl.local.weights.WeightSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// A model that no family has: layers of attention, with heads of other sizes, numbers, windows and
/// rotaries, and layers of short convolutions, which keep a state; random weights.
public final class TinyDecoder implements WeightSource {
  public static final int VOCABULARY = 96;
  private static final int HIDDEN = 64;
  private static final int PAGE = 16;
  private static final int PAGES = 24; // of a sequence

  public static final Decoder DECODER = decoder();

  private final SplittableRandom random = new SplittableRandom(3);
  private final Map<String, Weight> weights = new HashMap<>();

  private static Decoder decoder() {
    Part.Attention wide = attention(new AttentionShape(4, 2, 16, AttentionShape.ALL), 10_000);
    Part.Attention narrow = attention(new AttentionShape(2, 1, 32, 40), 500);
    Part.Attention alone = attention(new AttentionShape(3, 3, 16, 24), 10_000);
    Part.Attention large = attention(new AttentionShape(2, 1, 384, AttentionShape.ALL), 10_000);
    List<Layer> layers =
        List.of(
            layer(wide, 96),
            layer(new Part.Convolution(48, 4, true), 96),
            layer(narrow, 128),
            layer(narrow, 128),
            layer(new Part.Convolution(HIDDEN, 2, false), 96),
            layer(alone, 96),
            layer(large, 96));
    return new Decoder(
        VOCABULARY,
        HIDDEN,
        1 << 10,
        new Decoder.Embedding(1),
        layers,
        Optional.of(norm(Role.FINAL_NORM)),
        Optional.of(new Decoder.Head(false, Scoring.UNCAPPED)),
        false);
  }

  private static Part.Attention attention(AttentionShape shape, double theta) {
    float[] frequencies = new float[shape.headDim() / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(theta, -2.0 * i / shape.headDim());
    }
    return new Part.Attention(shape, new Rotary(frequencies, 1)).withBias(true, false);
  }

  private static Layer layer(Part first, int inner) {
    return new Layer(
        List.of(
            new Layer.Residual(norm(Role.ATTENTION_NORM), first),
            new Layer.Residual(
                norm(Role.FORWARD_NORM), new Part.Gated(inner, Activation.SILU, false))));
  }

  private static Norm norm(Role role) {
    return new Norm(role, HIDDEN, 1e-5f);
  }

  @Override
  public Optional<Weight> find(Role role, int layer) {
    return Optional.empty();
  }

  @Override
  public Weight weight(Role role, int layer, int rows, int columns) {
    return weights.computeIfAbsent(
        role + " " + layer, _ -> weight(rows, columns, rows == 1 ? 1 : 2 / Math.sqrt(columns)));
  }

  @Override
  public Weight expert(Role role, int layer, int expert, int rows, int columns) {
    return weights.computeIfAbsent(
        role + " " + layer + " " + expert, _ -> weight(rows, columns, 2 / Math.sqrt(columns)));
  }

  @Override
  public Weight bias(Role role, int layer, int length) {
    return weights.computeIfAbsent(role + " bias " + layer, _ -> weight(1, length, 0.5));
  }

  private Weight weight(int rows, int columns, double most) {
    return TestTensors.weight(random, DType.F16, rows, columns, most);
  }

  @Override
  public long leastBytes() {
    return 1 << 20;
  }

  /// The logits after the last of each sequence's tokens: all tokens but the last of each in chunks
  /// of `chunk`, one sequence after the other, then the last ones of all sequences in one batch.
  public static List<float[]> logits(Model model, int[][] sequences, int chunk) {
    KvPool pool = model.pool(sequences.length * PAGES, PAGE, sequences.length);
    int[][] tables = new int[sequences.length][];
    for (int s = 0; s < sequences.length; s++) {
      tables[s] = IntStream.range(s * PAGES, (s + 1) * PAGES).toArray();
      Arrays.stream(tables[s]).forEach(pool::prepare);
      int last = sequences[s].length - 1;
      for (int from = 0; from < last; from += chunk) {
        int to = Math.min(last, from + chunk);
        int[][] rows = new int[to - from][];
        Arrays.fill(rows, tables[s]);
        int[] slots = new int[to - from];
        Arrays.fill(slots, s);
        model.forward(
            new Batch(
                Arrays.copyOfRange(sequences[s], from, to),
                IntStream.range(from, to).toArray(),
                rows,
                slots,
                new int[0]),
            pool);
      }
    }
    int[] tokens = Arrays.stream(sequences).mapToInt(s -> s[s.length - 1]).toArray();
    int[] positions = Arrays.stream(sequences).mapToInt(s -> s.length - 1).toArray();
    int[] slots = IntStream.range(0, sequences.length).toArray();
    int[] sampled = slots.clone(); // a row of each sequence
    Logits logits = model.forward(new Batch(tokens, positions, tables, slots, sampled), pool);
    return IntStream.range(0, sequences.length).mapToObj(logits::state).toList();
  }

  /// Sequences of random tokens, of these lengths.
  public static int[][] sequences(int... lengths) {
    SplittableRandom random = new SplittableRandom(5);
    return Arrays.stream(lengths)
        .mapToObj(length -> random.ints(length, 0, VOCABULARY).toArray())
        .toArray(int[][]::new);
  }
}
