package dev.sgl.local.engine;

import dev.sgl.constraint.JsonStyle.Layout;
import dev.sgl.local.kernel.KvCacheType;
import dev.sgl.local.schedule.ScheduleOptions;
import dev.sgl.local.weights.Rounding;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/// How a local model runs.
///
/// @param context most tokens of a sequence; by default the model's
/// @param cache the pages of keys and values
/// @param schedule how requests share the model; by default as it suits the device
/// @param maxRunning most sequences that run at the same time; by default that of `schedule`
public record LocalOptions(
    Hardware hardware,
    Writing writing,
    OptionalInt context,
    CacheOptions cache,
    Optional<ScheduleOptions> schedule,
    OptionalInt maxRunning,
    Overrides overrides) {
  public static final LocalOptions DEFAULT =
      new LocalOptions(
          new Hardware(
              DeviceOption.AUTO,
              0.9,
              Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 16)),
          new Writing(true, Layout.FREE),
          OptionalInt.empty(),
          CacheOptions.DEFAULT,
          Optional.empty(),
          OptionalInt.empty(),
          new Overrides(Optional.empty(), Optional.empty(), Optional.empty()));

  /// These options with another device.
  public LocalOptions withDevice(DeviceOption value) {
    return with(new Hardware(value, hardware.memFraction(), hardware.threads()));
  }

  /// These options with another part of a GPU's memory, above 0 and at most 1.
  ///
  /// @throws IllegalArgumentException if the part is outside this range
  public LocalOptions withMemFraction(double value) {
    return with(new Hardware(hardware.device(), value, hardware.threads()));
  }

  /// These options with another number of threads on the processor.
  public LocalOptions withThreads(int value) {
    return with(new Hardware(hardware.device(), hardware.memFraction(), value));
  }

  private LocalOptions with(Hardware value) {
    return new LocalOptions(value, writing, context, cache, schedule, maxRunning, overrides);
  }

  /// These options with another limit of a sequence's tokens; empty for the model's own limit.
  public LocalOptions withContext(OptionalInt value) {
    return new LocalOptions(hardware, writing, value, cache, schedule, maxRunning, overrides);
  }

  /// These options with jump-forward decoding switched on or off.
  public LocalOptions withJumpForward(boolean value) {
    return with(new Writing(value, writing.layout()));
  }

  /// These options with another white space of JSON, for requests that name none.
  public LocalOptions withLayout(Layout value) {
    return with(new Writing(writing.jumpForward(), value));
  }

  private LocalOptions with(Writing value) {
    return new LocalOptions(hardware, value, context, cache, schedule, maxRunning, overrides);
  }

  /// These options with another cache of keys and values.
  public LocalOptions withCache(CacheOptions value) {
    return new LocalOptions(hardware, writing, context, value, schedule, maxRunning, overrides);
  }

  /// These options with this schedule on every device.
  public LocalOptions withSchedule(ScheduleOptions value) {
    return new LocalOptions(
        hardware, writing, context, cache, Optional.of(value), maxRunning, overrides);
  }

  /// These options with another limit of running sequences; empty for the schedule's own limit.
  public LocalOptions withMaxRunning(OptionalInt value) {
    return new LocalOptions(hardware, writing, context, cache, schedule, value, overrides);
  }

  /// These options with the file of another chat template; empty for the model's own template.
  public LocalOptions withChatTemplate(Optional<Path> value) {
    return with(new Overrides(value, overrides.name(), overrides.rounding()));
  }

  /// These options with another name of the model.
  public LocalOptions withName(String value) {
    return with(new Overrides(overrides.chatTemplate(), Optional.of(value), overrides.rounding()));
  }

  /// These options with weights that are quantized as they are loaded; empty for those of the
  /// model's files.
  public LocalOptions withRounding(Optional<Rounding> value) {
    return with(new Overrides(overrides.chatTemplate(), overrides.name(), value));
  }

  private LocalOptions with(Overrides value) {
    return new LocalOptions(hardware, writing, context, cache, schedule, maxRunning, value);
  }

  /// Where a model computes.
  ///
  /// @param device that computes
  /// @param memFraction the part of the GPU memory left by the weights that keys and values may
  ///     take, above 0 and at most 1
  /// @param threads that compute on the processor; by default as many as there are processors, at
  ///     most 16
  public record Hardware(DeviceOption device, double memFraction, int threads) {
    public Hardware {
      if (!(memFraction > 0 && memFraction <= 1)) {
        throw new IllegalArgumentException("a fraction of the memory of " + memFraction);
      }
    }
  }

  /// How values are written.
  ///
  /// @param jumpForward whether forced text is appended without computing logits for it
  /// @param layout the white space of JSON where a request names none
  public record Writing(boolean jumpForward, Layout layout) {}

  /// Replacements of parts of the model's folder.
  ///
  /// @param chatTemplate a file with another chat template than the model's own
  /// @param name of the model; by default that of its folder
  /// @param rounding by which plain weights are quantized
  public record Overrides(
      Optional<Path> chatTemplate, Optional<String> name, Optional<Rounding> rounding) {}

  /// The pages of keys and values.
  ///
  /// @param pageSize tokens of a page
  /// @param tokens that all pages hold together; by default enough for some sequences of full
  ///     length, and on a GPU as many as its memory holds
  /// @param shares whether computed prefixes are kept for other requests
  /// @param type the format of keys and values, on a GPU
  public record CacheOptions(int pageSize, OptionalInt tokens, boolean shares, KvCacheType type) {
    public static final CacheOptions DEFAULT =
        new CacheOptions(16, OptionalInt.empty(), true, KvCacheType.AUTO);

    /// Pages of keys and values in the format of the activations.
    public CacheOptions(int pageSize, OptionalInt tokens, boolean shares) {
      this(pageSize, tokens, shares, KvCacheType.AUTO);
    }

    /// The same with keys and values of a format.
    public CacheOptions withType(KvCacheType value) {
      return new CacheOptions(pageSize, tokens, shares, value);
    }

    public CacheOptions {
      if (pageSize < 1) {
        throw new IllegalArgumentException("a page of " + pageSize + " tokens");
      }
    }
  }
}
