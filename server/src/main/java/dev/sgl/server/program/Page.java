package dev.sgl.server.program;

import dev.sgl.server.http.Router;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/// The page at `/`, a playground for chats and programs, and the description of all routes with a
/// page that shows it.
public final class Page {
  private static final String HTML = "text/html; charset=utf-8";
  private static final String CSS = "text/css; charset=utf-8";
  private static final String SCRIPT = "text/javascript; charset=utf-8";

  private static final String POLICY =
      "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'";

  private Page() {}

  /// Adds the files of the playground.
  public static void add(Router routes) {
    add(routes, "/", "index.html", HTML);
    add(routes, "/page.js", "page.js", SCRIPT);
  }

  /// Adds the description of all routes (OpenAPI 3.1), and the files of the page that shows it.
  public static void addDescription(Router routes) {
    add(routes, "/openapi.json", "openapi.json", "application/json");
    add(routes, "/docs", "docs.html", HTML);
    add(routes, "/docs.js", "docs.js", SCRIPT);
    add(routes, "/docs.css", "docs.css", CSS);
    add(routes, "/page.css", "page.css", CSS);
  }

  private static void add(Router routes, String path, String name, String type) {
    byte[] content = content(name);
    routes.get(
        path,
        call -> {
          call.set("Content-Security-Policy", POLICY);
          call.set("X-Content-Type-Options", "nosniff");
          call.set("Cache-Control", "no-cache");
          call.answer(200, type, content);
        });
  }

  private static byte[] content(String name) {
    try (InputStream in = Objects.requireNonNull(Page.class.getResourceAsStream(name))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
