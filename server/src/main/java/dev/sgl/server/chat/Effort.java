package dev.sgl.server.chat;

import dev.sgl.server.http.ApiException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// How much a model thinks: what OpenAI's models and the chat templates of others know.
public enum Effort {
  /// It does not think.
  NONE,
  MINIMAL,
  LOW,
  MEDIUM,
  HIGH,
  XHIGH,
  MAX;

  /// The effort that a parameter names.
  ///
  /// @param name of the parameter
  /// @throws ApiException if there is no such effort
  public static Effort of(String word, String name) {
    return Arrays.stream(values())
        .filter(effort -> effort.word().equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                ApiException.invalid(
                    name,
                    "invalid_value",
                    "%s must be one of %s, not %s".formatted(name, all(), word)));
  }

  private static String all() {
    return Arrays.stream(values()).map(Effort::word).collect(Collectors.joining(", "));
  }

  /// Its name in calls and in chat templates.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
