package dev.sgl.local.family.config;

import dev.sgl.local.kernel.Rotary;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Rotary positions (Su et al., RoFormer, 2021) with the scalings by which models stretch their
/// context.
public final class RotaryScaling {
  public static final Standard STANDARD = new Standard(10_000, 2048);

  /// The first pairs of a head are turned by the angles that they have where all are (Gemma 4,
  /// 2026).
  private static final String PROPORTIONAL = "proportional";

  private static final int MOST_CONTEXT = 1 << 24;

  private final Config scaling;
  private final String type;
  private final int headDim;
  private final int turned; // numbers of a head
  private final double theta;
  private final int named; // by the file, before the scaling
  private final LongRope longRope;
  private List<Double> divisors = List.of(); // once they were needed

  /// The numbers of a family's models whose file has none.
  ///
  /// @param theta base of the frequencies
  /// @param context positions
  /// @param part of the numbers of a head that are turned; empty if they always are all
  public record Standard(double theta, int context, Optional<Double> part) {
    public Standard(double theta, int context) {
      this(theta, context, Optional.empty());
    }

    /// The same for a family whose files may name the part of a head that is turned.
    public Standard ofPart(double part) {
      return new Standard(theta, context, Optional.of(part));
    }
  }

  public RotaryScaling(Config config, int headDim, Standard standard) {
    this(config, scaling(config), headDim, named(config, standard));
  }

  /// The standards of a model that names a theta outside of its scaling.
  private static Standard named(Config config, Standard standard) {
    double theta = config.positive("rope_theta", standard.theta());
    return new Standard(theta, standard.context(), standard.part());
  }

  private RotaryScaling(Config config, Config scaling, int headDim, Standard standard) {
    this.scaling = scaling;
    type = type(scaling);
    this.headDim = headDim;
    turned = turned(config, scaling, headDim, standard);
    theta = scaling.positive("rope_theta", standard.theta());
    named = config.number("max_position_embeddings", standard.context());
    longRope = new LongRope(config, scaling, named);
    if (theta <= 1) {
      throw config.wrong("rope_theta", "is " + theta + ", not above 1");
    }
  }

  /// Refuses scalings that a family does not know.
  public static void require(Config config, List<String> types) {
    Config scaling = scaling(config);
    if (!types.contains(type(scaling))) {
      throw scaling.wrong("rope_type", "is " + type(scaling) + ", not " + types);
    }
  }

  /// How many numbers of a head are turned.
  public static int turned(Config config, int headDim, Standard standard) {
    return turned(config, scaling(config), headDim, standard);
  }

  private static int turned(Config config, Config scaling, int headDim, Standard standard) {
    if (standard.part().isEmpty()) {
      return headDim;
    }
    String key = "partial_rotary_factor";
    double outside = config.positive(key, standard.part().get());
    int turned = (int) (headDim * scaling.positive(key, outside));
    if (turned < 2 || turned % 2 != 0 || turned > headDim) {
      throw config.wrong(key, "turns " + turned + " of " + headDim + " numbers of a head");
    }
    return turned;
  }

  /// The angles by which positions turn a head, of a theta of 10,000 if the file names none.
  ///
  /// @throws dev.sgl.local.weights.ModelException if the scaling is not known
  public static Rotary rotary(Config config, Dimensions dimensions) {
    return rotary(config, dimensions, STANDARD);
  }

  /// The same for a family with other standards.
  public static Rotary rotary(Config config, Dimensions dimensions, Standard standard) {
    return new RotaryScaling(config, dimensions.heads().headDim(), standard).rotary();
  }

