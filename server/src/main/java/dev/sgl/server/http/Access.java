package dev.sgl.server.http;

import dev.sgl.server.tls.TlsFiles;
import java.util.Optional;
import java.util.Set;

/// From where a server may be called, and how.
///
/// @param origins of pages that may call, such as `https://example.com`; `*` is any
/// @param hosts names by which it may be called beside its own; `*` is any
/// @param rootPath that a proxy puts before all paths, such as `/sgl`; empty if there is none
/// @param tls for encrypted connections; others have none
public record Access(
    Set<String> origins, Set<String> hosts, String rootPath, Optional<TlsFiles> tls) {
  /// By pages of its own, by its own names, unencrypted.
  public static final Access DEFAULT = new Access(Set.of(), Set.of(), "", Optional.empty());

  private static final String ANY = "*";

  public Access {
    origins = Set.copyOf(origins);
    hosts = Set.copyOf(hosts);
    if (!rootPath.isEmpty() && !rootPath.matches("(/[^/?#]+)+")) {
      throw new IllegalArgumentException("a root path of `" + rootPath + "`");
    }
  }

  boolean isOrigin(String origin) {
    return origins.contains(ANY) || origins.contains(origin);
  }

  boolean isHost(String name) {
    return hosts.contains(ANY) || hosts.contains(name);
  }

  /// A path without the root path.
  String inner(String path) {
    boolean isBelow = path.startsWith(rootPath + "/") || path.equals(rootPath);
    return !rootPath.isEmpty() && isBelow
        ? path.length() == rootPath.length() ? "/" : path.substring(rootPath.length())
        : path;
  }
}
