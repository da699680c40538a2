package dev.sgl.server.ollama;

import java.util.ArrayList;
import java.util.List;

/// Ids for calls, which chat templates expect and clients may leave out: results belong to calls
/// in their order.
final class CallIds {
  private final List<Open> open = new ArrayList<>();
  private int count;

  /// A call without a result.
  private record Open(String id, String tool) {}

  /// The id of a new call.
  String next(String tool) {
    String id = "call%05d".formatted(count++); // nine characters, as the strictest template wants
    open.add(new Open(id, tool));
    return id;
  }

  /// The id of the call that the next result belongs to.
  ///
  /// @param tool empty if the result does not say whose it is
  String answered(String tool) {
    for (Open call : List.copyOf(open)) {
      if (tool.isEmpty() || tool.equals(call.tool())) {
        open.remove(call);
        return call.id();
      }
    }
    return next(tool);
  }
}
