package dev.sgl.remote;

import dev.sgl.backend.Request;
import dev.sgl.remote.ServerKind.Ability;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// An endpoint, its known abilities, and the memory of earlier requests.
record Link(RemoteOptions options, Endpoint endpoint, Known known, Warmth warmth, Said said) {
  ServerKind server() {
    return known.server();
  }

  /// Whether raw text can be continued: who gives a template knows that it can.
  boolean completes() {
    return server().can(Ability.COMPLETIONS)
        || options.template().isPresent() && server() == ServerKind.UNKNOWN;
  }

  Plan plan(Request request) {
    Plan plan = Plan.of(request, server(), completes());
    return known.isRefused(plan.held()) ? plan.described() : plan;
  }

  /// The kind of server at an endpoint, the context of its model, and the constraints that it
  /// refused.
  static final class Known {
    /// Refusals after which a way of holding replies is not tried any more, if it never succeeded:
    /// one may be the schema's fault.
    private static final int ENOUGH = 2;

    private final ServerKind server;
    private final OptionalInt context;
    private final Map<Plan.Held, Integer> refusals = new ConcurrentHashMap<>();
    private final Set<Plan.Held> accepted = ConcurrentHashMap.newKeySet();
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

    /// The endpoint took a request that holds its reply in this way.
    void accepts(Plan.Held held) {
      accepted.add(held);
    }

    /// The endpoint refused to hold a reply in this way, and answered when it was only described.
    void refuses(Plan.Held held) {
      refusals.merge(held, 1, Integer::sum);
    }

    boolean isRefused(Plan.Held held) {
      return !accepted.contains(held) && refusals.getOrDefault(held, 0) >= ENOUGH;
    }

    /// Whether log-probabilities come, or may come: with an unknown server it is tried.
    boolean mayReport() {
      return server.can(Ability.LOGPROBS) || server == ServerKind.UNKNOWN && !isMute;
    }

    /// It answered without any, or did not take a request for them.
    void reportsNothing() {
      isMute = true;
    }
  }
}
