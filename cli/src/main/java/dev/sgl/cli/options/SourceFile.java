package dev.sgl.cli.options;

import dev.sgl.compiler.Compiler;
import dev.sgl.compiler.Sources;
import dev.sgl.program.Program;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// A source file that was read from disk.
public record SourceFile(String name, String text) {
  private static final long MAX_BYTES = 4 << 20;

  /// The text of the file at `path`.
  ///
  /// @throws UsageException if it is not a file, has more than 4 MiB, or is not text in UTF-8
  public static SourceFile read(Path path) {
    try {
      if (Files.isDirectory(path)) {
        throw new UsageException(path + " is a folder, not a .sgl file");
      }
      if (!Files.exists(path)) {
        throw new UsageException("there is no file " + path);
      }
      if (Files.size(path) > MAX_BYTES) {
        throw new UsageException(path + " is larger than " + (MAX_BYTES >> 20) + " MiB");
      }
      return new SourceFile(path.toString(), Files.readString(path));
    } catch (CharacterCodingException e) {
      throw new UsageException(path + " is not a text in UTF-8");
    } catch (IOException e) {
      throw new UsageException(path + " cannot be read: " + Reasons.of(e));
    }
  }

  /// Compiles the file; modules are read from its folder and below.
  public Compiler.Result compile() {
    Path folder = Optional.ofNullable(Path.of(name).toAbsolutePath().getParent()).orElseThrow();
    return Compiler.compile(name, text, Sources.below(folder));
  }

  /// Compiles the file, which may be a module, and shows its mistakes and warnings on `err`.
  public Compiler.Result checked(PrintWriter err) {
    return shown(compile(), err);
  }

  /// As [#checked(PrintWriter)]; the result has a program.
  ///
  /// @throws MistakesException if there are mistakes
  public Compiler.Result correct(PrintWriter err) {
    return required(checked(err));
  }

  /// As [#checked(PrintWriter)]; the result has a program that can be run.
  ///
  /// @throws MistakesException if there are mistakes, or the file has only definitions for others
  public Compiler.Result runnable(PrintWriter err) {
    return required(shown(compile().runnable(), err));
  }

  /// The program of the file, to be run; mistakes and warnings are shown on `err`.
  ///
  /// @throws MistakesException if there are mistakes, or the file has only definitions for others
  public Program program(PrintWriter err) {
    return runnable(err).program().orElseThrow();
  }

  private Compiler.Result required(Compiler.Result result) {
    if (result.program().isEmpty()) {
      throw new MistakesException(name);
    }
    return result;
  }

  private static Compiler.Result shown(Compiler.Result result, PrintWriter err) {
    if (!result.diagnostics().isEmpty()) {
      err.println(result.report().stripTrailing());
    }
    return result;
  }
}
