package dev.sgl.server.ollama;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Ids for calls, which chat templates expect and clients may leave out: results belong to calls
/// in their order.
final class CallIds {
  private final List<Open> open = new ArrayList<>();
  private int count;

  /// A call without a result.
  private record Open(String id, String tool) {}

  /// The id of a call: the client's, or a new one.
  String called(Optional<String> given, String tool) {
    String id = given.orElseGet(this::next);
    open.add(new Open(id, tool));
    return id;
  }

  private String next() {
    return "call%05d".formatted(count++); // nine characters, as the strictest template wants
  }

  /// The id of the call that the next result belongs to.
  ///
  /// @param given the id that the result has, if it has one
  /// @param tool empty if the result does not say whose it is
  String answered(Optional<String> given, String tool) {
    for (Open call : open) {
      boolean isIts =
          given.map(call.id()::equals).orElseGet(() -> tool.isEmpty() || tool.equals(call.tool()));
      if (isIts) {
        open.remove(call);
        return call.id();
      }
    }
    return given.orElseGet(this::next);
  }
}
