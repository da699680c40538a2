package dev.sgl.cli;

import dev.sgl.program.Role;
import dev.sgl.run.RunListener;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.Map;

/// Shows a run while it runs: the main conversation as it is generated, each branch as a whole when
/// it ends, so that texts of several branches do not mix. Generated text is bold in a terminal.
final class LiveText implements RunListener {
  private final PrintWriter out;
  private final PrintWriter log;
  private final boolean shown;
  private final boolean colors;
  private final String root;
  private final Map<String, StringBuilder> branches = new HashMap<>();
  private char last = '\n';

  /// @param shown whether text is shown; the program's log is, either way
  LiveText(String root, PrintWriter out, PrintWriter log, boolean shown, boolean colors) {
    this.root = root;
    this.out = out;
    this.log = log;
    this.shown = shown;
    this.colors = colors;
  }

  @Override
  public synchronized void message(String branch, Role role) {
    String heading = styled("2", role.word() + ":") + " ";
    if (branch.equals(root)) {
      newLine();
      put(heading);
    } else {
      StringBuilder text = branch(branch);
      text.append(text.isEmpty() || text.charAt(text.length() - 1) == '\n' ? "" : "\n")
          .append(heading);
    }
  }

  @Override
  public synchronized void written(String branch, String text) {
    append(branch, text);
  }

  @Override
  public synchronized void generated(String branch, String name, String text) {
    append(branch, styled("1", text));
  }

  @Override
  public synchronized void logged(String branch, String text) {
    newLine();
    log.println("log: " + text);
    log.flush();
  }

  @Override
  public synchronized void ended(String branch) {
    StringBuilder text = branches.remove(branch);
    if (text != null && !text.isEmpty()) {
      newLine();
      put(styled("2", "── " + branch) + "\n" + text);
    }
    newLine();
  }

  private void append(String branch, String text) {
    if (branch.equals(root)) {
      put(text);
    } else {
      branch(branch).append(text);
    }
  }

  private StringBuilder branch(String name) {
    return branches.computeIfAbsent(name, _ -> new StringBuilder());
  }

  private void newLine() {
    if (last != '\n') {
      put("\n");
    }
  }

  private void put(String text) {
    if (shown && !text.isEmpty()) {
      out.print(text);
      out.flush();
      last = text.charAt(text.length() - 1);
    }
  }

  private String styled(String code, String text) {
    return colors ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
