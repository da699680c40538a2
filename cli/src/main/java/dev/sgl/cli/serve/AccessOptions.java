package dev.sgl.cli.serve;

import dev.sgl.cli.options.UsageException;
import dev.sgl.server.http.Access;
import dev.sgl.server.tls.TlsFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/// From where a server may be called, and how.
public final class AccessOptions {
  @Option(
      names = "--allowed-origins",
      paramLabel = "ORIGIN",
      description =
          "Origins of pages that may call, such as https://example.com, separated by commas; * is any. Default: the server's own.")
  List<String> origins = List.of();

  @Option(
      names = "--allowed-hosts",
      paramLabel = "HOST",
      description =
          "Names by which the server may be called beside its own, separated by commas; * is any. Default: any, or only its own where it listens on this machine alone.")
  List<String> hosts = List.of();

  @Option(
      names = "--root-path",
      paramLabel = "PATH",
      description = "The path that a proxy puts before all others, such as /sgl.")
  String rootPath = "";

  @Option(
      names = {"--ssl-certfile"},
      paramLabel = "FILE",
      description =
          "A PEM file with the certificate of the server, for https; read again when it changes.")
  Optional<Path> certificate = Optional.empty();

  @Option(
      names = "--ssl-keyfile",
      paramLabel = "FILE",
      description = "A PEM file with the private key of the certificate (PKCS #8).")
  Optional<Path> key = Optional.empty();

  /// What the options say.
  ///
  /// @throws UsageException if one says what cannot be
  Access access() {
    if (certificate.isPresent() != key.isPresent()) {
      throw new UsageException("--ssl-certfile and --ssl-keyfile belong together");
    }
    Stream.of(certificate, key)
        .flatMap(Optional::stream)
        .filter(file -> !Files.isRegularFile(file))
        .forEach(
            file -> {
              throw new UsageException("there is no file " + file);
            });
    String path = rootPath.replaceFirst("/+$", "");
    if (path.contains("%") || path.contains("/.")) {
      throw new UsageException("--root-path must be a path such as /sgl, not `" + rootPath + "`");
    }
    Set<String> pages = words(origins, "--allowed-origins", "https?://[^/]+");
    Set<String> names = words(hosts, "--allowed-hosts", "[^/:]+");
    try {
      return new Access(pages, names, path, certificate.map(file -> new TlsFiles(file, key.get())));
    } catch (IllegalArgumentException e) {
      throw new UsageException("--root-path must be a path such as /sgl, not `" + rootPath + "`");
    }
  }

  /// The items of lists, which may also be written as JSON, as for vLLM.
  ///
  /// @param form of an item that is not `*`
  private static Set<String> words(List<String> given, String option, String form) {
    Set<String> words = new LinkedHashSet<>();
    for (String list : given) {
      for (String word : list.replaceAll("[\\[\\]\"]", "").split(",")) {
        String one = word.strip().toLowerCase(Locale.ROOT).replaceFirst("/$", "");
        if (!one.equals("*") && (!one.matches(form) || one.contains("*"))) {
          throw new UsageException(option + " cannot have `" + word.strip() + "`");
        }
        words.add(one);
      }
    }
    return words;
  }
}
