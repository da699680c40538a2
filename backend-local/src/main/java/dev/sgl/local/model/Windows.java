package dev.sgl.local.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.kernel.Kernels.AttentionShape;
import dev.sgl.local.weights.ModelException;
import java.util.ArrayList;
import java.util.List;

/// Which layers see only a window: by `layer_types`, else those from `max_window_layers` on, else
/// all.
final class Windows {
  private Windows() {}

  static List<Integer> of(DecoderConfig config, boolean used) {
    JsonNode window = config.json().path("sliding_window");
    if (!used || window.isMissingNode() || window.isNull()) {
      return Decoder.noWindows(config);
    }
    int size = DecoderConfig.whole(window);
    if (size < 1) {
      throw new ModelException("config.json: sliding_window is " + window);
    }
    JsonNode types = config.json().path("layer_types");
    int from = config.json().path("max_window_layers").asInt(0);
    List<Integer> windows = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      boolean slides =
          types.isArray() ? types.path(layer).asText().equals("sliding_attention") : layer >= from;
      windows.add(slides ? size : AttentionShape.ALL);
    }
    return windows;
  }
}
