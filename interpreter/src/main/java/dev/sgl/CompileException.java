package dev.sgl;

import dev.sgl.compiler.Compiler;
import dev.sgl.diagnostic.Diagnostic;
import java.util.List;

/// A source text with mistakes in it; the message shows all of them with their lines.
public final class CompileException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient List<Diagnostic> diagnostics;

  CompileException(Compiler.Result result) {
    super(result.report().stripTrailing());
    this.diagnostics = result.diagnostics();
  }

  /// All diagnostics of the text, warnings included; at least one is a mistake.
  public List<Diagnostic> diagnostics() {
    return diagnostics;
  }
}
