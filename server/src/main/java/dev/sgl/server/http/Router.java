package dev.sgl.server.http;

import dev.sgl.diagnostic.Nearest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Which handler answers which method and path.
public final class Router {
  private final List<Route> routes = new ArrayList<>();
  private final Map<String, ErrorShape> shapes = new LinkedHashMap<>(); // by beginnings of paths

  /// @param segments of the path; one in braces matches any, and a last one with dots, such as
  ///     `{name...}`, for all that follow
  private record Route(String method, String path, List<String> segments, Handler handler) {
    /// What the segments in braces are in `path`; empty if it is another path.
    Optional<Map<String, String>> match(List<String> path) {
      boolean open = segments.getLast().endsWith("...}");
      if (open ? path.size() < segments.size() : path.size() != segments.size()) {
        return Optional.empty();
      }
      Map<String, String> variables = new HashMap<>();
      for (int i = 0; i < segments.size(); i++) {
        String segment = segments.get(i);
        if (segment.endsWith("...}")) {
          String rest = String.join("/", path.subList(i, path.size()));
          variables.put(segment.substring(1, segment.length() - 4), rest);
        } else if (segment.startsWith("{")) {
          variables.put(segment.substring(1, segment.length() - 1), path.get(i));
        } else if (!segment.equals(path.get(i))) {
          return Optional.empty();
        }
      }
      return Optional.of(variables);
    }
  }

  /// A handler, and what the path says.
  ///
  /// @param route the path as it was registered
  record Found(Handler handler, String route, Map<String, String> variables) {}

  /// Adds a route.
  ///
  /// @param path such as `/v1/programs/{name}`
  public void add(String method, String path, Handler handler) {
    routes.add(new Route(method, path, segments(path), handler));
  }

  /// Adds a route for GET, as [#add(String, String, Handler)].
  public void get(String path, Handler handler) {
    add("GET", path, handler);
  }

  /// Adds a route for POST, as [#add(String, String, Handler)].
  public void post(String path, Handler handler) {
    add("POST", path, handler);
  }

  /// Adds a shape of errors for all paths that begin with `path`; others have OpenAI's.
  public void errors(String path, ErrorShape shape) {
    shapes.put(path, shape);
  }

  /// The shape of errors at a path.
  ErrorShape errors(String path) {
    return shapes.entrySet().stream()
        .filter(one -> path.startsWith(one.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(ErrorShape.OPENAI);
  }

  /// All routes, as `POST /v1/models`.
  public List<String> list() {
    return routes.stream().map(route -> route.method() + " " + route.path()).toList();
  }

  private static List<String> segments(String path) {
    String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    return List.of(trimmed.split("/", -1));
  }

  /// The route of a call; one for GET answers HEAD, too.
  ///
  /// @throws ApiException if there is no such path, or it has no such method: then the answer names
  ///     those that it has
  Found find(Call call) {
    String path = call.path();
    String method = call.method().equals("HEAD") ? "GET" : call.method();
    List<String> segments = segments(path);
    Set<String> methods = new LinkedHashSet<>();
    for (Route route : routes) {
      Optional<Map<String, String>> variables = route.match(segments);
      if (variables.isPresent()) {
        if (route.method().equals(method)) {
          return new Found(route.handler(), route.path(), variables.get());
        }
        methods.add(route.method());
      }
    }
    if (!methods.isEmpty()) {
      List<String> allowed = new ArrayList<>(methods);
      if (allowed.contains("GET")) {
        allowed.add("HEAD");
      }
      call.set("Allow", String.join(", ", allowed));
      throw new ApiException(
          405,
          "invalid_request_error",
          "",
          "method_not_allowed",
          path + " takes " + String.join(" or ", methods) + ", not " + method);
    }
    String near =
        Nearest.to(path, routes.stream().map(Route::path).toList())
            .map(p -> "; did you mean " + p + "?")
            .orElse("");
    throw ApiException.notFound("", "unknown_url", "there is no " + method + " " + path + near);
  }
}
