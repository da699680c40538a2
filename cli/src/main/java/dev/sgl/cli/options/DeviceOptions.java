package dev.sgl.cli.options;

import dev.sgl.constraint.JsonStyle.Layout;
import dev.sgl.local.engine.DeviceOption;
import dev.sgl.local.engine.DeviceOption.Format;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.kernel.KvCacheType;
import dev.sgl.local.weights.Rounding;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/// Where and how a local model is computed.
public final class DeviceOptions {
  private static final int MAX_THREADS = 1024;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description =
          "Where a local model is computed: auto (the first GPU, or the processor if there is none), cpu, cuda, or cuda:N. Default: ${DEFAULT-VALUE}.")
  String device = "auto";

  @Option(
      names = "--dtype",
      paramLabel = "FORMAT",
      description =
          "Numbers of a GPU: auto (that of the weights), bfloat16, or float16, which is more precise but ends at 65,504. Default: ${DEFAULT-VALUE}.")
  String format = "auto";

  @Option(
      names = {"--mem-fraction", "--mem-fraction-static", "--gpu-memory-utilization"},
      paramLabel = "F",
      description =
          "The part of a GPU's memory behind the weights that keys and values may take. Default: ${DEFAULT-VALUE}.")
  double memFraction = LocalOptions.DEFAULT.hardware().memFraction();

  @Option(
      names = "--quantization",
      paramLabel = "FORMAT",
      description =
          "Quantizes weights of 16 or 32 bits as they are loaded, to the nearest: q8_0, q4_0 (groups of 32), int4 (of 128) or fp8 (a scale for each row). The head keeps 8 bits. Default: as they are.")
  Optional<String> quantization = Optional.empty();

  @Option(
      names = "--kv-cache-dtype",
      paramLabel = "FORMAT",
      description =
          "Keys and values that a GPU keeps of each token: auto (16 bits), or fp8 (8 bits, e4m3), which takes half the memory and time to read, and is less precise. Default: ${DEFAULT-VALUE}.")
  String kept = "auto";

  @Option(
      names = "--json-layout",
      paramLabel = "LAYOUT",
      description =
          "The white space of generated JSON where nothing else is asked for: free (the model's own, within bounds), spaced (a blank after each comma and colon) or compact. Default: free.")
  String layout = "free";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute. Default: as many as processors, at most 16.")
  Optional<Integer> threads = Optional.empty();

  @Option(
      names = {"--context-length", "--max-model-len"},
      paramLabel = "N",
      converter = HumanNumber.class,
      description =
          "Most tokens of a conversation, such as 8192, 8k (8,000) or 8K (8,192). Default: the model's.")
  Optional<Integer> context = Optional.empty();

  /// What the options say.
  ///
  /// @throws UsageException if one says what cannot be
  public LocalOptions options() {
    if (threads.orElse(1) > MAX_THREADS) {
      throw new UsageException("--threads must be at most " + MAX_THREADS);
    }
    if (!(memFraction > 0 && memFraction <= 1)) {
      throw new UsageException("--mem-fraction must be above 0 and at most 1");
    }
    return LocalOptions.DEFAULT
        .withDevice(device().withFormat(format()))
        .withMemFraction(memFraction)
        .withThreads(
            positive("--threads", threads).orElse(LocalOptions.DEFAULT.hardware().threads()))
        .withContext(positive("--context-length", context))
        .withCache(LocalOptions.DEFAULT.cache().withType(kept()))
        .withLayout(layout())
        .withRounding(quantization.map(DeviceOptions::rounding));
  }

  private static Rounding rounding(String name) {
    return Rounding.of(name.toLowerCase(Locale.ROOT))
        .orElseThrow(
            () ->
                new UsageException(
                    "--quantization must be q8_0, q4_0, int4 or fp8, not `" + name + "`"));
  }

  private KvCacheType kept() {
    return KvCacheType.of(kept)
        .orElseThrow(
            () -> new UsageException("--kv-cache-dtype must be auto or fp8, not `" + kept + "`"));
  }

  private Layout layout() {
    return switch (layout) {
      case "free" -> Layout.FREE;
      case "spaced" -> Layout.SPACED;
      case "compact" -> Layout.COMPACT;
      default ->
          throw new UsageException(
              "--json-layout must be free, spaced or compact, not `" + layout + "`");
    };
  }

  private DeviceOption device() {
    return DeviceOption.parse(device)
        .orElseThrow(
            () ->
                new UsageException(
                    "--device must be auto, cpu, cuda or cuda:N, not `" + device + "`"));
  }

  private Format format() {
    return switch (format) {
      case "auto" -> Format.AUTO;
      case "bfloat16", "bf16" -> Format.BF16;
      case "float16", "f16", "fp16", "half" -> Format.F16;
      default ->
          throw new UsageException(
              "--dtype must be auto, bfloat16 or float16, not `" + format + "`");
    };
  }

  /// An integer option that must be at least 1.
  public static OptionalInt positive(String name, Optional<Integer> value) {
    UsageException.requirePositive(name, value.orElse(1));
    return value.isPresent() ? OptionalInt.of(value.get()) : OptionalInt.empty();
  }
}