  /// The angles of layers of one type, where types have angles of their own: an object for each
  /// type since transformers 5, `rope_scaling` for the layers that see everything before.
  ///
  /// @param seesAll whether the layers see everything
  /// @param standard of the type
  public static Rotary rotaryOfType(
      Config config, Dimensions dimensions, boolean seesAll, Standard standard) {
    int headDim = dimensions.heads().headDim();
    if (config.has("rope_parameters")) {
      String type = seesAll ? "full_attention" : "sliding_attention";
      Config scaling = config.at("rope_parameters").at(type);
      return new RotaryScaling(config, scaling, headDim, standard).rotary();
    }
    if (!seesAll) {
      return new RotaryScaling(config, Config.empty(), headDim, standard).rotary();
    }
    Config scaling = config.at("rope_scaling");
    if (scaling.has("type") && !scaling.has("rope_type")) {
      throw scaling.wrong("type", "is not read for layers of several types; rope_type is");
    }
    return new RotaryScaling(config, scaling, headDim, named(config, standard)).rotary();
  }

  private Rotary rotary() {
    float[] frequencies = new float[headDim / 2];
    for (int i = 0; i < pairs(); i++) {
      frequencies[i] = (float) scaled(plain(i), i);
    }
    float stretch =
        switch (type) {
          case "yarn" -> stretch();
          case LongRope.TYPE -> longRope.stretch();
          default -> 1;
        };
    return new Rotary(frequencies, stretch, growth());
  }

  /// How many pairs of a head are turned.
  private int pairs() {
    if (!type.equals(PROPORTIONAL)) {
      return turned / 2;
    }
    int pairs = (int) (scaling.positive("partial_rotary_factor", 1) * headDim / 2);
    if (pairs > headDim / 2) {
      throw scaling.wrong("partial_rotary_factor", "is above 1");
    }
    return pairs;
  }

  private Optional<Rotary.Growth> growth() {
    double rate = scaling.nonNegative("llama_4_scaling_beta", 0);
    return rate == 0
        ? Optional.empty()
        : Optional.of(new Rotary.Growth((float) rate, (int) original()));
  }

  /// Most positions that a model is for: with yarn, the factor times those that it was trained with
  /// at first, whether or not the file counts them; with longrope, those at first, unless a user
  /// wants more.
  public static int context(Config config) {
    return context(config, STANDARD.context());
  }

  /// The same, of `standard` positions if the file counts none.
  public static int context(Config config, int standard) {
    int named = config.number("max_position_embeddings", standard);
    Config scaling = scaling(config);
    if (type(scaling).equals(LongRope.TYPE)) {
      return new LongRope(config, scaling, named).context();
    }
    if (!type(scaling).equals("yarn")) {
      return named;
    }
    double stretched =
        scaling.positive("original_max_position_embeddings", named) * scaling.positive("factor", 1);
    return (int) Math.min(Math.max(named, stretched), MOST_CONTEXT);
  }

  /// One object since transformers 5, `rope_theta` and `rope_scaling` before.
  private static Config scaling(Config config) {
    return config.at(config.has("rope_parameters") ? "rope_parameters" : "rope_scaling");
  }

  private static String type(Config scaling) {
    String type = scaling.text("rope_type").or(() -> scaling.text("type")).orElse("default");
    return type.equals("su") ? LongRope.TYPE : type; // its name in older files of Phi-3
  }

  /// The frequency of a pair of numbers before the scaling.
  private double plain(int pair) {
    return Math.pow(theta, -2.0 * pair / turned);
  }

  /// @param pair the number of the pair of numbers that the frequency turns
  private double scaled(double frequency, int pair) {
    return switch (type) {
      // within the model's context, which no sequence exceeds, dynamic scaling is none
      case "default", "dynamic" -> frequency;
      case "linear" -> frequency / factor();
      case PROPORTIONAL -> frequency / scaling.positive("factor", 1);
      case LongRope.TYPE -> frequency / longRope.divisor(pair, turned / 2);
      case "factors" -> frequency / divisor(pair);
      case "llama3" -> llama3(frequency);
      case "yarn" -> yarn(frequency);
      default ->
          throw scaling.wrong(
              "rope_type",
              "is "
                  + type
                  + ", which is not supported; supported are default, dynamic, linear, llama3, longrope, proportional and yarn");
    };
  }

  /// The divisor that a GGUF file has for a pair.
  private double divisor(int pair) {
    if (divisors.isEmpty()) {
      divisors = scaling.numbers("factors");
    }
    if (divisors.size() != turned / 2 || divisors.get(pair) <= 0) {
      throw scaling.wrong("factors", "has no number above 0 for each of " + turned / 2 + " pairs");
    }
    return divisors.get(pair);
  }

