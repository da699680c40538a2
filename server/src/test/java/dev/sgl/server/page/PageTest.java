package dev.sgl.server.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.server.TestServer;
import dev.sgl.server.keys.KeyRing;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.Response;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The files of the page, as browsers get them.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PageTest {
  private static final Map<String, String> TYPES =
      Map.of(".css", "text/css; charset=utf-8", ".js", "text/javascript; charset=utf-8");

  private static final Pattern IMPORT =
      Pattern.compile("(?m)^(?:import|export) (?:[^;']*? from )?['\"]([^'\"]+)['\"]");
  private static final Pattern LOADED = Pattern.compile("(?:src|href)=\"(page/[^\"]+)\"");
  private static final Pattern MAP =
      Pattern.compile("<script type=\"importmap\">(.*?)</script>", Pattern.DOTALL);

  private TestServer server;

  @BeforeAll
  void open() throws IOException {
    server = TestServer.open();
  }

  @AfterAll
  void close() {
    server.close();
  }

  private Set<String> files() {
    return filesOf(server);
  }

  private static Set<String> filesOf(TestServer server) {
    Set<String> files = new TreeSet<>();
    for (String route : server.routes()) {
      if (route.startsWith("GET /page/")) {
        files.add(route.substring("GET ".length()));
      }
    }
    return files;
  }

  private String text(String path) throws IOException {
    return server.get(path).text();
  }

  private String importMap() throws IOException {
    Matcher map = MAP.matcher(text("/"));
    assertTrue(map.find());
    return map.group(1);
  }

  @Test
  void eachFileHasItsTypeAndThePolicy() throws IOException {
    for (String path : files()) {
      try (Response file = server.call(path, "").execute()) {
        assertEquals(200, file.code(), path);
        assertEquals(
            TYPES.get(path.substring(path.lastIndexOf('.'))), file.header("Content-Type"), path);
        assertEquals("nosniff", file.header("X-Content-Type-Options"), path);
        assertFalse(String.valueOf(file.header("Content-Security-Policy")).contains("unsafe"));
      }
    }
  }

  @Test
  void aBrowserThatHasAFileGetsNoneAgain() throws IOException {
    try (Response first = server.call("/page/main.js", "").execute();
        Response second =
            server
                .call("/page/main.js", "", "If-None-Match", String.valueOf(first.header("ETag")))
                .execute()) {
      assertEquals("no-cache", first.header("Cache-Control"));
      assertEquals(304, second.code());
      assertEquals("", second.body().string());
    }
  }

  @Test
  void thePolicyAllowsTheImportMapAndNoOtherInlineScript() throws IOException {
    String hash = Asset.hash(importMap().getBytes(StandardCharsets.UTF_8));
    try (Response page = server.call("/", "").execute()) {
      String policy = String.valueOf(page.header("Content-Security-Policy"));
      assertTrue(policy.contains("script-src 'self' 'sha256-" + hash + "'"), policy);
      assertFalse(policy.contains("unsafe-inline"), policy);
    }
  }

  @Test
  void thePageLoadsOnlyServedFiles() throws IOException {
    for (String page : List.of("/", "/docs")) {
      Matcher loaded = LOADED.matcher(text(page));
      while (loaded.find()) {
        assertTrue(files().contains("/" + loaded.group(1)), page + " loads " + loaded.group(1));
      }
    }
  }

  @Test
  void eachImportLeadsToAServedFile() throws IOException {
    JsonNode imports = Json.parse(importMap()).path("imports");
    int count = 0;
    for (String path : files()) {
      Matcher imported = IMPORT.matcher(path.endsWith(".js") ? text(path) : "");
      while (imported.find()) {
        String name = imported.group(1);
        String target =
            name.startsWith("./")
                ? path.substring(0, path.lastIndexOf('/') + 1) + name.substring(2)
                : imports.path(name).asText().replaceFirst("^\\.", "");
        assertTrue(files().contains(target), path + " imports " + name);
        count++;
      }
    }
    assertTrue(count > 50, "imports were found");
  }

  @Test
  void withoutTheKeyTheBrowserAsksForPagesAndThePageForItsCalls() throws IOException {
    try (TestServer closed = TestServer.open(o -> o.withKeys(KeyRing.of("secret")));
        Response page = closed.call("/", "", "Sec-Fetch-Dest", "document").execute();
        Response script = closed.call("/v1/models", "", "Sec-Fetch-Dest", "empty").execute()) {
      assertEquals(401, page.code());
      assertTrue(String.valueOf(page.header("WWW-Authenticate")).startsWith("Basic "));
      assertEquals(401, script.code());
      assertTrue(String.valueOf(script.header("WWW-Authenticate")).startsWith("Bearer "));
    }
  }

  @Test
  void withoutThePageOnlyTheFilesOfTheDescriptionAreServed() throws IOException {
    try (TestServer plain = TestServer.open(options -> options.withPlayground(false))) {
      assertEquals(
          Set.of("/page/base.css", "/page/docs.css", "/page/docs.js", "/page/dom.js"),
          filesOf(plain));
      assertEquals(404, plain.get("/").status());
      assertEquals(200, plain.get("/docs").status());
      assertEquals(404, plain.post("/playground/check", "{\"source\":\"\"}").status());
    }
  }
}
