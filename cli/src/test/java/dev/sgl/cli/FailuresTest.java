package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Generation;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.cli.options.Failure;
import dev.sgl.compiler.Compiler;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.program.Types;
import dev.sgl.program.Values;
import dev.sgl.run.RunException;
import dev.sgl.run.RunOptions;
import dev.sgl.tools.ToolFunction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// What people are shown when a program fails while it runs: one file a kind, `NAME.sgl` beside
/// `NAME.err`. The first line may hold what the model says; after `length:` it is cut off.
/// `-Dgolden.update=true` writes the expected files anew.
class FailuresTest {
  private static final Path CASES = Path.of("src/test/resources/failures");
  private static final Pattern MODEL = Pattern.compile("// (model|length): (.*)");

  private static final Map<String, ToolFunction> TOOLS =
      Map.of(
          "broken",
          _ -> {
            throw new IOException("out of order");
          },
          "wrong",
          _ -> "seven");

  @TestFactory
  Stream<DynamicTest> failures() throws IOException {
    try (Stream<Path> files = Files.list(CASES)) {
      return files.filter(f -> f.toString().endsWith(".sgl")).sorted().toList().stream()
          .map(f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> fails(f)));
    }
  }

  private static void fails(Path file) throws IOException {
    String source = Files.readString(file);
    Compiler.Result compiled = Compiler.compile(file.getFileName().toString(), source);
    assertEquals("", compiled.report());
    Matcher first = MODEL.matcher(source.lines().findFirst().orElse(""));
    boolean speaks = first.matches();
    List<String> replies = speaks ? replies(first.group(2)) : List.of();
    boolean isCut = speaks && first.group(1).equals("length");
    RunException error =
        assertThrows(
            RunException.class,
            () ->
                Interpreter.run(
                    compiled.program().orElseThrow(),
                    Map.of(),
                    isCut ? new Cut(replies) : new ScriptedBackend(replies),
                    RunOptions.DEFAULT.withTools(TOOLS)));
    String shown = Failure.show(error, compiled.texts()) + "\n";
    Path expected = Path.of(file.toString().replaceFirst("\\.sgl$", ".err"));
    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(expected, shown);
    }
    assertEquals(Files.readString(expected), shown);
    assertTrue(shown.contains("failed in " + error.shownBranch()), shown);
  }

  private static List<String> replies(String json) {
    return ((List<?>) Types.parse(json).orElseThrow()).stream().map(Values::text).toList();
  }

  /// Every answer reaches its limit.
  private static final class Cut extends ScriptedBackend {
    Cut(List<String> replies) {
      super(replies);
    }

    @Override
    public Generation generate(Request request) {
      Generation whole = super.generate(request);
      return new Generation() {
        @Override
        public Optional<String> next() {
          return whole.next();
        }

        @Override
        public Reply reply() {
          Reply reply = whole.reply();
          Reply.Usage usage = new Reply.Usage(0, 0, 4, 0);
          return new Reply(
              reply.text(),
              reply.tokens(),
              0,
              Reply.Finish.LENGTH,
              reply.stop(),
              usage,
              reply.timing(),
              List.of());
        }

        @Override
        public void close() {
          whole.close();
        }
      };
    }
  }
}
