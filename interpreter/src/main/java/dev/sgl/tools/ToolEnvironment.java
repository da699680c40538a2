package dev.sgl.tools;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// The environment variables that a tool or an MCP server is started with: those that most
/// commands need, and no keys, unless they are named.
///
/// @param also names of further variables that are passed on
public record ToolEnvironment(Set<String> also) {
  /// Without further variables.
  public static final ToolEnvironment SMALL = new ToolEnvironment(Set.of());

  private static final Set<String> COMMON =
      Set.of(
          "PATH",
          "HOME",
          "USER",
          "LOGNAME",
          "SHELL",
          "TERM",
          "LANG",
          "LANGUAGE",
          "TZ",
          "TMPDIR",
          "PWD",
          "SYSTEMROOT",
          "COMSPEC",
          "PATHEXT",
          "TEMP",
          "TMP",
          "USERPROFILE",
          "APPDATA");

  public ToolEnvironment {
    also = Set.copyOf(also);
  }

  /// Takes all other variables out of an environment.
  ///
  /// @return the same
  ProcessBuilder limit(ProcessBuilder process) {
    Map<String, String> variables = process.environment();
    variables.keySet().removeIf(name -> !passes(name));
    return process;
  }

  private boolean passes(String name) {
    String upper = name.toUpperCase(Locale.ROOT); // Windows writes `Path`
    return COMMON.contains(upper) || name.startsWith("LC_") || also.contains(name);
  }
}
