package dev.sgl.local.family;

import dev.sgl.local.kernel.AttentionShape;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/// Which layers see only a window: by `layer_types`, else those from `max_window_layers` on, else
/// all.
final class Windows {
  private static final String SLIDING = "sliding_attention";
  private static final List<String> TYPES = List.of("full_attention", SLIDING);

  private Windows() {}

  /// The heads of each layer, and how far they see.
  ///
  /// @param used whether the family looks at `sliding_window`
  static List<AttentionShape> of(Config config, Dimensions dimensions, boolean used) {
    AttentionShape heads = dimensions.heads();
    if (!used || !config.has("sliding_window")) {
      return Collections.nCopies(dimensions.layers(), heads);
    }
    int window = config.number("sliding_window");
    List<String> types = config.texts("layer_types");
    for (String type : types) {
      if (!TYPES.contains(type)) {
        throw config.wrong("layer_types", "has " + type + ", which is not supported");
      }
    }
    int from = config.index("max_window_layers", 0);
    if (config.has("layer_types") && types.size() != dimensions.layers()) {
      throw config.wrong(
          "layer_types", "has %d, not %d".formatted(types.size(), dimensions.layers()));
    }
    AttentionShape sliding =
        new AttentionShape(heads.heads(), heads.kvHeads(), heads.headDim(), window);
    return IntStream.range(0, dimensions.layers())
        .mapToObj(
            layer ->
                (!config.has("layer_types") ? layer >= from : types.get(layer).equals(SLIDING))
                    ? sliding
                    : heads)
        .toList();
  }
}
