package dev.sgl.compiler;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.diagnostic.Report;
import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import dev.sgl.program.Expr;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/// Pieces of source text that stand alone, for programs that are built in Java. Names in them are
/// checked when the program is whole.
public final class Pieces {
  private Pieces() {}

  /// The expression that `source` is, such as `tips.len + 1`.
  ///
  /// @throws IllegalArgumentException if it is none; the message says where and why
  public static Expr expression(String source) {
    return read(
        source,
        SglLexer.DEFAULT_MODE,
        (parser, values) -> {
          Sgl.WholeExpressionContext whole = parser.wholeExpression();
          return () -> values.expr(whole.expression());
        });
  }

  /// The text that `source` is, as it would stand in quotes, with values in braces. Quotes and line
  /// ends may stand in it as they are.
  ///
  /// @throws IllegalArgumentException if it is none; the message says where and why
  public static Expr text(String source) {
    return read(
        source,
        SglLexer.BLOCK_TEXT,
        (parser, values) -> {
          Sgl.WholeTextContext whole = parser.wholeText();
          return () -> values.text(whole);
        });
  }

  private interface Lowered {
    Expr expr();
  }

  private static Expr read(String source, int mode, BiFunction<Sgl, ExprLowering, Lowered> piece) {
    List<Diagnostic> diagnostics = new ArrayList<>();
    Sources.Source named = new Sources.Source("(Java)", source);
    Sgl parser = Modules.parser(named, diagnostics, mode);
    SourceModule module =
        new Modules(Sources.NONE, diagnostics).parse(new Sources.Source(named.file(), ""), "");
    Declarations declarations = new Declarations(Sources.NONE, diagnostics);
    declarations.declare(module);
    Lowered lowered = piece.apply(parser, new ExprLowering(module, declarations, diagnostics));
    if (diagnostics.isEmpty()) {
      Expr expr = lowered.expr();
      if (diagnostics.isEmpty()) {
        return expr;
      }
    }
    throw new IllegalArgumentException(
        Report.show(diagnostics, Map.of(named.file(), source)).stripTrailing());
  }
}
