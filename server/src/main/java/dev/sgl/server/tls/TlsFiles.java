package dev.sgl.server.tls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;

/// The certificate of a server and its key, in the files that certificate authorities' clients
/// write. They are read again when they change.
///
/// @param certificate a PEM file with the server's certificate, and those that lead to its root
/// @param key a PEM file with the private key (PKCS #8)
public record TlsFiles(Path certificate, Path key) {
  private static final long MOST_BYTES = 1 << 20;
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "Ed25519");

  private static final byte[] SIGNED = {1};

  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----");

  /// What the files hold.
  ///
  /// @param chain the server's certificate first
  record Identity(List<X509Certificate> chain, PrivateKey key) {}

  /// A context for connections to a server with this certificate.
  ///
  /// @throws IOException if a file cannot be read, or holds something else
  public SSLContext context() throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {new FreshIdentity(this)}, null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS is not available: " + e.getMessage(), e);
    }
  }

  /// Reads the files.
  ///
  /// @throws IOException if one cannot be read, or holds something else, or they do not belong
  ///     together
  Identity read() throws IOException {
    List<X509Certificate> chain = chain();
    PrivateKey read = privateKey();
    if (!belong(chain.getFirst(), read)) {
      throw new IOException(
          "the key in %s is not that of the certificate in %s".formatted(key, certificate));
    }
    return new Identity(chain, read);
  }

  /// Whether the certificate verifies a signature by the key.
  private static boolean belong(X509Certificate certificate, PrivateKey key) {
    try {
      String algorithm =
          switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> "Ed25519";
          };
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(SIGNED);
      byte[] signed = signature.sign();
      signature.initVerify(certificate.getPublicKey());
      signature.update(SIGNED);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false; // the key is of another kind
    }
  }

  private List<X509Certificate> chain() throws IOException {
    requireSmall(certificate);
    try (InputStream in = Files.newInputStream(certificate)) {
      List<X509Certificate> chain =
          CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (chain.isEmpty()) {
        throw new IOException("there is no certificate in " + certificate);
      }
      return chain;
    } catch (GeneralSecurityException e) {
      throw new IOException(certificate + " holds no certificate in PEM: " + e.getMessage(), e);
    }
  }

  private PrivateKey privateKey() throws IOException {
    requireSmall(key);
    Matcher pem = KEY.matcher(Files.readString(key));
    if (!pem.find()) {
      throw new IOException(
          "%s holds no private key in PKCS #8; convert it: openssl pkcs8 -topk8 -nocrypt -in %s -out key.pem"
              .formatted(key, key.getFileName()));
    }
    try {
      byte[] bytes = Base64.getMimeDecoder().decode(pem.group(1));
      return privateKey(new PKCS8EncodedKeySpec(bytes));
    } catch (IllegalArgumentException | GeneralSecurityException e) {
      throw new IOException(key + " holds no private key: " + e.getMessage(), e);
    }
  }

  private static PrivateKey privateKey(PKCS8EncodedKeySpec spec) throws GeneralSecurityException {
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        continue; // it is of another algorithm
      }
    }
    throw new InvalidKeySpecException("it is none of " + String.join(", ", ALGORITHMS));
  }

  private static void requireSmall(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("there is no file " + file);
    }
    if (Files.size(file) > MOST_BYTES) {
      throw new IOException(file + " is too large");
    }
  }
}
