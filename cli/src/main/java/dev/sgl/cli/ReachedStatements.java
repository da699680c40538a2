package dev.sgl.cli;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.diagnostic.Report;
import dev.sgl.program.Span;
import dev.sgl.program.Type;
import dev.sgl.run.RunException;
import dev.sgl.run.RunListener;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The statement that each conversation of a run has reached, and the variable that the model is
/// writing there: for the message when the run is interrupted.
final class ReachedStatements implements RunListener {
  /// Conversations that are shown.
  private static final int SHOWN = 4;

  private final Map<String, Span> reached = new LinkedHashMap<>(); // by branch
  private final Map<String, String> asked = new LinkedHashMap<>(); // variables by branch

  @Override
  public synchronized void reached(String branch, Span span) {
    reached.put(branch, span);
  }

  @Override
  public synchronized void asked(String branch, String name, Type type) {
    asked.put(branch, name);
  }

  @Override
  public synchronized void answered(
      String branch, String name, long start, Map<String, Object> meta) {
    asked.remove(branch);
  }

  @Override
  public synchronized void ended(String branch) {
    reached.remove(branch);
    asked.remove(branch);
  }

  /// The message for an interruption.
  ///
  /// @param texts the program's texts by file, to show places in them
  synchronized String show(Map<String, String> texts) {
    List<Diagnostic> places = new ArrayList<>();
    reached.entrySet().stream()
        .limit(SHOWN)
        .forEach(place -> places.add(place(place.getKey(), place.getValue())));
    int more = reached.size() - places.size();
    return places.isEmpty()
        ? "interrupted before the program began"
        : Report.show(places, texts).stripTrailing()
            + (more > 0 ? "\n… and " + more + " more conversations" : "");
  }

  private Diagnostic place(String branch, Span span) {
    String writing =
        asked.containsKey(branch) ? ", while the model wrote `" + asked.get(branch) + "`" : "";
    return new Diagnostic(
        "interrupted",
        "The run was interrupted" + writing + ".",
        span,
        "here, in " + RunException.shown(branch),
        Optional.empty());
  }
}
