package dev.sgl.cli.serve;

import dev.sgl.cli.options.MistakesException;
import dev.sgl.cli.options.SourceFile;
import dev.sgl.cli.options.UsageException;
import dev.sgl.compiler.Compiler;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The programs of a folder, by the names of their files.
final class ProgramFolder {
  private static final String ENDING = ".sgl";

  private ProgramFolder() {}

  /// Compiles all files that have a program; others are modules. Mistakes and warnings of all files
  /// are shown on `err`.
  ///
  /// @throws MistakesException if there are mistakes
  /// @throws UsageException if there is no such folder
  static Map<String, Program> read(Optional<Path> folder, PrintWriter err) {
    Map<String, Program> programs = new TreeMap<>();
    if (folder.isEmpty()) {
      return programs;
    }
    boolean sound = true;
    for (Path file : files(folder.get())) {
      SourceFile source = SourceFile.read(file);
      Compiler.Result compiled = source.checked(err);
      sound &= compiled.program().isPresent();
      compiled
          .program()
          .filter(program -> program.entry().isPresent())
          .ifPresent(program -> programs.put(name(file), described(program, source.text())));
    }
    if (!sound) {
      throw new MistakesException(folder.get().toString());
    }
    if (programs.isEmpty()) {
      throw new UsageException("--programs: there is no program in " + folder.get());
    }
    return programs;
  }

  /// A program without a description of its own has that at the beginning of its file.
  private static Program described(Program program, String text) {
    Routine entry = program.entry().orElseThrow();
    String header =
        text.lines()
            .takeWhile(line -> line.startsWith("///"))
            .map(line -> line.substring(3).strip())
            .collect(Collectors.joining("\n"));
    return entry.documentation().isEmpty() && !header.isEmpty()
        ? program.with(entry.withDocumentation(header))
        : program;
  }

  private static List<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new UsageException("--programs: there is no folder " + folder);
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(file -> file.toString().endsWith(ENDING)).sorted().toList();
    } catch (IOException e) {
      throw new UsageException("--programs: " + folder + " cannot be read: " + e.getMessage());
    }
  }

  private static String name(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.substring(0, name.length() - ENDING.length());
  }
}
