package dev.sgl.local.engine;

import dev.sgl.constraint.JsonStyle.Layout;
import dev.sgl.local.schedule.ScheduleOptions;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/// How a local model runs.
///
/// @param device that computes
/// @param memFraction the part of a GPU's memory behind the weights that keys and values may take
/// @param threads that compute on the processor; by default as many as there are processors, at
///     most 16
/// @param context most tokens of a sequence; by default the model's
/// @param jumpForward whether text that must come is taken without asking the model
/// @param layout the white space of JSON where a request does not say it
/// @param cache the pages of keys and values
/// @param schedule how requests share the model; by default as it suits the device
/// @param maxRunning most sequences that run at the same time; by default what `schedule` says
/// @param chatTemplate a file with another chat template than the model's own
/// @param name of the model; by default that of its folder
public record LocalOptions(
    DeviceOption device,
    double memFraction,
    int threads,
    OptionalInt context,
    boolean jumpForward,
    Layout layout,
    CacheOptions cache,
    Optional<ScheduleOptions> schedule,
    OptionalInt maxRunning,
    Optional<Path> chatTemplate,
    Optional<String> name) {
  public static final LocalOptions DEFAULT =
      new LocalOptions(
          DeviceOption.AUTO,
          0.9,
          Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 16),
          OptionalInt.empty(),
          true,
          Layout.FREE,
          CacheOptions.DEFAULT,
          Optional.empty(),
          OptionalInt.empty(),
          Optional.empty(),
          Optional.empty());

  public LocalOptions {
    if (!(memFraction > 0 && memFraction <= 1)) {
      throw new IllegalArgumentException("a fraction of the memory of " + memFraction);
    }
  }

  public LocalOptions withDevice(DeviceOption value) {
    return new LocalOptions(
        value,
        memFraction,
        threads,
        context,
        jumpForward,
        layout,
        cache,
        schedule,
        maxRunning,
        chatTemplate,
        name);
  }

  public LocalOptions withMemFraction(double value) {
    return new LocalOptions(
        device,
        value,
        threads,
        context,
        jumpForward,
        layout,
        cache,
        schedule,
        maxRunning,
        chatTemplate,
        name);
  }

  public LocalOptions withThreads(int value) {
    return new LocalOptions(
        device,
        memFraction,
        value,
        context,
        jumpForward,
        layout,
        cache,
        schedule,
        maxRunning,
        chatTemplate,
        name);
  }

  public LocalOptions withContext(OptionalInt value) {
    return new LocalOptions(
        device,
        memFraction,
        threads,
        value,
        jumpForward,
        layout,
        cache,
        schedule,
        maxRunning,
        chatTemplate,
        name);
  }

  public LocalOptions withJumpForward(boolean value) {
    return new LocalOptions(
        device,
        memFraction,
        threads,
        context,
        value,
        layout,
        cache,
        schedule,
        maxRunning,
        chatTemplate,
        name);
  }

  public LocalOptions withLayout(Layout value) {
    return new LocalOptions(
        device,
        memFraction,
        threads,
        context,
        jumpForward,
        value,
        cache,
        schedule,
        maxRunning,
        chatTemplate,
        name);
  }

  public LocalOptions withCache(CacheOptions value) {
    return new LocalOptions(
        device,
        memFraction,
        threads,
        context,
        jumpForward,
        layout,
        value,
        schedule,
        maxRunning,
        chatTemplate,
        name);
  }

  public LocalOptions withSchedule(ScheduleOptions value) {
    return new LocalOptions(
        device,
        memFraction,
        threads,
        context,
        jumpForward,
        layout,
        cache,
        Optional.of(value),
        maxRunning,
        chatTemplate,
        name);
  }

  public LocalOptions withMaxRunning(OptionalInt value) {
    return new LocalOptions(
        device,
        memFraction,
        threads,
        context,
        jumpForward,
        layout,
        cache,
        schedule,
        value,
        chatTemplate,
        name);
  }

  public LocalOptions withChatTemplate(Optional<Path> value) {
    return new LocalOptions(
        device,
        memFraction,
        threads,
        context,
        jumpForward,
        layout,
        cache,
        schedule,
        maxRunning,
        value,
        name);
  }

  public LocalOptions withName(String value) {
    return new LocalOptions(
        device,
        memFraction,
        threads,
        context,
        jumpForward,
        layout,
        cache,
        schedule,
        maxRunning,
        chatTemplate,
        Optional.of(value));
  }

  /// The pages of keys and values.
  ///
  /// @param pageSize tokens of a page
  /// @param tokens that all pages hold together; by default enough for some sequences of full
  ///     length, and on a GPU as many as its memory holds
  /// @param shares whether what one request computed is kept for others
  public record CacheOptions(int pageSize, OptionalInt tokens, boolean shares) {
    public static final CacheOptions DEFAULT = new CacheOptions(16, OptionalInt.empty(), true);

    public CacheOptions {
      if (pageSize < 1) {
        throw new IllegalArgumentException("a page of " + pageSize + " tokens");
      }
    }
  }
}
