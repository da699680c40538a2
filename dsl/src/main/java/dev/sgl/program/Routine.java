package dev.sgl.program;

import java.util.List;
import java.util.Optional;

/// A program, a fragment or a function of a module.
///
/// @param documentation the text of its `///` lines
public record Routine(
    Kind kind,
    String name,
    List<Parameter> parameters,
    Optional<Type> returns,
    List<Step> body,
    String documentation,
    Span span) {

  public Routine {
    parameters = List.copyOf(parameters);
    body = List.copyOf(body);
  }

  /// The same with other `///` lines.
  public Routine withDocumentation(String text) {
    return new Routine(kind, name, parameters, returns, body, text, span);
  }

  /// Whose conversation a routine speaks in.
  public enum Kind {
    /// A new one of its own.
    PROGRAM,
    /// Its caller's.
    FRAGMENT,
    /// None: it only computes.
    FN
  }

  /// A parameter; one with a default may be left out of a call.
  public record Parameter(String name, Type type, Optional<Expr> standard, Span span) {}
}
