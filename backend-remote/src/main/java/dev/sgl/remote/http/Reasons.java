package dev.sgl.remote.http;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;

/// Why a server cannot be reached, as people read it.
public final class Reasons {
  private Reasons() {}

  /// Whether what answers does not know what a safe connection is.
  public static boolean isPlainHttp(IOException error) {
    return error instanceof SSLException
        && String.valueOf(error.getMessage()).contains("Unsupported or unrecognized SSL message");
  }

  /// The reason, to be put behind "cannot be reached: ".
  public static String of(IOException error) {
    return switch (error) {
      case UnknownHostException _ -> "there is no such host";
      case SocketTimeoutException _ -> "it says nothing";
      case SSLException _ when isPlainHttp(error) -> "it speaks http, not https";
      case ConnectException _ -> "nothing listens there";
      default -> error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
    };
  }
}
