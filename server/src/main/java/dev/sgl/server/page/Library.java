package dev.sgl.server.page;

import dev.sgl.server.http.Json;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;

/// A library that the page's modules import by its name. It comes from the class path, in the form
/// of a WebJar, with the version that the build chose.
///
/// @param module the name by which it is imported
/// @param jar the name of the WebJar
/// @param file the module in the WebJar
record Library(String module, String jar, String file) {
  /// The editor (CodeMirror), Markdown (marked), and the filter for HTML (DOMPurify).
  static final List<Library> ALL =
      List.of(
          new Library("@codemirror/autocomplete", "codemirror__autocomplete", "dist/index.js"),
          new Library("@codemirror/commands", "codemirror__commands", "dist/index.js"),
          new Library("@codemirror/language", "codemirror__language", "dist/index.js"),
          new Library("@codemirror/lint", "codemirror__lint", "dist/index.js"),
          new Library("@codemirror/state", "codemirror__state", "dist/index.js"),
          new Library("@codemirror/view", "codemirror__view", "dist/index.js"),
          new Library("@lezer/common", "lezer__common", "dist/index.js"),
          new Library("@lezer/highlight", "lezer__highlight", "dist/index.js"),
          new Library("@marijn/find-cluster-break", "marijn__find-cluster-break", "src/index.js"),
          new Library("crelt", "crelt", "index.js"),
          new Library("dompurify", "dompurify", "dist/purify.es.mjs"),
          new Library("marked", "marked", "lib/marked.esm.js"),
          new Library("style-mod", "style-mod", "src/style-mod.js"),
          new Library("w3c-keyname", "w3c-keyname", "index.js"));

  /// The path of its route.
  String path() {
    return "/page/lib/" + jar + ".js";
  }

  Asset asset() {
    return Asset.of(path(), "/META-INF/resources/webjars/%s/%s/%s".formatted(jar, version(), file));
  }

  private String version() {
    String resource = "/META-INF/maven/org.webjars.npm/%s/pom.properties".formatted(jar);
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(Asset.text(resource)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }

  /// The import map of all libraries, relative to the page.
  static String importMap() {
    var imports = Json.object();
    ALL.forEach(library -> imports.put(library.module(), "." + library.path()));
    return Json.object().set("imports", imports).toString();
  }
}
