package dev.sgl.server.request;

import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/// Names that no two things have: requests, answers and their parts, calls of tools.
public final class Ids {
  private static final String LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

  private Ids() {}

  /// A new one, of 32 hexadecimal digits.
  ///
  /// @param prefix of the kind of thing, such as `chatcmpl-`, `resp_` or `msg_`; may be empty
  public static String next(String prefix) {
    return prefix + UUID.randomUUID().toString().replace("-", "");
  }

  /// A new one of letters and digits, for formats of calls that limit its length.
  ///
  /// @param prefix of the kind of thing, such as `call_`; may be empty
  /// @param length of the letters behind it
  public static String letters(String prefix, int length) {
    StringBuilder letters = new StringBuilder(prefix);
    for (int i = 0; i < length; i++) {
      letters.append(LETTERS.charAt(ThreadLocalRandom.current().nextInt(LETTERS.length())));
    }
    return letters.toString();
  }
}
