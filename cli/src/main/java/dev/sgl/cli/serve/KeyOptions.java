package dev.sgl.cli.serve;

import dev.sgl.cli.options.UsageException;
import dev.sgl.server.keys.KeyRing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/// With which keys a server may be called.
public final class KeyOptions {
  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      description =
          "The key that every call but /health must bring. Default: $$SGL_API_KEY, or none.")
  Optional<String> key = Optional.empty();

  @Option(
      names = "--admin-api-key",
      paramLabel = "KEY",
      description =
          "A key for what concerns all callers: /flush_cache, /cache, /v1/loads, /metrics, aborting any request. Default: the --api-key does, unless there are --api-keys.")
  Optional<String> adminKey = Optional.empty();

  @Option(
      names = "--api-keys",
      paramLabel = "FILE",
      description =
          "A YAML file of keys with names, rates and quotas; read again when it changes. See docs/serving.md.")
  Optional<Path> file = Optional.empty();

  /// The keys that the options name.
  ///
  /// @throws UsageException if one is empty, or the file says what cannot be
  KeyRing keys() {
    Optional<String> given = key.or(() -> Optional.ofNullable(System.getenv("SGL_API_KEY")));
    if (Stream.of(given, adminKey).flatMap(Optional::stream).anyMatch(String::isBlank)) {
      throw new UsageException("--api-key, --admin-api-key, or SGL_API_KEY, is empty");
    }
    if (adminKey.isPresent() && given.isEmpty() && file.isEmpty()) {
      throw new UsageException("--admin-api-key is for servers with an --api-key or --api-keys");
    }
    if (given.isPresent() && given.equals(adminKey)) {
      throw new UsageException("--admin-api-key must be another key than --api-key");
    }
    if (file.isPresent() && !Files.isRegularFile(file.get())) {
      throw new UsageException("--api-keys: there is no file " + file.get());
    }
    try {
      return KeyRing.of(given, adminKey, file);
    } catch (IOException e) {
      throw new UsageException("--api-keys: " + e.getMessage());
    }
  }
}
