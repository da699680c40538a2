package dev.sgl.server.http;

import dev.sgl.server.keys.Caller;
import dev.sgl.server.keys.KeyRing;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Who may call.
///
/// A key comes as a bearer token, in a header of its own, or as the password of Basic
/// authentication, which browsers ask people for. Pages of other origins may not call: a browser
/// names the page's scheme and host as the origin, or says that it comes from another site. A
/// server that listens on the loopback interface answers by its own names only, so that no foreign
/// name can be made to lead to it.
public final class Guard {
  private final KeyRing keys;
  private final Set<String> names; // empty if it may have any
  private final Access access;

  /// A guard that checks the key, unless there are none, and the name of the host.
  ///
  /// @param host the interface that the server listens on, as the option names it
  public Guard(KeyRing keys, String host, InetAddress address, Access access) {
    this.keys = keys;
    this.access = access;
    this.names =
        address.isLoopbackAddress()
            ? Set.copyOf(
                List.of("localhost", "127.0.0.1", "[::1]", literal(host), literal(address)))
            : access.hosts().isEmpty() ? Set.of() : Set.of(literal(address));
  }

  /// An address as URLs have it.
  public static String literal(InetAddress address) {
    boolean isLoopback6 = address instanceof Inet6Address && address.isLoopbackAddress();
    return isLoopback6 ? "[::1]" : literal(address.getHostAddress());
  }

  private static String literal(String host) {
    return (host.contains(":") ? "[" + host + "]" : host).toLowerCase(Locale.ROOT);
  }

  /// The owner of the key of a call.
  ///
  /// @param isOpen whether the call needs no key
  /// @throws ApiException if the call is not allowed
  Caller check(Call call, boolean isOpen) {
    checkSender(call, isOpen);
    return isOpen || keys.isOpen() ? Caller.ANYONE : caller(call);
  }

  private Caller caller(Call call) {
    return Stream.of(
            call.header("Authorization").flatMap(Guard::secret),
            call.header("x-api-key"), // as Anthropic's clients send it
            call.header("api-key")) // as Azure's do
        .flatMap(Optional::stream)
        .flatMap(given -> keys.find(given).stream())
        .findFirst()
        .orElseThrow(() -> withoutKey(call));
  }

  private static ApiException withoutKey(Call call) {
    // a browser asks its reader for the key, unless a script calls, which can ask itself
    boolean isScript = call.header("Sec-Fetch-Dest").orElse("").equals("empty");
    String scheme = isScript ? "Bearer" : "Basic";
    call.set("WWW-Authenticate", scheme + " realm=\"sgl\", charset=\"UTF-8\"");
    return new ApiException(
        401,
        "authentication_error",
        "",
        "invalid_api_key",
        "the API key is missing or wrong; send it as `Authorization: Bearer KEY`, `x-api-key: KEY` or `api-key: KEY`");
  }

  /// Checks the name by which the server is called, and the page that calls.
  private void checkSender(Call call, boolean isOpen) {
    String host = call.header("Host").orElse("");
    String name = host.replaceFirst(":[0-9]+$", "").toLowerCase(Locale.ROOT);
    boolean isOldProbe = isOpen && host.isEmpty(); // HTTP/1.0 names no host
    if (!names.isEmpty() && !names.contains(name) && !access.isHost(name) && !isOldProbe) {
      throw forbidden(
          "the host %s is not this server's name; allow it with --allowed-hosts".formatted(host));
    }
    Optional<String> origin = call.header("Origin");
    boolean isSame = origin.isEmpty() || isSame(origin.get(), host);
    boolean isAllowed = origin.isPresent() && access.isOrigin(origin.get());
    if (!isSame && !isAllowed) {
      throw forbidden(
          "pages of %s may not call; allow them with --allowed-origins".formatted(origin.get()));
    }
    boolean isForeign = call.header("Sec-Fetch-Site").orElse("").equals("cross-site");
    if (isForeign && !isAllowed && !call.path().equals("/")) { // a link may lead to the page
      throw forbidden("pages of other sites may not call; allow them with --allowed-origins");
    }
    if (!isSame) {
      call.set("Access-Control-Allow-Origin", origin.get());
      call.set("Access-Control-Expose-Headers", "*");
      call.set("Vary", "Origin");
    }
  }

  /// Answers a browser that asks what a page of another origin may do; false if the call is
  /// something else.
  ///
  /// Reference: WHATWG, Fetch, "CORS protocol".
  boolean isPreflight(Call call) {
    boolean isAsked =
        call.method().equals("OPTIONS")
            && call.header("Origin").isPresent()
            && call.header("Access-Control-Request-Method").isPresent();
    if (isAsked) {
      checkSender(call, false);
      call.set("Access-Control-Allow-Methods", "GET, POST, DELETE");
      String asked = call.header("Access-Control-Request-Headers").orElse("");
      call.set(
          "Access-Control-Allow-Headers",
          asked.matches("[A-Za-z0-9_, -]{1,2000}") ? asked : "Authorization, Content-Type");
      call.set("Access-Control-Max-Age", "600");
    }
    return isAsked;
  }

  private static ApiException forbidden(String message) {
    return new ApiException(403, "permission_error", "", "forbidden", message);
  }

  /// Whether an origin is the server's own. A server with certificates is `https` only; before
  /// another a proxy may encrypt.
  private boolean isSame(String origin, String host) {
    try {
      URI uri = URI.create(origin);
      String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
      String authority = uri.getRawAuthority() == null ? "" : uri.getRawAuthority();
      boolean isScheme = scheme.equals("https") || scheme.equals("http") && access.tls().isEmpty();
      return isScheme && withPort(host, scheme).equalsIgnoreCase(withPort(authority, scheme));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /// A host with its port, which may be missing if it is that of the scheme.
  private static String withPort(String authority, String scheme) {
    boolean hasPort = authority.matches(".*:[0-9]+");
    return hasPort ? authority : authority + (scheme.equals("https") ? ":443" : ":80");
  }

  /// The key in a header; empty if the header has it in another form.
  private static Optional<String> secret(String authorization) {
    int blank = authorization.indexOf(' ');
    String scheme = authorization.substring(0, Math.max(0, blank)).toLowerCase(Locale.ROOT);
    String given = authorization.substring(blank + 1).strip();
    return switch (scheme) {
      case "bearer" -> Optional.of(given);
      case "basic" -> password(given);
      default -> Optional.empty();
    };
  }

  private static Optional<String> password(String encoded) {
    try {
      String both = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
      return Optional.of(both.substring(both.indexOf(':') + 1));
    } catch (IllegalArgumentException e) { // it is not Base64
      return Optional.empty();
    }
  }
}
