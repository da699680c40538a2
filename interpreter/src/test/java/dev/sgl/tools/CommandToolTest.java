package dev.sgl.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.compiler.Compiler;
import dev.sgl.program.Tool;
import dev.sgl.program.TypeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Tools that are commands: what they get, and what becomes of what they say.
@Timeout(20)
class CommandToolTest {
  private static final Duration LONG = Duration.ofSeconds(10);

  @TempDir Path folder = Path.of("");

  private static Tool tool(String declaration) {
    return Compiler.compile("t.sgl", declaration + " program p() {}")
        .program()
        .orElseThrow()
        .tools()
        .values()
        .iterator()
        .next();
  }

  private static Object call(String returns, String command, Object argument) throws Exception {
    Tool tool = tool("tool t(x) " + returns);
    return new CommandTool(tool, command, LONG, ToolEnvironment.SMALL).call(Map.of("x", argument));
  }

  @Test
  void wordsAreSplitAsTheyAreTyped() {
    assertEquals(
        List.of("a", "b c", "d\"e", "", "f g"), CommandLine.words("a 'b c'  d\\\"e \"\" f\\ g"));
    assertThrows(IllegalArgumentException.class, () -> CommandLine.words("a 'b"));
    assertThrows(IllegalArgumentException.class, () -> CommandLine.words("  "));
  }

  @Test
  void anArgumentIsNoOption() throws Exception {
    assertThrows(IOException.class, () -> call("-> string", "printf {x}", "-v"));
    assertThrows(IOException.class, () -> call("-> string", "printf {x}", "-5"), "a text");
    assertEquals("-v", call("-> string", "printf -- {x}", "-v"));
    assertEquals("-5", call("-> string", "printf -- {x}", -5L));
    assertEquals("1", call("-> string", "expr {x} + 6", -5L));
    Tool two = tool("tool t(x, y) -> string");
    CommandTool joined = new CommandTool(two, "echo {x}{y}", LONG, ToolEnvironment.SMALL);
    assertEquals("a--version", joined.call(Map.of("x", "a", "y", "--version")));
    IOException error =
        assertThrows(
            IOException.class, () -> joined.call(Map.of("x", "", "y", "--version")), "no option");
    assertEquals(
        "{x}{y} begins with `-`, so the command would take it for an option; write `--` before it",
        error.getMessage());
    assertThrows(IOException.class, () -> joined.call(Map.of("x", "-", "y", "n")));
  }

  @Test
  void itSeesNoKeys() throws Exception {
    String all = (String) call("-> string", "env", "");
    Set<String> names =
        all.lines()
            .map(line -> line.replaceFirst("=.*", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    assertTrue(names.contains("PATH"), all);
    names.removeAll(
        Set.of("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LANGUAGE", "TZ"));
    names.removeAll(Set.of("TMPDIR", "PWD", "TEMP", "TMP"));
    names.removeIf(name -> name.startsWith("LC_"));
    assertEquals(Set.of(), names);
    String other =
        System.getenv().keySet().stream()
            .filter(name -> name.matches("[A-Z]+_[A-Z]+"))
            .filter(name -> !name.startsWith("LC_"))
            .findFirst()
            .orElseThrow();
    CommandTool named =
        new CommandTool(
            tool("tool t() -> string"), "env", LONG, new ToolEnvironment(Set.of(other)));
    assertTrue(String.valueOf(named.call(Map.of())).contains(other + "="), other);
  }

  @Test
  void whatACommandComplainsOfIsLeftOutIfItGoesWell() throws Exception {
    assertEquals("ok", call("-> string", "sh -c 'yes {x} | head -c 3000000 >&2; echo ok'", "x"));
  }

  @Test
  void anArgumentIsOneWordWhateverItHolds() throws Exception {
    Path target = folder.resolve("never");
    for (String evil :
        List.of("; touch " + target, "$(touch " + target + ")", "a b 'c", "{x}", "-n", "\\1")) {
      assertEquals("<" + evil + ">", call("-> string", "printf %s '<{x}>'", evil));
    }
    assertTrue(Files.notExists(target));
  }

  @Test
  void whatItSaysIsTextOrJsonOfTheToolsType() throws Exception {
    assertEquals("two\nlines", call("-> string", "printf '%s\\n' 'two\nlines'", ""));
    assertEquals("a\r", call("-> string", "printf 'a\\r\\r\\n\\n\\r\\n'", ""));
    assertEquals(List.of(1L, 2L), call("-> int[]", "echo [1,2]", ""));
    assertEquals(3L, call("-> int", "echo 3", ""));
    TypeException error = assertThrows(TypeException.class, () -> call("-> int", "echo three", ""));
    assertEquals("its output is not `int`: three", error.getMessage());
  }

  @Test
  void lineEndsWithoutNumberTakeNoTime() throws Exception {
    String many = "sh -c 'yes \"\" | head -c 1000000; printf %s \"$1\"' _ {x}";
    assertEquals("", call("-> string", many, ""));
    assertEquals("\n".repeat(1_000_000) + "x", call("-> string", many, "x"));
  }

  @Test
  void failuresSayWhy() {
    IOException status = assertThrows(IOException.class, () -> call("", "ls /nowhere/at/all", ""));
    assertTrue(
        String.valueOf(status.getMessage()).startsWith("exit status 2: ls:"), status.getMessage());
    assertThrows(IOException.class, () -> call("", "there-is-no-such-command", ""));
    IOException large =
        assertThrows(IOException.class, () -> call("-> string", "head -c 3000000 /dev/zero", ""));
    assertEquals("more than 1 MiB of output", large.getMessage());
    CommandTool slow =
        new CommandTool(
            tool("tool t()"), "sleep 60", Duration.ofMillis(200), ToolEnvironment.SMALL);
    assertThrows(IOException.class, () -> slow.call(Map.of()));
  }

  @Test
  void aCommandNamesOnlyTheToolsParameters() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new CommandTool(tool("tool t(x)"), "echo {y}", LONG, ToolEnvironment.SMALL));
  }

  @Test
  void itReadsNothingFromItsInput() throws Exception {
    assertEquals("", call("-> string", "cat", ""));
  }
}
