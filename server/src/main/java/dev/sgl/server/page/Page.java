package dev.sgl.server.page;

import dev.sgl.server.http.Router;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// The page at `/`, where people chat and try programs, and the description of all routes with a
/// page that shows it.
public final class Page {
  /// Nothing comes from elsewhere; pictures may be in texts, as data.
  private static final String POLICY =
      "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
          + "form-action 'none'; frame-ancestors 'none'";

  /// Style sheets and modules of the page, below `/page/`.
  private static final List<String> FILES =
      List.of(
          "answer.js",
          "arguments.js",
          "cache.js",
          "chat.css",
          "chat.js",
          "conversation.js",
          "conversations.js",
          "editor.js",
          "events.js",
          "facts.js",
          "form.js",
          "json.js",
          "lanes.js",
          "link.js",
          "main.js",
          "markdown.js",
          "message.js",
          "options.js",
          "page.css",
          "parameters.js",
          "pictures.js",
          "program.css",
          "program.js",
          "runs.js",
          "samples.js",
          "schema.js",
          "server.js",
          "store.js",
          "theme.js");

  /// The same of the page that shows the description; they are the other page's, too.
  private static final List<String> FILES_OF_DESCRIPTION =
      List.of("base.css", "docs.css", "docs.js", "dom.js");

  private Page() {}

  /// Adds the page, its files and its libraries.
  public static void add(Router routes) {
    String imports = Library.importMap();
    String page = Asset.text("index.html").replace("{imports}", imports);
    String hash = Asset.hash(imports.getBytes(StandardCharsets.UTF_8));
    String policy = POLICY + "; script-src 'self' 'sha256-" + hash + "'"; // the map is inline
    add(routes, "/", Asset.html(page), policy);
    FILES.forEach(name -> add(routes, "/page/" + name, Asset.of(name), POLICY));
    Library.ALL.forEach(library -> add(routes, library.path(), library.asset(), POLICY));
  }

  /// Adds the description of all routes (OpenAPI 3.1), and the page that shows it.
  public static void addDescription(Router routes) {
    add(routes, "/openapi.json", Asset.of("openapi.json"), POLICY);
    add(routes, "/docs", Asset.of("docs.html"), POLICY);
    FILES_OF_DESCRIPTION.forEach(name -> add(routes, "/page/" + name, Asset.of(name), POLICY));
  }

  private static void add(Router routes, String path, Asset asset, String policy) {
    String tag = '"' + Asset.hash(asset.content()) + '"';
    routes.get(path, call -> asset.answer(call, tag, policy));
  }
}
