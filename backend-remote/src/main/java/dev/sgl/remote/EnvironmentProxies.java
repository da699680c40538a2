package dev.sgl.remote;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The proxies that the environment names, as most programs read them: `HTTPS_PROXY`, `HTTP_PROXY`
/// and `NO_PROXY`, in large or small letters; without them those of the virtual machine.
final class EnvironmentProxies extends ProxySelector {
  private final Map<String, String> environment;

  EnvironmentProxies(Map<String, String> environment) {
    this.environment = environment;
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name.toLowerCase(Locale.ROOT)))
        .or(() -> Optional.ofNullable(environment.get(name)))
        .filter(value -> !value.isBlank());
  }

  @Override
  public List<Proxy> select(URI uri) {
    Optional<String> proxy =
        variable("https".equals(uri.getScheme()) ? "HTTPS_PROXY" : "HTTP_PROXY");
    if (proxy.isEmpty()) {
      ProxySelector standard = ProxySelector.getDefault();
      return standard == null ? List.of(Proxy.NO_PROXY) : standard.select(uri);
    }
    if (isExcluded(uri.getHost())) {
      return List.of(Proxy.NO_PROXY);
    }
    URI at = URI.create(proxy.get().contains("://") ? proxy.get() : "http://" + proxy.get());
    int port = at.getPort() < 0 ? 80 : at.getPort();
    return List.of(
        new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(at.getHost(), port)));
  }

  private boolean isExcluded(String host) {
    for (String entry : variable("NO_PROXY").orElse("").split(",")) {
      String name = entry.strip().replaceFirst("^\\*?\\.", "");
      if (name.equals("*") || !name.isEmpty() && (host.equals(name) || host.endsWith("." + name))) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException error) {
    // the request fails, and says so
  }
}
