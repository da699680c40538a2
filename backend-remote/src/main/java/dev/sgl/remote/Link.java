package dev.sgl.remote;

import dev.sgl.backend.Request;
import dev.sgl.remote.ServerKind.Ability;

/// An endpoint, what is known of it, and what is remembered of what it was asked.
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
}
