package dev.sgl.server.http;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Who may call.
///
/// A key, if there is one, comes as a bearer token, or as the password of Basic authentication,
/// which browsers ask people for. Pages of other hosts may not call: a browser names the page's
/// host as the origin. A server that listens on the loopback interface answers by its own names
/// only, so that no foreign name can be made to lead to it.
public final class Guard {
  private static final Set<String> OWN = Set.of("localhost", "127.0.0.1", "[::1]");

  private final Optional<byte[]> key;
  private final boolean isLocal;

  /// @param isLocal whether the server listens on the loopback interface only
  public Guard(Optional<String> key, boolean isLocal) {
    this.key = key.map(k -> k.getBytes(StandardCharsets.UTF_8));
    this.isLocal = isLocal;
  }

  /// @throws ApiException if the call is not allowed
  void check(Call call, boolean isOpen) {
    String host = call.header("Host").orElse("");
    if (isLocal && !OWN.contains(host.replaceFirst(":[0-9]+$", "").toLowerCase(Locale.ROOT))) {
      throw forbidden("the host " + host + " is not this server's name");
    }
    Optional<String> origin = call.header("Origin");
    if (origin.isPresent() && !isSame(origin.get(), host)) {
      throw forbidden("pages of " + origin.get() + " may not call");
    }
    if (!isOpen && key.isPresent() && !isKey(call.header("Authorization").orElse(""))) {
      call.set("WWW-Authenticate", "Basic realm=\"sgl\", charset=\"UTF-8\"");
      throw new ApiException(
          401,
          "authentication_error",
          "",
          "invalid_api_key",
          "the API key is missing or wrong; send it as `Authorization: Bearer KEY`");
    }
  }

  private static ApiException forbidden(String message) {
    return new ApiException(403, "permission_error", "", "forbidden", message);
  }

  private static boolean isSame(String origin, String host) {
    try {
      return host.equalsIgnoreCase(URI.create(origin).getRawAuthority());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private boolean isKey(String authorization) {
    int blank = authorization.indexOf(' ');
    String scheme = authorization.substring(0, Math.max(0, blank)).toLowerCase(Locale.ROOT);
    byte[] given = authorization.substring(blank + 1).strip().getBytes(StandardCharsets.UTF_8);
    if (scheme.equals("basic")) {
      given = password(given);
    } else if (!scheme.equals("bearer")) {
      return false;
    }
    return MessageDigest.isEqual(given, key.orElseThrow()); // in constant time
  }

  private static byte[] password(byte[] encoded) {
    try {
      String both = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
      return both.substring(both.indexOf(':') + 1).getBytes(StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }
}
