package dev.sgl.local.engine;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Where a model is computed.
///
/// @param index of the GPU
/// @param format of a GPU's numbers; the processor computes in single precision
public record DeviceOption(Kind kind, int index, Format format) {
  /// The first GPU if there is one, else the processor.
  public static final DeviceOption AUTO = new DeviceOption(Kind.AUTO, 0, Format.AUTO);

  /// The processor.
  public static final DeviceOption CPU = new DeviceOption(Kind.CPU, 0, Format.AUTO);

  private static final Pattern WRITTEN = Pattern.compile("auto|cpu|cuda(?::([0-9]{1,3}))?");

  /// The kinds of devices.
  public enum Kind {
    AUTO,
    CPU,
    CUDA
  }

  /// The 16-bit format of weights and of the activations that are computed with them.
  public enum Format {
    /// That of the weights, or f16 for those in single precision.
    AUTO,
    /// As wide a range as single precision, 8 bits of precision.
    BF16,
    /// 11 bits of precision, up to 65,504.
    F16
  }

  /// An NVIDIA GPU.
  public static DeviceOption cuda(int index) {
    return new DeviceOption(Kind.CUDA, index, Format.AUTO);
  }

  /// The same with numbers of a format.
  public DeviceOption withFormat(Format value) {
    return new DeviceOption(kind, index, value);
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
