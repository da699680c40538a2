package dev.sgl.remote.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The proxies that the environment names, as most programs read them: `HTTPS_PROXY`, `HTTP_PROXY`
/// and `NO_PROXY`, in large or small letters; without them those of the virtual machine.
public final class EnvironmentProxies extends ProxySelector {
  private final Map<String, Optional<URI>> proxies; // by the scheme of what is asked for
  private final List<String> excluded;

  /// The proxies of the variables, whose names are the keys of `environment`.
  ///
  /// @throws IllegalArgumentException if a variable names no proxy
  public EnvironmentProxies(Map<String, String> environment) {
    proxies =
        Map.of(
            "http", proxy(environment, "HTTP_PROXY"), "https", proxy(environment, "HTTPS_PROXY"));
    excluded = List.of(variable(environment, "NO_PROXY").orElse("").split(","));
  }

  private static Optional<String> variable(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name.toLowerCase(Locale.ROOT)))
        .or(() -> Optional.ofNullable(environment.get(name)))
        .filter(value -> !value.isBlank());
  }

  private static Optional<URI> proxy(Map<String, String> environment, String name) {
    Optional<String> written = variable(environment, name).map(String::strip);
    if (written.isEmpty()) {
      return Optional.empty();
    }
    String text = written.get().contains("://") ? written.get() : "http://" + written.get();
    try {
      URI uri = URI.create(text);
      boolean isKnown = List.of("http", "socks", "socks4", "socks5").contains(uri.getScheme());
      if (isKnown && uri.getHost() != null) {
        return Optional.of(uri);
      }
    } catch (IllegalArgumentException e) {
      // told below, without the password that may be in it
    }
    throw new IllegalArgumentException(
        name + " must be a proxy such as http://proxy:8080 or socks5://proxy:1080");
  }

  private Optional<URI> of(URI uri) {
    return proxies.getOrDefault(uri.getScheme(), Optional.empty());
  }

  @Override
  public List<Proxy> select(URI uri) {
    Optional<URI> proxy = of(uri);
    if (proxy.isEmpty()) {
      ProxySelector standard = ProxySelector.getDefault();
      return standard == null ? List.of(Proxy.NO_PROXY) : standard.select(uri);
    }
    if (isExcluded(uri)) {
      return List.of(Proxy.NO_PROXY);
    }
    boolean isSocks = proxy.get().getScheme().startsWith("socks");
    int standardPort = isSocks ? 1080 : 80;
    int port = proxy.get().getPort() < 0 ? standardPort : proxy.get().getPort();
    return List.of(
        new Proxy(
            isSocks ? Proxy.Type.SOCKS : Proxy.Type.HTTP,
            InetSocketAddress.createUnresolved(proxy.get().getHost(), port)));
  }

  /// The proxy of the environment by which a URL is asked, without its password.
  public Optional<String> through(URI uri) {
    return of(uri)
        .filter(_ -> !isExcluded(uri))
        .map(proxy -> proxy.getHost() + (proxy.getPort() < 0 ? "" : ":" + proxy.getPort()));
  }

  /// What a proxy that asks who calls is told: the value of `Proxy-Authorization`.
  public Optional<String> authorization(URI uri) {
    return of(uri)
        .map(URI::getUserInfo)
        .map(user -> user.getBytes(StandardCharsets.UTF_8))
        .map(user -> "Basic " + Base64.getEncoder().encodeToString(user));
  }

  private boolean isExcluded(URI uri) {
    String host = uri.getHost();
    int port = uri.getPort();
    for (String entry : excluded) {
      String name = entry.strip().replaceFirst("^\\*?\\.", "");
      if (name.endsWith(":" + port)) {
        name = name.substring(0, name.lastIndexOf(':'));
      }
      if (name.equals("*")
          || !name.isEmpty() && (host.equals(name) || host.endsWith("." + name))
          || name.contains("/") && isWithin(host, name)) {
        return true;
      }
    }
    return false;
  }

  /// Whether an IPv4 address is of a network such as `10.0.0.0/8`.
  private static boolean isWithin(String host, String network) {
    int slash = network.indexOf('/');
    String bits = network.substring(slash + 1);
    if (!bits.matches("[0-9]|[12][0-9]|3[0-2]")) {
      return false;
    }
    Optional<Integer> address = address(host);
    Optional<Integer> base = address(network.substring(0, slash));
    int mask = bits.equals("0") ? 0 : -1 << 32 - Integer.parseInt(bits);
    return address.isPresent() && base.isPresent() && (address.get() & mask) == (base.get() & mask);
  }

  private static Optional<Integer> address(String text) {
    String[] parts = text.split("\\.");
    int address = 0;
    for (String part : parts) {
      if (!part.matches("[0-9]{1,3}") || Integer.parseInt(part) > 255) {
        return Optional.empty();
      }
      address = address << 8 | Integer.parseInt(part);
    }
    return parts.length == 4 ? Optional.of(address) : Optional.empty();
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException error) {
    // the request fails, and says so
  }
}
