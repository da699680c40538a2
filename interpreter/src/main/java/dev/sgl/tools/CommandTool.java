package dev.sgl.tools;

import dev.sgl.program.Tool;
import dev.sgl.program.Values;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A tool that is a command, such as `grep -r -- {query} notes`.
///
/// A name in braces is an argument. An argument is a part of one word of the command,
/// whatever it holds: there is no shell. An argument that would begin a word with `-`, so
/// that the command took it for an option, is refused, unless `--` comes before the word. The
/// command sees the variables of the environment that [ToolEnvironment] passes on. The
/// command's output is the result: text without the line ends at its end, or JSON where the
/// tool returns something else. An exit status other than 0 is an error. When its time is
/// over, or its output cannot be read, the command and the processes that it started are
/// killed; a process that has detached itself before, such as a daemon, continues.
public final class CommandTool implements ToolFunction {
  private static final Pattern ARGUMENT = Pattern.compile("\\{([\\p{L}_][\\p{L}\\p{N}_]*)}");

  private final Tool tool;
  private final List<String> words;
  private final Duration timeout;
  private final ToolEnvironment environment;

  /// @param command with the tool's parameters in braces
  /// @param timeout after which the command is killed
  /// @throws IllegalArgumentException if the command is none, or names no parameter of the tool
  public CommandTool(Tool tool, String command, Duration timeout, ToolEnvironment environment) {
    this.tool = tool;
    this.environment = environment;
    this.words = CommandLine.words(command);
    this.timeout = timeout;
    for (String word : words) {
      Matcher names = ARGUMENT.matcher(word);
      while (names.find()) {
        String name = names.group(1);
        if (tool.parameters().stream().noneMatch(p -> p.name().equals(name))) {
          throw new IllegalArgumentException(
              "the tool `" + tool.name() + "` has no parameter `" + name + "`");
        }
      }
    }
  }

  @Override
  public Object call(Map<String, Object> arguments) throws IOException, InterruptedException {
    Process process = environment.limit(new ProcessBuilder(command(arguments))).start();
    try {
      process.getOutputStream().close(); // it has nothing to read
      CompletableFuture<String> out = read(process.getInputStream(), CommandTool::refuse);
      CompletableFuture<String> err =
          read(process.getErrorStream(), rest -> rest.transferTo(OutputStream.nullOutputStream()));
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException("no answer within " + timeout.toSeconds() + " s");
      }
      String output = await(out);
      if (process.exitValue() != 0) {
        String why = await(err).strip();
        throw new IOException(
            "exit status "
                + process.exitValue()
                + (why.isEmpty() ? "" : ": " + ToolResults.shorten(why)));
      }
      return ToolResults.read(tool, output);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private List<String> command(Map<String, Object> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    boolean isBehindOptions = false;
    for (String word : words) {
      String finished =
          ARGUMENT
              .matcher(word)
              .replaceAll(name -> Matcher.quoteReplacement(text(arguments, name.group(1))));
      boolean isGivenOption = finished.startsWith("-") && !word.startsWith("-");
      if (isGivenOption && !isBehindOptions && !isNumber(word, arguments)) {
        throw new IOException(
            "%s begins with `-`, so the command would take it for an option; write `--` before it"
                .formatted(word));
      }
      isBehindOptions |= word.equals("--");
      command.add(finished);
    }
    return command;
  }

  /// Whether a word is an argument that is a number, such as -5.
  private static boolean isNumber(String word, Map<String, Object> arguments) {
    Matcher argument = ARGUMENT.matcher(word);
    return argument.matches() && arguments.get(argument.group(1)) instanceof Number;
  }

  private static String text(Map<String, Object> arguments, String name) {
    Object value = arguments.get(name);
    return value == null || value == Values.NONE ? "" : Values.text(value);
  }

  /// What becomes of output that is too long.
  @FunctionalInterface
  private interface Rest {
    void take(InputStream rest) throws IOException;
  }

  private static void refuse(InputStream rest) throws IOException {
    if (rest.read() >= 0) {
      throw new IOException("more than " + (ToolResults.MAX_BYTES >> 20) + " MiB of output");
    }
  }

  /// The output, read on a thread of its own so that the command never waits for us.
  private static CompletableFuture<String> read(InputStream stream, Rest rest) {
    CompletableFuture<String> text = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try (stream) {
            byte[] bytes = stream.readNBytes(ToolResults.MAX_BYTES);
            rest.take(stream);
            text.complete(new String(bytes, StandardCharsets.UTF_8));
          } catch (IOException e) {
            text.completeExceptionally(e);
          }
        });
    return text;
  }

  private static String await(CompletableFuture<String> text)
      throws IOException, InterruptedException {
    try {
      return text.get(1, TimeUnit.SECONDS); // the command has ended
    } catch (TimeoutException e) {
      throw new IOException("something that the command started holds its output open", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException error ? error : new IOException(e.getCause());
    }
  }
}
