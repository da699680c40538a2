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

  /// @throws UsageException if it cannot be read
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

  public Compiler.Result compile() {
    Path folder = Optional.ofNullable(Path.of(name).toAbsolutePath().getParent()).orElseThrow();
    return Compiler.compile(name, text, Sources.below(folder));
  }

  /// Compiles it and shows its mistakes and warnings on `err`.
  public Compiler.Result checked(PrintWriter err) {
    return shown(compile(), err);
  }

  /// The same of a file that is to be run: it must have a program.
  public Compiler.Result runnable(PrintWriter err) {
    return shown(compile().runnable(), err);
  }

  private static Compiler.Result shown(Compiler.Result result, PrintWriter err) {
    if (!result.diagnostics().isEmpty()) {
      err.println(result.report().stripTrailing());
    }
    return result;
  }

  /// Its program, to be run; or none, and its mistakes shown on `err`.
  public Optional<Program> program(PrintWriter err) {
    return runnable(err).program();
  }
}
