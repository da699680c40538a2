package dev.sgl.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Backend;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Every block of Java of the manual compiles and runs on the demo model.
class JavaManualTest {
  private static final Path HOME = Path.of(System.getProperty("sgl.home", ".."));

  private static final String IMPORTS =
      """
      import static dev.sgl.conversation.GenOption.*;

      import com.fasterxml.jackson.core.type.TypeReference;
      import dev.sgl.*;
      import dev.sgl.annotation.*;
      import dev.sgl.annotation.Tool;
      import dev.sgl.backend.*;
      import dev.sgl.chat.*;
      import dev.sgl.conversation.GenOption;
      import dev.sgl.local.engine.*;
      import dev.sgl.program.Printer;
      import dev.sgl.program.Program;
      import dev.sgl.program.Type;
      import dev.sgl.run.*;
      import java.nio.file.Path;
      import java.time.LocalDate;
      import java.util.*;
      """;

  private static Backend model = new ScriptedBackend(List.of());

  @TempDir Path folder = Path.of("");

  @BeforeAll
  static void load() {
    model =
        LocalBackend.open(
            HOME.resolve("samples/model/demo"), LocalOptions.DEFAULT, Progress.SILENT);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @TestFactory
  Stream<DynamicTest> blocksRun() throws Exception {
    String manual = Files.readString(HOME.resolve("docs/java.md"));
    List<String> blocks =
        Pattern.compile("(?ms)^```java\\n(.*?)^```")
            .matcher(manual)
            .results()
            .map((MatchResult block) -> block.group(1))
            .toList();
    assertTrue(blocks.size() >= 7);
    return Stream.iterate(0, i -> i < blocks.size(), i -> i + 1)
        .map(
            i ->
                DynamicTest.dynamicTest("block " + (i + 1), () -> run("Block" + i, blocks.get(i))));
  }

  /// A declaration at the left edge, in one line or up to its brace at the left edge.
  private static final Pattern DECLARATION =
      Pattern.compile(
          "(?ms)^((?:sealed interface|interface|record|enum|class) (?:[^\\n]*\\{[^\\n]*\\}|.*?^\\}))\\n");

  private void run(String name, String block) throws Exception {
    Path source = folder.resolve(name + ".java");
    String types =
        DECLARATION
            .matcher(block)
            .results()
            .map(type -> "static " + type.group(1) + "\n")
            .collect(Collectors.joining());
    String statements = DECLARATION.matcher(block).replaceAll("");
    Files.writeString(
        source,
        "%s\npublic class %s {\n%s\n  public static void run(Backend backend) throws Exception {\n%s\n  }\n}\n"
            .formatted(IMPORTS, name, types, statements));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter errors = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      boolean compiles =
          compiler
              .getTask(
                  errors,
                  files,
                  null,
                  List.of("-parameters", "-proc:none", "-d", folder.toString()),
                  null,
                  files.getJavaFileObjects(source))
              .call();
      assertTrue(compiles, errors.toString());
    }
    assertEquals("", errors.toString());
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
      loader.loadClass(name).getMethod("run", Backend.class).invoke(null, model);
    }
  }
}
