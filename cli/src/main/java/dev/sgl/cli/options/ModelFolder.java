package dev.sgl.cli.options;

import dev.sgl.local.checkpoint.Gguf;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.hub.Hub;
import dev.sgl.local.hub.ModelName;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// A model on this machine: a folder, a GGUF file, a model of a hub by its name, or the demo model.
///
/// @param name by which it is shown and served
public record ModelFolder(String name, Path folder) {

  /// The model that is named, or that `SGL_MODEL` names, or the demo model. One of a hub is fetched
  /// if it is not in the cache; a line on `err` shows how far it is, if `progress`.
  ///
  /// @throws UsageException if there is none
  public static ModelFolder find(Optional<String> model, PrintWriter err, boolean progress) {
    Optional<String> named = model.or(() -> Optional.ofNullable(System.getenv("SGL_MODEL")));
    if (named.isEmpty()) {
      return demo();
    }
    Path folder = Path.of(named.get());
    if (Files.isDirectory(folder)) {
      Path whole = folder.toAbsolutePath().normalize();
      return new ModelFolder(String.valueOf(whole.getFileName()), folder);
    }
    if (Gguf.isNamed(folder)) {
      if (!Files.isRegularFile(folder)) {
        throw new UsageException("there is no file " + folder);
      }
      String file = String.valueOf(folder.getFileName());
      return new ModelFolder(file.substring(0, file.length() - ".gguf".length()), folder);
    }
    if (Files.exists(folder)) {
      throw new UsageException(folder + " is a file; a model is a folder or a .gguf file");
    }
    ModelName name =
        ModelName.parse(named.get())
            .orElseThrow(
                () ->
                    new UsageException(
                        "there is no model folder "
                            + named.get()
                            + "; a name on the hub has the form OWNER/NAME or OWNER/NAME:QUANTIZATION"));
    try (LoadingLine line = new LoadingLine(err, name.toString(), progress)) {
      Path found = new Hub(System.getenv()).find(name, line::fetched);
      return new ModelFolder(name.served(), found);
    }
  }

  private static ModelFolder demo() {
    Path demo = Path.of(System.getProperty("sgl.home", ".")).resolve("samples/model/demo");
    if (!Files.isDirectory(demo)) {
      throw new UsageException(
          "the demo model is not beside the program; name a model with --model");
    }
    return new ModelFolder("demo", demo);
  }

  /// Loads it; shows a line on `err` while it does, if `progress`, and warns there if the
  /// model's context is shorter than the requested one.
  public LocalBackend load(LocalOptions options, PrintWriter err, boolean progress) {
    LocalBackend backend;
    try (LoadingLine line = new LoadingLine(err, name, progress)) {
      backend = LocalBackend.open(folder, options.withName(name), line);
    }
    int context = backend.card().context();
    if (options.context().orElse(context) > context) {
      err.println(
          "warning: --context-length %,d is more than %s was made for; conversations have at most %,d tokens, as without it"
              .formatted(options.context().getAsInt(), name, context));
    }
    return backend;
  }
}
