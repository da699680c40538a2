package dev.sgl;

import dev.sgl.backend.Backend;
import dev.sgl.builder.ProgramBuilder;
import dev.sgl.chat.Session;
import dev.sgl.compiler.Compiler;
import dev.sgl.compiler.Sources;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.run.Pictures;
import dev.sgl.run.RunOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Programs that talk to language models, from Java. Three ways lead to the same engine:
///
/// - a conversation in Java's own control flow: `Sgl.on(backend).run(chat -> …)`;
/// - a program that is built in Java: `Sgl.program("tips").user("…")…`;
/// - a `.sgl` file behind a typed interface: `Sgl.load(file).bind(Coach.class, backend)`.
public final class Sgl {
  private Sgl() {}

  /// Conversations with the model of `backend`.
  public static Session on(Backend backend) {
    return new Session(backend, RunOptions.DEFAULT);
  }

  /// A program to be written: with a conversation of its own.
  public static ProgramBuilder program(String name) {
    return new ProgramBuilder(Routine.Kind.PROGRAM, name);
  }

  /// A fragment to be written: it adds to its caller's conversation.
  public static ProgramBuilder fragment(String name) {
    return new ProgramBuilder(Routine.Kind.FRAGMENT, name);
  }

  /// A function to be written: code without a conversation.
  public static ProgramBuilder fn(String name) {
    return new ProgramBuilder(Routine.Kind.FN, name);
  }

  /// Compiles a file. Its modules, and the pictures that it shows, must be below its folder.
  ///
  /// @throws CompileException if there are mistakes in it
  /// @throws UncheckedIOException if it cannot be read
  public static Loaded load(Path file) {
    try {
      Path folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElseThrow();
      Compiler.Result result =
          Compiler.compile(file.toString(), Files.readString(file), Sources.below(folder));
      RunOptions options = RunOptions.DEFAULT.withPictures(new Pictures(List.of(folder), Set.of()));
      return new Loaded(whole(result), options);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// Compiles source text, which uses no files.
  ///
  /// @param name of it in messages
  /// @throws CompileException if there are mistakes in it
  public static Loaded compile(String name, String source) {
    return of(whole(Compiler.compile(name, source)));
  }

  /// A program that was built.
  public static Loaded of(Program program) {
    return new Loaded(program, RunOptions.DEFAULT);
  }

  private static Program whole(Compiler.Result result) {
    return result.program().orElseThrow(() -> new CompileException(result));
  }
}
