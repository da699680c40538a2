package dev.sgl.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.server.TestServer;
import dev.sgl.server.TestServer.Answer;
import dev.sgl.server.tls.TlsFiles;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Pages, names, proxies and certificates.
class AccessTest {
  private static final String PAGE = "https://pages.example";

  @TempDir Path folder = Path.of("");

  private static TestServer open(Access access) throws IOException {
    return TestServer.open(options -> options.withAccess(access));
  }

  private static Response preflight(TestServer server, String origin) throws IOException {
    Request request =
        new Request.Builder()
            .url(server.url("/v1/models"))
            .method("OPTIONS", RequestBody.create(new byte[0]))
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization,x-stainless-lang")
            .build();
    return new OkHttpClient().newCall(request).execute();
  }

  @Test
  void pagesThatAreAllowedMayCall() throws IOException {
    Access access = new Access(Set.of(PAGE), Set.of(), "", Optional.empty());
    try (TestServer server = open(access)) {
      try (Response response = server.call("/v1/models", "", "Origin", PAGE).execute()) {
        assertEquals(200, response.code());
        assertEquals(PAGE, response.header("Access-Control-Allow-Origin"));
      }
      try (Response response = preflight(server, PAGE)) {
        assertEquals(204, response.code());
        assertEquals(
            "authorization,x-stainless-lang", response.header("Access-Control-Allow-Headers"));
      }
      try (Response response = preflight(server, "https://others.example")) {
        assertEquals(403, response.code());
      }
      Answer other = server.get("/v1/models", "Origin", "https://others.example");
      assertEquals(403, other.status());
      assertTrue(other.error().endsWith("allow them with --allowed-origins"), other.error());
    }
  }

  @Test
  void anErrorToAPageCanBeRead() throws IOException {
    Access access = new Access(Set.of("*"), Set.of(), "", Optional.empty());
    try (TestServer server = open(access);
        Response response = server.call("/nowhere", "", "Origin", PAGE).execute()) {
      assertEquals(404, response.code());
      assertEquals(PAGE, response.header("Access-Control-Allow-Origin"));
    }
  }

  @Test
  void namesThatAreAllowedReachTheServer() throws IOException {
    Access access = new Access(Set.of(), Set.of("models.example"), "", Optional.empty());
    try (TestServer server = open(access)) {
      assertEquals(200, server.get("/v1/models", "Host", "models.example").status());
      assertEquals(200, server.get("/v1/models", "Host", "models.example:8080").status());
      assertEquals(200, server.get("/v1/models").status());
      Answer other = server.get("/v1/models", "Host", "others.example");
      assertTrue(other.error().endsWith("allow it with --allowed-hosts"), other.error());
    }
  }

  @Test
  void aProxyMayPutAPathBefore() throws IOException {
    Access access = new Access(Set.of(), Set.of(), "/a/b", Optional.empty());
    try (TestServer server = open(access)) {
      assertEquals(200, server.get("/a/b/v1/models").status());
      assertEquals(200, server.get("/v1/models").status());
      assertEquals(200, server.get("/a/b/").status());
      assertEquals(404, server.get("/a/bv1/models").status());
      String body = "{\"model\":\"demo\"}";
      assertEquals("error", server.post("/a/b/v1/messages", body).at("/type").asText());
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> new Access(Set.of(), Set.of(), "a", Optional.empty()));
  }

  @Test
  void callsAreLoggedWithoutTheirWords() throws IOException {
    StringWriter lines = new StringWriter();
    try (TestServer server = TestServer.open(o -> o.withLog(new RequestLog(lines)))) {
      String body = "{\"prompt\":\"secret words\",\"max_tokens\":1,\"rid\":\"me\"}";
      server.post("/v1/completions?key=secret", body, "Authorization", "Bearer secret");
      server.get("/nowhere");
      for (int i = 0; i < 1000 && lines.toString().lines().count() < 2; i++) {
        LockSupport.parkNanos(1_000_000);
      }
    }
    String said = lines.toString();
    assertTrue(said.contains("\"path\":\"/v1/completions\",\"status\":200"), said);
    assertTrue(said.contains("\"id\":\"me\"") && said.contains("\"status\":404"), said);
    assertFalse(said.contains("secret"), said);
  }

  // --- TLS

  private void write(HeldCertificate held) throws IOException {
    Files.writeString(folder.resolve("cert.pem"), held.certificatePem());
    Files.writeString(folder.resolve("key.pem"), held.privateKeyPkcs8Pem());
  }

