package dev.sgl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;

/// One call of `sglc`, as a user types it.
record Sglc(int code, String out, String err) {
  static Sglc run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.run(arguments, new PrintWriter(out), new PrintWriter(err));
    assertFalse(err.toString().contains("\tat "), "a stack trace:\n" + err);
    return new Sglc(code, out.toString(), err.toString());
  }

  /// It ended with `code` and a message, and nothing on standard output.
  void failed(int expected, String message) {
    assertEquals(expected, code, err);
    assertTrue(err.contains(message), err);
    assertEquals("", out);
  }
}
