package dev.sgl.server.http;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.FaultException;
import dev.sgl.backend.TooLongException;
import dev.sgl.backend.UnavailableException;
import java.util.concurrent.CancellationException;

/// What went wrong, as a client is told.
public final class Errors {
  private Errors() {}

  /// The refusal, or the failure, that an error means to a client. A mistake of the server is
  /// logged, and not shown.
  public static ApiException of(Throwable error) {
    if (error instanceof OutOfMemoryError) {
      return ApiException.unavailable("the server has no memory for this call");
    }
    String message = String.valueOf(error.getMessage());
    return switch (error) {
      case ApiException known -> known;
      case CancellationException _ ->
          new ApiException(499, "cancelled", "", "cancelled", "the call was cancelled");
      case UnavailableException _ -> ApiException.unavailable(message);
      case FaultException _ -> {
        log(error);
        yield new ApiException(500, "server_error", "", "", message);
      }
      case TooLongException _ -> ApiException.invalid("", "context_length_exceeded", message);
      case BackendException _ -> ApiException.invalid("", message);
      default -> {
        log(error);
        yield new ApiException(
            500, "server_error", "", "", "a mistake of the server; its log says which");
      }
    };
  }

  /// Logs an error that no client is sent.
  private static void log(Throwable error) {
    System.getLogger(Errors.class.getName())
        .log(System.Logger.Level.ERROR, "a call failed by a mistake of the server", error);
  }
}
