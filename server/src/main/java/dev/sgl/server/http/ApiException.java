package dev.sgl.server.http;

import dev.sgl.server.keys.TooMuch;
import java.util.Optional;

/// A call that is refused, or could not be answered, in the words of OpenAI's API.
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final String type;
  private final String param; // empty if none is at fault
  private final String code; // empty if there is none

  /// An error with all members that its answer has.
  ///
  /// @param param the parameter that is at fault, or empty
  /// @param code that programs can tell the error by, or empty
  public ApiException(int status, String type, String param, String code, String message) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = param;
    this.code = code;
  }

  /// What a call says cannot be: 400.
  public static ApiException invalid(String param, String message) {
    return new ApiException(400, "invalid_request_error", param, "", message);
  }

  /// The same, with a code.
  public static ApiException invalid(String param, String code, String message) {
    return new ApiException(400, "invalid_request_error", param, code, message);
  }

  /// There is no such thing: 404.
  public static ApiException notFound(String param, String code, String message) {
    return new ApiException(404, "invalid_request_error", param, code, message);
  }

  /// The caller has nothing left: 429.
  public static ApiException tooMuch(TooMuch refused) {
    return new ApiException(
        429,
        refused.kind(),
        "",
        refused.isQuota() ? "insufficient_quota" : "rate_limit_exceeded",
        refused.message());
  }

  /// The server cannot do it now: 503.
  public static ApiException unavailable(String message) {
    return new ApiException(503, "server_error", "", "unavailable", message);
  }

  /// The status of the answer, such as 400.
  public int status() {
    return status;
  }

  /// The kind of error, such as `invalid_request_error`.
  public String type() {
    return type;
  }

  /// The parameter that is at fault.
  public Optional<String> param() {
    return param.isEmpty() ? Optional.empty() : Optional.of(param);
  }

  /// A word that programs can tell the error by, such as `model_not_found`.
  public Optional<String> code() {
    return code.isEmpty() ? Optional.empty() : Optional.of(code);
  }

  /// The message for people.
  public String text() {
    return String.valueOf(getMessage());
  }
}
