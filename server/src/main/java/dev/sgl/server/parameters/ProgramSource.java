package dev.sgl.server.parameters;

import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;

/// The parameter `source`: the text of a program.
public final class ProgramSource {
  private static final int MOST_CHARACTERS = 1 << 20;

  private ProgramSource() {}

  /// The text of a program.
  ///
  /// @throws ApiException if there is none, or it is too long
  public static String read(Fields fields) {
    String source = fields.requiredText("source");
    if (source.length() > MOST_CHARACTERS) {
      throw ApiException.invalid("source", "the program is too long");
    }
    return source;
  }
}