  private TlsFiles files() {
    return new TlsFiles(folder.resolve("cert.pem"), folder.resolve("key.pem"));
  }

  private static HeldCertificate held(long serial, boolean isRsa) {
    HeldCertificate.Builder builder =
        new HeldCertificate.Builder()
            .addSubjectAlternativeName("127.0.0.1")
            .serialNumber(BigInteger.valueOf(serial));
    return isRsa ? builder.rsa2048().build() : builder.build();
  }

  private static OkHttpClient https(HeldCertificate trusted) {
    HandshakeCertificates client =
        new HandshakeCertificates.Builder().addTrustedCertificate(trusted.certificate()).build();
    return new OkHttpClient.Builder()
        .sslSocketFactory(client.sslSocketFactory(), client.trustManager())
        .build();
  }

  private static BigInteger serial(TestServer server, HeldCertificate trusted) throws IOException {
    Request request = new Request.Builder().url(server.url("/health")).build();
    try (Response response = https(trusted).newCall(request).execute()) {
      assertEquals(200, response.code());
      X509Certificate own = (X509Certificate) response.handshake().peerCertificates().getFirst();
      return own.getSerialNumber();
    }
  }

  @Test
  void connectionsAreEncryptedAndANewCertificateIsTaken() throws Exception {
    HeldCertificate first = held(1, false);
    HeldCertificate second = held(2, true);
    write(first);
    Access access = new Access(Set.of(), Set.of(), "", Optional.of(files()));
    try (TestServer server = open(access)) {
      assertTrue(server.url("").startsWith("https://"));
      assertEquals(BigInteger.ONE, serial(server, first));
      Files.writeString(folder.resolve("key.pem"), "half a key");
      Thread.sleep(1100);
      assertEquals(BigInteger.ONE, serial(server, first));
      write(second);
      Thread.sleep(1100);
      assertEquals(BigInteger.TWO, serial(server, second));
    }
  }

  @Test
  void theOwnPagesOfAServerWithACertificateAreEncrypted() throws IOException {
    HeldCertificate own = held(1, false);
    write(own);
    Access access = new Access(Set.of(), Set.of(), "", Optional.of(files()));
    try (TestServer server = open(access)) {
      String origin = server.url("");
      for (String from : List.of(origin, origin.toUpperCase(Locale.ROOT))) {
        assertEquals(200, status(server, own, from));
      }
      for (String from :
          List.of(origin.replace("https:", "http:"), origin + "1", "https://127.0.0.1", "null")) {
        assertEquals(403, status(server, own, from), from);
      }
    }
  }

  private static int status(TestServer server, HeldCertificate trusted, String origin)
      throws IOException {
    Request request =
        new Request.Builder().url(server.url("/v1/models")).header("Origin", origin).build();
    try (Response response = https(trusted).newCall(request).execute()) {
      return response.code();
    }
  }

  @Test
  void theOwnPagesOfAServerBehindAProxyMayBeEncrypted() throws IOException {
    Access access = new Access(Set.of(), Set.of("models.example"), "", Optional.empty());
    try (TestServer server = open(access)) {
      for (String host : List.of("models.example", "models.example:443")) {
        String origin = "https://models.example";
        assertEquals(200, server.get("/v1/models", "Host", host, "Origin", origin).status());
      }
      String own = server.url("");
      assertEquals(200, server.get("/v1/models", "Origin", own).status());
      assertEquals(403, server.get("/v1/models", "Origin", own.replace("http", "ftp")).status());
    }
  }

  @Test
  void filesThatDoNotFitAreRefused() throws IOException {
    write(held(1, false));
    Files.writeString(folder.resolve("key.pem"), held(1, true).privateKeyPkcs8Pem());
    assertThrows(IOException.class, () -> files().context());
    Files.writeString(folder.resolve("key.pem"), held(1, false).privateKeyPkcs8Pem());
    assertThrows(IOException.class, () -> files().context(), "a key of another certificate");
    Files.writeString(folder.resolve("key.pem"), held(1, true).privateKeyPkcs1Pem());
    IOException old = assertThrows(IOException.class, () -> files().context());
    assertTrue(String.valueOf(old.getMessage()).contains("openssl pkcs8"), old.getMessage());
    Files.delete(folder.resolve("key.pem"));
    assertThrows(IOException.class, () -> files().context());
  }
}
