package dev.sgl.local.hub;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.regex.Pattern;

/// Finds models by their names: in the cache on disk, or else on the hub, from where they are
/// fetched. What was fetched of a file stays if a download breaks off, and is gone on from.
public final class Hub {
  /// What a model needs; other formats of the same weights are left where they are.
  private static final Pattern NEEDED =
      Pattern.compile(
          "config\\.json|generation_config\\.json|tokenizer\\.json|tokenizer_config\\.json"
              + "|chat_template\\.jinja|model\\.safetensors(\\.index\\.json)?"
              + "|model-\\d+-of-\\d+\\.safetensors");

  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final int TRIES = 5;
  private static final int BUFFER = 1 << 20;

  private final Map<String, String> environment;

  /// Hears how far a download is.
  @FunctionalInterface
  public interface Heard {
    /// @param done bytes of all files
    void fetched(String file, long done, long total);
  }

  /// @param environment variables that say where the cache and the hub are, see [HubCache] and
  ///     [HubClient]
  public Hub(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /// @param hash of the content, by which it is kept
  private record Needed(String name, long size, String hash) {}

  /// The folder of a model.
  ///
  /// @throws ModelException if it is neither here nor on the hub, or cannot be fetched
  public Path find(ModelName model, Heard heard) {
    HubCache cache = HubCache.of(model, environment);
    return cache.find(model.revision()).orElseGet(() -> fetch(model, cache, heard));
  }

  private Path fetch(ModelName model, HubCache cache, Heard heard) {
    if ("1".equals(environment.get("HF_HUB_OFFLINE"))) {
      throw new ModelException(model + " is not in the cache, and HF_HUB_OFFLINE is set");
    }
    try (HubClient client = new HubClient(environment)) {
      try {
        JsonNode described = client.describe(model);
        String commit = described.path("sha").asText();
        List<Needed> files = needed(described, model);
        long total = files.stream().mapToLong(Needed::size).sum();
        long done = 0;
        for (Needed file : files) {
          Path blob = cache.blob(file.hash());
          long before = done;
          whole(
              client,
              model,
              commit,
              file,
              blob,
              n -> heard.fetched(file.name(), before + n, total));
          cache.link(commit, file.name(), blob);
          done += file.size();
        }
        cache.refer(model.revision(), commit);
        return cache
            .find(commit)
            .orElseThrow(
                () ->
                    new ModelException(
                        model + " has no weights as safetensors, or no tokenizer.json"));
      } catch (IOException e) {
        throw new ModelException(
            "%s could not be fetched from %s: %s".formatted(model, client.host(), reason(e)), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancellationException("cancelled");
      }
    }
  }

  private static String reason(IOException error) {
    if (error instanceof ConnectException) {
      return "it cannot be reached";
    }
    return error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
  }

  private static List<Needed> needed(JsonNode described, ModelName model) {
    List<Needed> files = new ArrayList<>();
    for (JsonNode file : described.path("siblings")) {
      String name = file.path("rfilename").asText();
      if (NEEDED.matcher(name).matches()) {
        String hash = file.path("lfs").path("sha256").asText(file.path("blobId").asText());
        if (!hash.matches("[0-9a-f]{40,64}")) {
          throw new ModelException("the hub does not say what " + name + " of " + model + " is");
        }
        files.add(new Needed(name, file.path("size").asLong(), hash));
      }
    }
    return files;
  }

  /// Hears how many bytes of a file are there.
  private interface Bytes {
    void known(long count);
  }

  /// Fetches a file, unless it is there; one process at a time.
  private static void whole(
      HubClient client, ModelName model, String commit, Needed file, Path blob, Bytes heard)
      throws IOException, InterruptedException {
    Path part = blob.resolveSibling(blob.getFileName() + ".incomplete");
    Path lock = blob.resolveSibling(blob.getFileName() + ".lock");
    try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock _ = channel.lock()) {
      for (int attempt = 1; !Files.exists(blob); attempt++) {
        try {
          more(client, model, commit, file, part, heard);
          require(file, part);
          Files.move(part, blob, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
          if (attempt == TRIES) {
            throw e;
          }
          Thread.sleep(200L << attempt);
        }
      }
    } finally {
      Files.deleteIfExists(lock);
    }
    heard.known(file.size());
  }

  /// Fetches what is missing of a file.
  private static void more(
      HubClient client, ModelName model, String commit, Needed file, Path part, Bytes heard)
      throws IOException, InterruptedException {
    long known = Files.exists(part) ? Files.size(part) : 0;
    if (known > 0 && known == file.size()) {
      return;
    }
    HttpResponse<InputStream> response = client.open(model, commit, file.name(), known);
    boolean goesOn = response.statusCode() == 206;
    try (InputStream in = response.body();
        Watch watch = new Watch(in);
        OutputStream out =
            Files.newOutputStream(
                part,
                StandardOpenOption.CREATE,
                goesOn ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING)) {
      long count = goesOn ? known : 0;
      byte[] buffer = new byte[BUFFER];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        out.write(buffer, 0, n);
        count += n;
        watch.moved();
        heard.known(count);
      }
    }
  }

  /// Large files come with their hash; the size is known of all.
  private static void require(Needed file, Path part) throws IOException {
    boolean isRight = Files.size(part) == file.size();
    if (isRight && SHA256.matcher(file.hash()).matches()) {
      isRight = sha256(part).equals(file.hash());
    }
    if (!isRight) {
      if (Files.size(part) >= file.size()) {
        Files.delete(part); // nothing can be made of it
      }
      throw new IOException(file.name() + " came incomplete or broken");
    }
  }

  private static String sha256(Path file) throws IOException {
    try (DigestInputStream in =
        new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
      byte[] buffer = new byte[BUFFER];
      while (in.read(buffer) >= 0) {
        continue; // it is only summed
      }
      return HexFormat.of().formatHex(in.getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new UncheckedIOException(new IOException(e)); // every Java platform has it
    }
  }
}
