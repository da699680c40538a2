package dev.sgl.local.hub;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.hub.Download.Needed;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.regex.Pattern;

/// Finds models by their names: in the cache on disk, or else on the hub, from where they are
/// fetched.
public final class Hub {
  /// What a model needs; other formats of the same weights are left where they are.
  private static final Pattern NEEDED =
      Pattern.compile(
          "config\\.json|generation_config\\.json|tokenizer\\.json|tokenizer_config\\.json"
              + "|special_tokens_map\\.json|chat_template\\.jinja"
              + "|additional_chat_templates/tool_use\\.jinja|model\\.safetensors(\\.index\\.json)?"
              + "|model-\\d+-of-\\d+\\.safetensors");

  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

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
        if (!COMMIT.matcher(commit).matches()) {
          throw new ModelException("the hub does not say which commit of " + model + " it has");
        }
        List<Needed> files = needed(described, model);
        fetch(new Download(client, model, commit), files, cache, heard);
        for (Needed file : files) { // all at once: a snapshot that is there is whole
          cache.link(commit, file.name(), cache.blob(file.hash()));
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

  private static List<Needed> needed(JsonNode described, ModelName model) {
    List<Needed> files = new ArrayList<>();
    for (JsonNode file : described.path("siblings")) {
      String name = file.path("rfilename").asText();
      if (NEEDED.matcher(name).matches()) {
        String hash = file.path("lfs").path("sha256").asText(file.path("blobId").asText());
        if (!HASH.matcher(hash).matches()) {
          throw new ModelException("the hub does not say what " + name + " of " + model + " is");
        }
        files.add(new Needed(name, file.path("size").asLong(), hash));
      }
    }
    return files;
  }
}
