package dev.sgl.local.family.config;

import dev.sgl.local.kernel.AttentionShape;
import java.util.Collections;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// Which layers see only a window: by `layer_types`, else by a rule of the family.
public final class Windows {
  private static final String SLIDING = "sliding_attention";
  private static final List<String> TYPES = List.of("full_attention", SLIDING);

  private Windows() {}

  /// Whether each layer sees only a window.
  ///
  /// @param standard the rule, by the number of a layer
  public static List<Boolean> sliding(Config config, int layers, IntPredicate standard) {
    List<String> types = config.texts("layer_types");
    for (String type : types) {
      if (!TYPES.contains(type)) {
        throw config.wrong("layer_types", "has " + type + ", which is not supported");
      }
    }
    boolean named = config.has("layer_types");
    if (named && types.size() != layers) {
      throw config.wrong("layer_types", "has %d, not %d".formatted(types.size(), layers));
    }
    return IntStream.range(0, layers)
        .mapToObj(layer -> named ? types.get(layer).equals(SLIDING) : standard.test(layer))
        .toList();
  }

  /// The same, by the rule that the last of `each` layers sees everything.
  public static List<Boolean> allButLast(Config config, int layers, int each) {
    return sliding(config, layers, layer -> (layer + 1) % each != 0);
  }

  /// The heads of each layer, and how far they see.
  ///
  /// @param sliding whether each layer sees only a window
  public static List<AttentionShape> of(
      Config config, AttentionShape heads, List<Boolean> sliding) {
    if (!sliding.contains(true)) {
      return sliding.stream().map(_ -> heads).toList();
    }
    AttentionShape narrow = heads.within(config.number("sliding_window"));
    return sliding.stream().map(slides -> slides ? narrow : heads).toList();
  }

  /// The heads of layers of a model that uses no window.
  ///
  /// @throws dev.sgl.local.weights.ModelException if `layer_types` names layers that need one
  public static List<AttentionShape> none(Config config, Dimensions dimensions) {
    if (sliding(config, dimensions.layers(), _ -> false).contains(true)) {
      throw config.wrong("layer_types", "has " + SLIDING + ", and the model uses no window");
    }
    return Collections.nCopies(dimensions.layers(), dimensions.heads());
  }

  /// The same for families in which the layers from `max_window_layers` on see only a window, if
  /// the file names one.
  public static List<AttentionShape> named(Config config, Dimensions dimensions) {
    if (!config.has("sliding_window")) {
      return none(config, dimensions);
    }
    int from = config.index("max_window_layers", 0);
    List<Boolean> sliding = sliding(config, dimensions.layers(), layer -> layer >= from);
    return of(config, dimensions.heads(), sliding);
  }
}
