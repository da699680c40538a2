package dev.sgl.compiler;

import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import dev.sgl.program.Program;
import dev.sgl.program.Span;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;

/// Source text to a checked program: parse, lower, check. No pass throws on a user's mistake.
public final class Compiler {
  private Compiler() {}

  /// The outcome: a program, or the diagnostics that keep it from being one.
  public record Result(Optional<Program> program, List<Diagnostic> diagnostics) {
    public Result {
      diagnostics = List.copyOf(diagnostics);
    }
  }

  /// Compiles `source`; `file` is its name in messages.
  public static Result compile(String file, String source) {
    try {
      return compileWhole(file, source);
    } catch (StackOverflowError e) {
      Diagnostic deep =
          Diagnostic.syntax(
              "The program is nested too deeply.", new Span(file, 0, 1, 1, 1), "somewhere in here");
      return new Result(Optional.empty(), List.of(deep));
    }
  }

  private static Result compileWhole(String file, String source) {
    List<Diagnostic> diagnostics = new ArrayList<>();
    SglLexer lexer = new SglLexer(CharStreams.fromString(source, file));
    CommonTokenStream tokens = new CommonTokenStream(lexer);
    Sgl parser = new Sgl(tokens);
    SyntaxErrors errors = new SyntaxErrors(file, diagnostics);
    lexer.removeErrorListeners();
    lexer.addErrorListener(errors);
    parser.removeErrorListeners();
    parser.addErrorListener(errors);
    Sgl.FileContext tree = parser.file();
    if (!diagnostics.isEmpty()) {
      return new Result(Optional.empty(), diagnostics);
    }
    Program program = new Lowering(file, tokens, diagnostics).program(tree);
    new Checker(program, diagnostics).check();
    diagnostics.sort(Comparator.comparingInt(d -> d.span().start()));
    List<Diagnostic> distinct = diagnostics.stream().distinct().toList();
    return new Result(diagnostics.isEmpty() ? Optional.of(program) : Optional.empty(), distinct);
  }
}