  /// Positions that the model was trained with at first.
  private double original() {
    return scaling.positive("original_max_position_embeddings", named);
  }

  private double factor() {
    return scaling.required("factor");
  }

  /// Llama 3.1: slow angles are divided by the factor, fast ones stay, between them it is blended.
  private double llama3(double frequency) {
    double low = scaling.required("low_freq_factor");
    double high = scaling.required("high_freq_factor");
    if (high <= low) {
      throw scaling.wrong("high_freq_factor", "is " + high + ", not above low_freq_factor");
    }
    double turns = original() * frequency / (2 * Math.PI);
    double blend = Math.clamp((turns - low) / (high - low), 0, 1);
    return frequency * (blend + (1 - blend) / factor());
  }

  /// YaRN (Peng et al., 2023): the same, but blended over the numbers of the pairs, between the
  /// pairs that make `beta_fast` and `beta_slow` turns over the original context.
  private double yarn(double frequency) {
    double pairs = turned / 2.0;
    double low = pair(scaling.positive("beta_fast", 32));
    double high = pair(scaling.positive("beta_slow", 1));
    if (scaling.flag("truncate", true)) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, turned - 1);
    double pair = -pairs * Math.log(frequency) / Math.log(theta);
    double slow = Math.clamp((pair - low) / Math.max(high - low, 1e-3), 0, 1);
    return frequency * (1 - slow + slow / factor());
  }

  /// The number of the pair that makes `turns` turns over the original context.
  private double pair(double turns) {
    return turned * Math.log(original() / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
  }

  /// By how much YaRN sharpens attention.
  private float stretch() {
    double factor = factor();
    double one = scaling.nonNegative("mscale", 0);
    double all = scaling.nonNegative("mscale_all_dim", 0);
    double standard =
        one != 0 && all != 0
            ? sharpening(factor, one) / sharpening(factor, all)
            : sharpening(factor, 1);
    return (float) scaling.positive("attention_factor", standard);
  }

  private static double sharpening(double factor, double scale) {
    return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
  }

  // --- GGUF files

  /// The keys of a GGUF file, behind the name of the architecture, and their values.
  ///
  /// @throws dev.sgl.local.weights.ModelException if such files have no keys for the scaling
  public Map<String, Object> ggufKeys() {
    if (type.equals(LongRope.TYPE) || type.equals(PROPORTIONAL)) {
      throw scaling.wrong(
          "rope_type", "is %s, with which GGUF files are not written".formatted(type));
    }
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("rope.freq_base", (float) theta);
    keys.put("rope.dimension_count", turned);
    if (type.equals("linear") || type.equals("yarn")) {
      keys.put("rope.scaling.type", type);
      keys.put("rope.scaling.factor", (float) factor());
    }
    if (type.equals("yarn")) {
      requireUsualYarn();
      keys.put("rope.scaling.original_context_length", (int) original());
    }
    return keys;
  }

  /// llama.cpp computes YaRN with these values, whatever a file says.
  private void requireUsualYarn() {
    requireUsual("beta_fast", scaling.positive("beta_fast", 32) == 32);
    requireUsual("beta_slow", scaling.positive("beta_slow", 1) == 1);
    requireUsual("truncate", scaling.flag("truncate", true));
    requireUsual("attention_factor", stretch() == (float) sharpening(factor(), 1));
  }

  private void requireUsual(String key, boolean isUsual) {
    if (!isUsual) {
      throw scaling.wrong(key, "has a value for which GGUF files have no key");
    }
  }

  /// The divisors of the frequencies, which GGUF files have in the place of Llama 3's scaling;
  /// empty for other scalings.
  public float[] ggufDivisors() {
    boolean isDivided = type.equals("llama3") || type.equals("factors");
    float[] divisors = new float[isDivided ? turned / 2 : 0];
    for (int i = 0; i < divisors.length; i++) {
      divisors[i] = (float) (plain(i) / scaled(plain(i), i));
    }
    return divisors;
  }
}
