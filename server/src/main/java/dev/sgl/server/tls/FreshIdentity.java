package dev.sgl.server.tls;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/// Gives each new connection the certificate that the files hold then. Where they cannot be read,
/// such as in the midst of being written, the one before is good still.
final class FreshIdentity extends X509ExtendedKeyManager {
  private static final String ALIAS = "server";
  private static final long LOOK_AGAIN = TimeUnit.SECONDS.toNanos(1);

  private final TlsFiles files;
  private TlsFiles.Identity identity;
  private List<FileTime> times;
  private long looked = System.nanoTime();

  /// @throws IOException if the files cannot be read
  FreshIdentity(TlsFiles files) throws IOException {
    this.files = files;
    times = times();
    identity = files.read();
  }

  private List<FileTime> times() throws IOException {
    return List.of(
        Files.getLastModifiedTime(files.certificate()), Files.getLastModifiedTime(files.key()));
  }

  private synchronized TlsFiles.Identity identity() {
    long now = System.nanoTime();
    if (now - looked > LOOK_AGAIN) {
      looked = now;
      try {
        List<FileTime> found = times();
        if (!found.equals(times)) {
          identity = files.read();
          times = found;
        }
      } catch (IOException e) {
        System.getLogger(FreshIdentity.class.getName())
            .log(System.Logger.Level.WARNING, "the new certificate is not used", e);
      }
    }
    return identity;
  }

  private @Nullable String alias(String... types) {
    String own = identity().chain().getFirst().getPublicKey().getAlgorithm();
    return Arrays.stream(types).anyMatch(own::equalsIgnoreCase) ? ALIAS : null;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String type, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(type);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(type);
  }

  @Override
  public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
    return alias(type) == null ? null : new String[] {ALIAS};
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return identity().chain().toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return identity().key();
  }

  // --- as a client, which it never is

  @Override
  public @Nullable String chooseClientAlias(
      String[] types, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }

  @Override
  public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
    return null;
  }
}
