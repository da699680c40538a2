package dev.sgl.server.page;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.program.Span;
import java.util.Arrays;

/// The places of a text: browsers count UTF-16, spans count code points.
final class Places {
  private final int[] starts; // of code points, in UTF-16, and the text's end

  Places(String text) {
    starts = new int[text.codePointCount(0, text.length()) + 1];
    for (int point = 1; point < starts.length; point++) {
      starts[point] = text.offsetByCodePoints(starts[point - 1], 1);
    }
  }

  /// The code point at an offset, or the one that the offset is in the midst of.
  int codePoint(int offset) {
    int found = Arrays.binarySearch(starts, offset);
    return found >= 0 ? found : -found - 2;
  }

  /// Adds the two ends of a span, as `from` and `to`.
  ObjectNode put(ObjectNode object, Span span) {
    return object.put("from", offset(span.start())).put("to", offset(span.end()));
  }

  private int offset(int codePoint) {
    return starts[Math.clamp(codePoint, 0, starts.length - 1)];
  }
}
