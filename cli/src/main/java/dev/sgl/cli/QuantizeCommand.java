package dev.sgl.cli;

import dev.sgl.cli.options.ExitCode;
import dev.sgl.cli.options.Interruption;
import dev.sgl.cli.options.LoadingLine;
import dev.sgl.cli.options.ModelFolder;
import dev.sgl.cli.options.Reasons;
import dev.sgl.cli.options.Terminal;
import dev.sgl.cli.options.UsageException;
import dev.sgl.local.checkpoint.Gguf;
import dev.sgl.local.export.Export;
import dev.sgl.local.weights.Rounding;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `sglc quantize MODEL OUT`
@Command(
    name = "quantize",
    description =
        "Writes a model with quantized weights: as a GGUF file, or as a folder of compressed-tensors.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class QuantizeCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description =
          "A model folder as Hugging Face lays it out, in 16 or 32 bits, or a name on the hub, such as Qwen/Qwen3-0.6B.")
  String model = "";

  @Parameters(
      index = "1",
      paramLabel = "OUT",
      description = "The file to write, if its name ends with .gguf, or else the folder.")
  Path out = Path.of("");

  @Option(
      names = "--quantization",
      paramLabel = "FORMAT",
      description =
          "In a GGUF file q8_0 (the default) or q4_0; in a folder int4 (the default), q8_0 or fp8. The same numbers as with --quantization of the other commands.")
  Optional<String> quantization = Optional.empty();

  @Option(
      names = "--force",
      description = "Replace an older file, or a whole older model folder, at OUT.")
  boolean force;

  @Option(
      names = {"-q", "--quiet"},
      description = "Show no progress.")
  boolean quiet;

  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    Rounding format = format();
    requireFree();
    boolean progress = Terminal.detect().err() && !quiet;
    ModelFolder found = ModelFolder.find(Optional.of(model), err, progress);
    requireOther(found.folder());
    Export.Written written = write(found, format, progress);
    spec.commandLine().getOut().println(shown(written));
    spec.commandLine().getOut().flush();
    if (written.plain() > written.quantized()) {
      err.println(reason(format));
      err.flush();
    }
    return ExitCode.OK;
  }

  private Export.Written write(ModelFolder from, Rounding format, boolean progress) {
    PrintWriter err = spec.commandLine().getErr();
    try (LoadingLine line = new LoadingLine(err, from.name(), progress);
        Interruption _ = new Interruption(() -> "interrupted; " + out + " is not written", err)) {
      return Export.write(from.folder(), out, format, force, line::quantized);
    } catch (IOException e) {
      throw new UsageException(out + " cannot be written: " + Reasons.of(e));
    }
  }

  private String shown(Export.Written written) {
    return "%s: %,.1f MB, %.0f %% of the original's %,.1f MB; matrices: %d quantized, %d plain"
        .formatted(
            out,
            written.bytes() / 1e6,
            100.0 * written.bytes() / written.before(),
            written.before() / 1e6,
            written.quantized(),
            written.plain());
  }

  /// Why most matrices keep their numbers.
  private String reason(Rounding format) {
    int group = format.codes().map(codes -> codes.scheme().group()).orElse(1);
    return "note: most matrices keep their numbers, because their columns are no multiple of %d; %s"
        .formatted(group, "other formats of --quantization have smaller groups");
  }

  private Rounding format() {
    List<Rounding> formats = Export.formats(out);
    if (quantization.isEmpty()) {
      return formats.getFirst();
    }
    return quantization
        .flatMap(Rounding::of)
        .filter(formats::contains)
        .orElseThrow(
            () ->
                new UsageException(
                    "--quantization of a %s must be %s, not `%s`"
                        .formatted(
                            Gguf.isNamed(out) ? "GGUF file" : "folder",
                            words(formats),
                            quantization.get())));
  }

  /// `a, b or c`.
  private static String words(List<Rounding> formats) {
    List<String> words = formats.stream().map(Rounding::word).toList();
    return String.join(", ", words.subList(0, words.size() - 1)) + " or " + words.getLast();
  }

  /// @throws UsageException if something else is where the model is to be written
  private void requireFree() {
    if (out.toString().isEmpty()) {
      throw new UsageException("OUT is empty; name a file or a folder");
    }
    Path folder = out.toAbsolutePath().normalize().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new UsageException("there is no folder " + folder + " to write " + out + " to");
    }
    if (!Files.exists(out)) {
      return;
    }
    boolean isGguf = Gguf.isNamed(out);
    if (isGguf == Files.isDirectory(out)) {
      throw new UsageException(
          out + (isGguf ? " is a folder" : " is a file") + "; choose another name");
    }
    if (!force) {
      throw new UsageException(out + " exists already; --force replaces it");
    }
    if (!isGguf) {
      requireModel();
    }
  }

  /// @throws UsageException if something would be lost with the older folder
  private void requireModel() {
    if (!Files.isRegularFile(out.resolve("config.json"))) {
      throw new UsageException(out + " holds no model, so it is not replaced");
    }
    try {
      Export.foreign(out)
          .ifPresent(
              file -> {
                throw new UsageException(
                    "%s holds %s beside a model, so it is not replaced"
                        .formatted(out, file.getFileName()));
              });
    } catch (IOException e) {
      throw new UsageException(out + " cannot be read: " + Reasons.of(e));
    }
  }

  /// @throws UsageException if the original would be replaced
  private void requireOther(Path folder) {
    try {
      if (Files.exists(out) && folder.toRealPath().startsWith(out.toRealPath())) {
        throw new UsageException(out + " holds the model itself; choose another name");
      }
    } catch (IOException e) {
      throw new UsageException(out + " cannot be read: " + Reasons.of(e));
    }
  }
}
