package dev.sgl.server.program;

import dev.sgl.server.http.Router;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;

/// The page at `/`: a playground for chats and programs.
public final class Page {
  private static final Map<String, String> FILES =
      Map.of(
          "index.html", "text/html; charset=utf-8",
          "page.css", "text/css; charset=utf-8",
          "page.js", "text/javascript; charset=utf-8");

  private static final String POLICY =
      "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'";

  private Page() {}

  /// Adds the files of the page.
  public static void add(Router routes) {
    FILES.forEach(
        (name, type) -> {
          byte[] content = content(name);
          routes.get(
              name.equals("index.html") ? "/" : "/" + name,
              call -> {
                call.set("Content-Security-Policy", POLICY);
                call.set("X-Content-Type-Options", "nosniff");
                call.set("Cache-Control", "no-cache");
                call.answer(200, type, content);
              });
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
