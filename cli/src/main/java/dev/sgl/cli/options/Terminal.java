package dev.sgl.cli.options;

import java.io.Console;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/// What the launcher knows of the terminal: whether standard output and standard error are one, and
/// whether colours are wanted (see no-color.org).
public record Terminal(boolean out, boolean err, boolean colors) {
  /// The terminal of this process, as the launcher or the JVM sees it.
  public static Terminal detect() {
    Console console = System.console();
    boolean both = console != null && console.isTerminal();
    boolean out = flag("sgl.terminal.out", both);
    boolean err = flag("sgl.terminal.err", both);
    boolean plain = System.getenv("NO_COLOR") != null || "dumb".equals(System.getenv("TERM"));
    return new Terminal(out, err, out && !plain);
  }

  /// The terminal itself, or `err` if there is none: the launcher filters standard error, so that
  /// a line there may appear after later lines of standard output, and would be erased too late.
  static PrintWriter direct(PrintWriter err) {
    try {
      return new PrintWriter(new FileOutputStream("/dev/tty"), true, StandardCharsets.UTF_8);
    } catch (FileNotFoundException e) {
      return err;
    }
  }

  /// A text without characters that would steer a terminal.
  public static String plain(String text) {
    return text.replaceAll("[\\p{Cntrl}&&[^\n\t]]", "");
  }

  private static boolean flag(String name, boolean standard) {
    String value = System.getProperty(name);
    return value == null ? standard : Boolean.parseBoolean(value);
  }
}
