package dev.sgl.local.engine;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Where a model is computed.
///
/// @param index of the GPU
public record DeviceOption(Kind kind, int index) {
  /// The first GPU if there is one, else the processor.
  public static final DeviceOption AUTO = new DeviceOption(Kind.AUTO, 0);

  /// The processor.
  public static final DeviceOption CPU = new DeviceOption(Kind.CPU, 0);

  private static final Pattern WRITTEN = Pattern.compile("auto|cpu|cuda(?::([0-9]{1,3}))?");

  /// The kinds of devices.
  public enum Kind {
    AUTO,
    CPU,
    CUDA
  }

  /// An NVIDIA GPU.
  public static DeviceOption cuda(int index) {
    return new DeviceOption(Kind.CUDA, index);
  }

  /// What `auto`, `cpu`, `cuda` or `cuda:1` names; none for another text.
  public static Optional<DeviceOption> parse(String text) {
    Matcher written = WRITTEN.matcher(text);
    if (!written.matches()) {
      return Optional.empty();
    }
    return Optional.of(
        switch (text) {
          case "auto" -> AUTO;
          case "cpu" -> CPU;
          default -> cuda(written.group(1) == null ? 0 : Integer.parseInt(written.group(1)));
        });
  }
}
