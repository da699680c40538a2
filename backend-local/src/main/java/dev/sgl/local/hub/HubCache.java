package dev.sgl.local.hub;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.json.OutsideJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// The cache of models on disk, as Hugging Face's own tools lay it out: contents in `blobs`, and
/// for each commit a folder in `snapshots` with links to them; `refs` says which commit a branch
/// is.
///
/// Reference: Hugging Face, huggingface_hub documentation, "Understand caching".
final class HubCache {
  private static final int MOST_FOLDERS = 6; // deep

  private final Path folder;

  private HubCache(Path folder) {
    this.folder = folder;
  }

  /// The cache of a model, where the environment says: `HF_HUB_CACHE`, `HF_HOME`, or in the user's
  /// own cache.
  static HubCache of(ModelName model, Map<String, String> environment) {
    Path caches =
        Optional.ofNullable(environment.get("XDG_CACHE_HOME"))
            .map(Path::of)
            .orElse(Path.of(System.getProperty("user.home"), ".cache"));
    Path home =
        Optional.ofNullable(environment.get("HF_HOME"))
            .map(Path::of)
            .orElse(caches.resolve("huggingface"));
    Path hub =
        Optional.ofNullable(environment.get("HF_HUB_CACHE"))
            .map(Path::of)
            .orElse(home.resolve("hub"));
    return new HubCache(hub.resolve("models--" + model.owner() + "--" + model.name()));
  }

  /// The snapshot of a revision as a model folder, if all of the folder's files are there.
  Optional<Path> findFolder(String revision) {
    return snapshotOf(revision).filter(HubCache::isWhole);
  }

  /// The first file of a model in GGUF in the snapshot of a revision, which may lack other files of
  /// the repository. Empty if there is no such model, or one of its shards is missing.
  ///
  /// @param quantization as of [GgufListing#choose]
  Optional<Path> findGguf(String revision, Optional<String> quantization) {
    return snapshotOf(revision)
        .flatMap(
            snapshot -> {
              List<String> files = new GgufListing(listing(snapshot)).choose(quantization);
              return files.stream().map(snapshot::resolve).allMatch(Files::isRegularFile)
                  ? files.stream().findFirst().map(snapshot::resolve)
                  : Optional.empty();
            });
  }

  private static List<String> listing(Path snapshot) {
    try (Stream<Path> all = Files.walk(snapshot, MOST_FOLDERS)) {
      return all.filter(Files::isRegularFile)
          .map(file -> snapshot.relativize(file).toString().replace('\\', '/'))
          .toList();
    } catch (IOException | UncheckedIOException e) {
      return List.of(); // there is no such folder
    }
  }

  private Optional<Path> snapshotOf(String revision) {
    Path ref = folder.resolve("refs").resolve(revision);
    String commit = revision;
    try {
      if (Files.isRegularFile(ref)) {
        commit = Files.readString(ref).strip();
      }
    } catch (IOException e) {
      return Optional.empty();
    }
    return Optional.of(snapshot(commit));
  }

  /// Whether a folder has a configuration, a tokenizer, and all weights.
  private static boolean isWhole(Path snapshot) {
    if (!Files.isRegularFile(snapshot.resolve("config.json"))
        || Repository.TOKENIZERS.stream()
            .noneMatch(name -> Files.isRegularFile(snapshot.resolve(name)))) {
      return false;
    }
    Path index = snapshot.resolve("model.safetensors.index.json");
    if (!Files.isRegularFile(index)) {
      return Files.isRegularFile(snapshot.resolve("model.safetensors"));
    }
    try {
      Set<String> files = new HashSet<>();
      JsonNode weights = OutsideJson.plain().readTree(index.toFile()).path("weight_map");
      weights.forEach(file -> files.add(file.asText()));
      return files.stream().allMatch(file -> Files.isRegularFile(snapshot.resolve(file)));
    } catch (IOException e) {
      return false;
    }
  }

  Path snapshot(String commit) {
    return folder.resolve("snapshots").resolve(commit);
  }

  /// Where the content with this hash belongs.
  Path blob(String hash) throws IOException {
    Path blobs = Files.createDirectories(folder.resolve("blobs"));
    return blobs.resolve(hash);
  }

  /// Gives a content its name in a commit's folder.
  void link(String commit, String file, Path blob) throws IOException {
    Path link = snapshot(commit).resolve(file);
    Path parent = Optional.ofNullable(link.getParent()).orElseThrow();
    Files.createDirectories(parent);
    try {
      Files.createSymbolicLink(link, parent.relativize(blob));
    } catch (FileAlreadyExistsException e) {
      return; // it is there
    } catch (IOException | UnsupportedOperationException e) { // a disk without links
      Files.copy(blob, link, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /// Says which commit a revision is.
  void refer(String revision, String commit) throws IOException {
    Path refs = Files.createDirectories(folder.resolve("refs"));
    Files.writeString(refs.resolve(revision), commit);
  }
}
