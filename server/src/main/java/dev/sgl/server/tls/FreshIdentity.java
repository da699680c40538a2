package dev.sgl.server.tls;

import dev.sgl.server.file.Fresh;
import java.io.IOException;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/// Gives each new connection the certificate that the files hold then.
final class FreshIdentity extends X509ExtendedKeyManager {
  private static final String ALIAS = "server";

  private final Fresh<TlsFiles.Identity> files;

  /// @throws IOException if the files cannot be read
  FreshIdentity(TlsFiles files) throws IOException {
    this.files = new Fresh<>(List.of(files.certificate(), files.key()), files::read);
  }

  private @Nullable String alias(String... types) {
    String own = files.get().chain().getFirst().getPublicKey().getAlgorithm();
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
    return files.get().chain().toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return files.get().key();
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
