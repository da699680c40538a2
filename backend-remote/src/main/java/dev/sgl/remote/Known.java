package dev.sgl.remote;

import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// What is known of an endpoint: what answers there, how much its model reads, and what it has
/// refused.
final class Known {
  private final ServerKind server;
  private final OptionalInt context;
  private final Set<Plan.Held> refused = ConcurrentHashMap.newKeySet();
  private volatile boolean isMute; // about log-probabilities

  /// @param context most tokens of a prompt and its reply, if the list of models says so
  Known(ServerKind server, OptionalInt context) {
    this.server = server;
    this.context = context;
  }

  ServerKind server() {
    return server;
  }

  OptionalInt context() {
    return context;
  }

  /// Whether log-probabilities come, or may come: of a server that nobody knows it is tried.
  boolean mayReport() {
    return server.can(ServerKind.Ability.LOGPROBS) || server == ServerKind.UNKNOWN && !isMute;
  }

  /// None came.
  void reportsNothing() {
    isMute = true;
  }

  /// The endpoint refused to hold a reply in this way, and answered when it was only described.
  void refuses(Plan.Held held) {
    refused.add(held);
  }

  boolean isRefused(Plan.Held held) {
    return refused.contains(held);
  }
}
