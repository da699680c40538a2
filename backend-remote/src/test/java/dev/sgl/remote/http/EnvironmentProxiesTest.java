package dev.sgl.remote.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Proxies as the environment names them.
class EnvironmentProxiesTest {
  private static Proxy proxy(Map<String, String> environment, String uri) {
    return new EnvironmentProxies(environment).select(URI.create(uri)).getFirst();
  }

  @Test
  void eachSchemeHasItsOwn() {
    Map<String, String> environment =
        Map.of("https_proxy", "proxy:3128", "HTTP_PROXY", "socks5://me:word@socks");
    Proxy web = proxy(environment, "https://api.example/v1");
    assertEquals(Proxy.Type.HTTP, web.type());
    assertEquals(3128, ((InetSocketAddress) web.address()).getPort());
    Proxy socks = proxy(environment, "http://api.example/v1");
    assertEquals(Proxy.Type.SOCKS, socks.type());
    assertEquals(1080, ((InetSocketAddress) socks.address()).getPort());
    assertEquals(
        Optional.of("Basic bWU6d29yZA=="),
        new EnvironmentProxies(environment).authorization(URI.create("http://api.example")));
  }

  @Test
  void whatIsExcludedIsAskedItself() {
    Map<String, String> environment =
        Map.of("HTTP_PROXY", "http://proxy:1", "NO_PROXY", "localhost:8000, .corp,10.0.0.0/8");
    for (String own : new String[] {"localhost:8000", "corp", "a.corp", "10.1.2.3:80"}) {
      assertEquals(Proxy.NO_PROXY, proxy(environment, "http://" + own + "/"), own);
    }
    for (String other : new String[] {"localhost:9000", "acorp", "11.0.0.1"}) {
      assertEquals(Proxy.Type.HTTP, proxy(environment, "http://" + other + "/").type(), other);
    }
  }

  @Test
  void whatIsNoProxyIsSaidWithoutItsPassword() {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> new EnvironmentProxies(Map.of("HTTPS_PROXY", "ftp://me:word@host")));
    assertFalse(String.valueOf(error.getMessage()).contains("word"), error.getMessage());
  }
}
