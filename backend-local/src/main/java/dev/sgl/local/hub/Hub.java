package dev.sgl.local.hub;

import dev.sgl.local.hub.Download.Needed;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/// Finds models by their names: in the cache on disk, or else on the hub, from where they are
/// fetched.
///
/// A repository with a configuration, a tokenizer and safetensors is a model folder, unless the
/// name has a quantization. Of other repositories one model in GGUF is taken: the model of the
/// named quantization, else `Q4_K_M`, else `Q8_0`, else the first by its name. Without a
/// quantization the hub is asked each time which GGUF files it has; if it cannot be reached, the
/// cached files are chosen from in the same order.
public final class Hub {
  private final Map<String, String> environment;

  /// The callback for the progress of a download.
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

  /// The folder of a model, or the first file of a model in GGUF.
  ///
  /// @throws ModelException if it is neither here nor on the hub, or cannot be fetched
  public Path find(ModelName model, Heard heard) {
    HubCache cache = HubCache.of(model, environment);
    Optional<Path> here =
        model.quantization().isPresent()
            ? cache.findGguf(model.revision(), model.quantization())
            : cache.findFolder(model.revision());
    return here.orElseGet(() -> fetch(model, cache, heard));
  }

  private Path fetch(ModelName model, HubCache cache, Heard heard) {
    Optional<Path> cached =
        cache.findGguf(model.revision(), Optional.empty()).filter(_ -> isOpen(model));
    if ("1".equals(environment.get("HF_HUB_OFFLINE"))) {
      return cached.orElseThrow(
          () -> new ModelException(model + " is not in the cache, and HF_HUB_OFFLINE is set"));
    }
    try (HubClient client = new HubClient(environment)) {
      try {
        Optional<Repository> repository = describe(client, model, cached.isPresent());
        return repository.isPresent()
            ? fetch(client, model, repository.get(), cache, heard)
            : cached.orElseThrow();
      } catch (IOException e) {
        throw new ModelException(
            "%s could not be fetched from %s: %s".formatted(model, client.host(), reason(e)), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancellationException("cancelled");
      }
    }
  }

  /// Whether the name leaves the choice of a GGUF file open.
  private static boolean isOpen(ModelName model) {
    return model.quantization().isEmpty();
  }

  /// The description of a repository; empty if the hub gives none and `mayFail`.
  private static Optional<Repository> describe(HubClient client, ModelName model, boolean mayFail)
      throws IOException, InterruptedException {
    try {
      return Optional.of(new Repository(model, client.describe(model)));
    } catch (IOException e) {
      if (mayFail) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static Path fetch(
      HubClient client, ModelName model, Repository repository, HubCache cache, Heard heard)
      throws IOException, InterruptedException {
    String commit = repository.commit();
    List<Needed> files = repository.model();
    fetch(new Download(client, model, commit), files, cache, heard);
    for (Needed file : files) { // all at once: a snapshot that is there is whole
      cache.link(commit, file.name(), cache.blob(file.hash()));
    }
    for (Needed file : repository.gguf()) { // files of other quantizations stay found
      if (Files.isRegularFile(cache.blob(file.hash()))) {
        cache.link(commit, file.name(), cache.blob(file.hash()));
      }
    }
    cache.refer(model.revision(), commit);
    return (repository.isFolder()
            ? cache.findFolder(commit)
            : cache.findGguf(commit, model.quantization()))
        .orElseThrow(
            () ->
                new ModelException(
                    model
                        + " has no weights as safetensors or GGUF, or no tokenizer.json or tokenizer.model"));
  }

  private static void fetch(Download download, List<Needed> files, HubCache cache, Heard heard)
      throws IOException, InterruptedException {
    long total = files.stream().mapToLong(Needed::size).sum();
    long done = 0;
    for (Needed file : files) {
      long before = done;
      download.fetch(
          file, cache.blob(file.hash()), n -> heard.fetched(file.name(), before + n, total));
      done += file.size();
    }
  }

  private static String reason(IOException error) {
    if (error instanceof ConnectException) {
      return "it cannot be reached";
    }
    return error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
  }
}
