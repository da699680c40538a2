package dev.sgl.cli;

import dev.sgl.backend.Backend;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Pin;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Request;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Selection;
import dev.sgl.remote.RemoteBackend;
import java.io.PrintWriter;
import java.util.HashSet;
import java.util.Set;

/// Shows how requests are put to an endpoint, each way once.
final class Explained implements Backend {
  private final RemoteBackend remote;
  private final PrintWriter err;
  private final Set<String> shown = new HashSet<>();

  Explained(RemoteBackend remote, PrintWriter err) {
    this.remote = remote;
    this.err = err;
    show("endpoint: a server of the kind " + remote.server().word());
  }

  private synchronized void show(String line) {
    if (shown.add(line)) {
      err.println(line);
      err.flush();
    }
  }

  @Override
  public String model() {
    return remote.model();
  }

  @Override
  public Generation generate(Request request) {
    show("gen " + request.type().show() + ": " + remote.explain(request));
    return remote.generate(request);
  }

  @Override
  public Selection select(Question question) {
    Selection selection = remote.select(question);
    show("select: " + selection.method());
    return selection;
  }

  @Override
  public Pin pin(Prompt prompt, Scheduling scheduling) {
    return remote.pin(prompt, scheduling);
  }

  @Override
  public void close() {
    remote.close();
  }
}
