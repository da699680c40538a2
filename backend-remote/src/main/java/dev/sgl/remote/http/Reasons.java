package dev.sgl.remote.http;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;

/// Why a server cannot be reached, as people read it.
public final class Reasons {
  private Reasons() {}

  /// @param scheme with which it was asked
  public static String of(IOException error, String scheme) {
    return switch (error) {
      case UnknownHostException _ -> "there is no such host";
      case SocketTimeoutException _ -> "it says nothing";
      case SSLException _ when scheme.equals("https") ->
          "no safe connection: " + error.getMessage() + " (does it speak http?)";
      case ConnectException _ -> "nothing listens there";
      default -> error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
    };
  }
}
