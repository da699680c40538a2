package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The walls: what the compiled packages use of each other, and of libraries, is exactly what
/// `ARCHITECTURE.md` lists.
class WallsTest {
  private static final Path HOME = Path.of(System.getProperty("sgl.home", ".."));
  private static final List<String> MODULES =
      List.of(
          "constraint",
          "grammar",
          "dsl",
          "compiler",
          "interpreter",
          "backend-local",
          "backend-remote",
          "server",
          "cli");

  /// Libraries that count, by the beginning of their packages.
  private static final List<String> LIBRARIES =
      List.of(
          "org.antlr",
          "com.fasterxml",
          "okhttp3",
          "okio",
          "ai.djl",
          "picocli",
          "jdk.incubator.vector",
          "com.google",
          "com.ibm",
          "io.github.bucket4j",
          "io.micrometer",
          "io.modelcontextprotocol",
          "io.opentelemetry",
          "me.tongfei",
          "org.eclipse.lsp4j",
          "jcuda");

  private static final Pattern CLASS = Pattern.compile("L?([a-z0-9_/]+)/[A-Z][\\w$]*;?");

  private static final Pattern BROKEN = Pattern.compile("(?m)^ *///.*\\R *// ");

  @Test
  void theArrowsAreThoseOfTheDrawing() throws IOException {
    assertEquals(drawn(), found());
  }

  private static String drawn() throws IOException {
    String text = Files.readString(HOME.resolve("ARCHITECTURE.md"));
    Matcher block = Pattern.compile("(?s)```arrows\\n(.*?)```").matcher(text);
    assertTrue(block.find(), "ARCHITECTURE.md has no block of arrows");
    return block.group(1);
  }

  private static String found() throws IOException {
    Map<String, Set<String>> arrows = new TreeMap<>();
    for (String module : MODULES) {
      Path classes = HOME.resolve(module).resolve("target/classes");
      try (Stream<Path> files = Files.walk(classes)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
          add(ClassFile.of().parse(file), arrows);
        }
      }
    }
    StringBuilder out = new StringBuilder();
    arrows.forEach(
        (from, to) ->
            out.append(from)
                .append(" ->")
                .append(to.isEmpty() ? "" : " " + String.join(" ", to))
                .append('\n'));
    return out.toString();
  }

  private static void add(ClassModel model, Map<String, Set<String>> arrows) {
    String name = model.thisClass().asInternalName();
    String from = room(name.substring(0, name.lastIndexOf('/')).replace('/', '.'));
    Set<String> to = arrows.computeIfAbsent(from, _ -> new TreeSet<>());
    for (PoolEntry entry : model.constantPool()) {
      String text =
          switch (entry) {
            case ClassEntry used -> used.asInternalName();
            case Utf8Entry used
                when used.stringValue().startsWith("L") || used.stringValue().startsWith("(") ->
                used.stringValue();
            default -> "";
          };
      Matcher used = CLASS.matcher(text);
      while (used.find()) {
        arrow(used.group(1).replace('/', '.')).filter(p -> !p.equals(from)).forEach(to::add);
      }
    }
  }

  private static Stream<String> arrow(String used) {
    if (used.startsWith("dev.sgl.")) {
      return Stream.of(room(used));
    }
    return LIBRARIES.stream().filter(used::startsWith);
  }

  private static String room(String name) {
    return name.equals("dev.sgl") ? "sgl" : name.substring("dev.sgl.".length());
  }

  @Test
  void aRoomHasAtMostTwentyFiles() throws IOException {
    for (String module : MODULES) {
      Path sources = HOME.resolve(module).resolve("src/main");
      try (Stream<Path> folders = Files.walk(sources)) {
        for (Path folder : folders.filter(Files::isDirectory).toList()) {
          String[] files = folder.toFile().list((_, name) -> name.endsWith(".java"));
          assertTrue(
              files != null && files.length <= 20, folder + " has " + Arrays.toString(files));
        }
      }
    }
  }

  /// The formatter breaks a long line of documentation into one that is none.
  @Test
  void documentationIsWhole() throws IOException {
    List<String> broken = new ArrayList<>();
    for (String module : MODULES) {
      try (Stream<Path> files = Files.walk(HOME.resolve(module).resolve("src"))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
          if (BROKEN.matcher(Files.readString(file)).find()) {
            broken.add(file.toString());
          }
        }
      }
    }
    assertEquals(List.of(), broken);
  }
}
