package dev.sgl.compiler;

import dev.sgl.check.Checker;
import dev.sgl.check.Observer;
import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.diagnostic.Report;
import dev.sgl.program.Program;
import dev.sgl.program.Span;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Source text to a checked program: parse, lower, check. No pass throws on a user's mistake.
public final class Compiler {
  private Compiler() {}

  /// The outcome: a program, or the diagnostics that keep it from being one; there may be warnings
  /// beside a program.
  ///
  /// @param texts of the files that were read, by their names
  public record Result(
      Optional<Program> program, List<Diagnostic> diagnostics, Map<String, String> texts) {
    public Result {
      diagnostics = List.copyOf(diagnostics);
      texts = Map.copyOf(texts);
    }

    /// The same as that of a file that is to be run: it has a program, or that is a mistake.
    public Result runnable() {
      if (program.isEmpty() || program.get().entry().isPresent()) {
        return this;
      }
      List<Diagnostic> all = new ArrayList<>(diagnostics);
      all.add(Diagnostic.noProgram(new Span(program.get().file(), 0, 1, 1, 1)));
      return new Result(Optional.empty(), all, texts);
    }

    /// The diagnostics as people read them; nothing if there are none.
    public String report() {
      return Report.show(diagnostics, texts);
    }
  }

  /// Compiles `source`, which uses no other files; `file` is its name in messages.
  public static Result compile(String file, String source) {
    return compile(file, source, Sources.NONE);
  }

  /// Compiles `source`; its modules and other files are read from `sources`.
  public static Result compile(String file, String source, Sources sources) {
    return compile(file, source, sources, Observer.NONE);
  }

  /// The same; `observer` is called for each variable, in mistaken programs too.
  public static Result compile(String file, String source, Sources sources, Observer observer) {
    try {
      return compileWhole(new Sources.Source(file, source), sources, observer);
    } catch (StackOverflowError e) {
      return new Result(Optional.empty(), List.of(tooDeep(file)), Map.of(file, source));
    }
  }

  static Diagnostic tooDeep(String file) {
    return ofAll(file, "The program is nested too deeply.");
  }

  /// A mistake whose place in the file is unknown.
  public static Diagnostic ofAll(String file, String message) {
    return Diagnostic.syntax(message, new Span(file, 0, 1, 1, 1), "somewhere in here");
  }

  private static Result compileWhole(Sources.Source source, Sources sources, Observer observer) {
    List<Diagnostic> diagnostics = new ArrayList<>();
    Modules modules = new Modules(sources, diagnostics);
    SourceModule file = modules.parse(source, "");
    if (!diagnostics.isEmpty()) {
      return new Result(Optional.empty(), diagnostics, modules.texts());
    }
    Program program = Lowering.program(file, sources, diagnostics);
    new Checker(program, diagnostics, observer).check();
    List<Diagnostic> sorted = new ArrayList<>(new LinkedHashSet<>(diagnostics));
    List<String> files = List.copyOf(modules.texts().keySet());
    sorted.sort(
        Comparator.<Diagnostic>comparingInt(d -> files.indexOf(d.span().file()))
            .thenComparingInt(d -> d.span().start()));
    boolean runs = sorted.stream().allMatch(Diagnostic::isWarning);
    return new Result(runs ? Optional.of(program) : Optional.empty(), sorted, modules.texts());
  }
}
