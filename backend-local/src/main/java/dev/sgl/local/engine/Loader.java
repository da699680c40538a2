package dev.sgl.local.engine;

import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.KvCacheType;
import dev.sgl.local.kernel.cpu.VectorKernels;
import dev.sgl.local.kernel.cuda.CudaDriver;
import dev.sgl.local.kernel.gpu.GpuDevice;
import dev.sgl.local.kernel.gpu.port.GpuException;
import dev.sgl.local.kernel.gpu.port.OutOfDeviceMemory;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.kernel.host.PlainKernels;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Model;
import dev.sgl.local.model.Transformer;
import dev.sgl.local.schedule.ScheduleOptions;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.StoredWeights;
import java.util.Optional;
import java.util.function.LongConsumer;

/// Loads a model to the device that the options name, and starts an engine with a pool of keys and
/// values as large as it may be.
final class Loader {
  /// Sequences of full length that the pool of keys and values holds at least.
  private static final int FULL_SEQUENCES = 4;

  /// Tokens that the pool holds at most unless one sequence needs more.
  private static final int MAX_POOL = 32_768;

  /// Tokens below which a pool is of no use.
  private static final int LEAST_POOL = 256;

  private final Checkpoint checkpoint;
  private final LocalOptions options;
  private final Progress progress;

  Loader(Checkpoint checkpoint, LocalOptions options, Progress progress) {
    this.checkpoint = checkpoint;
    this.options = options;
    this.progress = progress;
  }

  /// @param context most tokens of a sequence
  /// @param weights as the device holds them
  record Loaded(Engine engine, int context, StoredWeights weights) {}

  /// The model as data, read before its weights are.
  private Decoder decoder() {
    return Families.decoder(checkpoint.json("config.json"), options.context());
  }

  /// @throws ModelException if the model cannot be loaded, or the device cannot be used
  Loaded load() {
    try {
      Decoder decoder = decoder();
      Device device = device(decoder);
      ScheduleOptions schedule = schedule(device);
      if (decoder.seesAhead()) {
        int context = options.context().orElse(decoder.context());
        schedule = schedule.whole(Math.min(context, decoder.context()));
      }
      Transformer model = model(device, schedule);
      try {
        int pool = pool(model, schedule);
        int context =
            Math.min(options.context().orElse(model.context()), Math.min(pool, model.context()));
        return new Loaded(new Engine(model, options, schedule, pool), context, model.stored());
      } catch (RuntimeException | Error e) {
        model.close();
        throw e;
      }
    } catch (GpuException e) {
      throw failed(e);
    }
  }

  private ScheduleOptions schedule(Device device) {
    ScheduleOptions schedule =
        options
            .schedule()
            .orElse(device.prefersLargeBatches() ? ScheduleOptions.GPU : ScheduleOptions.DEFAULT);
    return options.maxRunning().isPresent()
        ? schedule.withMaxRunning(options.maxRunning().getAsInt())
        : schedule;
  }

  private static ModelException failed(GpuException e) {
    if (!(e instanceof OutOfDeviceMemory)) {
      return new ModelException("the GPU cannot be used: " + e.getMessage(), e);
    }
    return new ModelException(
        e.getMessage()
            + "; choose a smaller model or --context-length, free what other processes hold, or let another GPU (--device cuda:N) or the processor (--device cpu) compute",
        e);
  }

  // --- the weights

  /// Puts the weights on the device, which is closed if that fails.
  private Transformer model(Device device, ScheduleOptions schedule) {
    try {
      LongConsumer loaded = done -> progress.loading("weights", done, checkpoint.bytes());
      boolean copies = !device.keepsWeightsInFiles();
      if (!copies) {
        checkpoint.load(loaded); // so that the first answer does not wait for the disk
      }
      Transformer model =
          Families.open(
              checkpoint,
              options.context(),
              options.overrides().rounding(),
              device,
              schedule.batchTokens(),
              copies ? loaded : _ -> {});
      progress.loading("weights", checkpoint.bytes(), checkpoint.bytes());
      return model;
    } catch (RuntimeException | Error e) {
      device.close();
      throw e;
    }
  }

  // --- the pool

  /// Tokens that the pool of keys and values holds: as many as the options name, or as a few full
  /// sequences need, and on a GPU all that may ever run, as far as there is memory for it.
  private int pool(Model model, ScheduleOptions schedule) {
    long states = schedule.maxRunning() * model.bytesPerSequence();
    long room = model.room() - states;
    if (room < 0) {
      throw new ModelException(
          "the states of %d sequences need %,d MiB, but %,d are left; let fewer run at the same time (--max-running-requests), or give more memory (-Xmx, or on a GPU --mem-fraction)"
              .formatted(schedule.maxRunning(), states >> 20, model.room() >> 20));
    }
    long fit = room / model.bytesPerToken();
    int context = Math.min(options.context().orElse(model.context()), model.context());
    if (fit < Math.min(context, LEAST_POOL)) {
      throw new ModelException(
          "%,d MiB are left for keys and values, room for %,d tokens, which is too little; choose a smaller model, or give more memory (-Xmx, or on a GPU --mem-fraction)"
              .formatted(room >> 20, fit));
    }
    long few =
        model.hasOwnMemory()
            ? Math.max(context, Math.min(fit, (long) context * schedule.maxRunning()))
            : Math.max(context, Math.min(MAX_POOL, (long) context * FULL_SEQUENCES));
    boolean asked = options.context().isPresent() || options.cache().tokens().isPresent();
    if (!asked) {
      return (int) Math.clamp(few, 1, Math.max(1, fit));
    }
    int wanted = options.cache().tokens().orElse((int) Math.max(context, Math.min(few, fit)));
    if (wanted > fit) {
      throw new ModelException(
          "keys and values of %,d tokens need %,d MiB, but there is memory for %,d tokens; ask for less context, or give more memory (-Xmx, or on a GPU --mem-fraction)"
              .formatted(wanted, wanted * model.bytesPerToken() >> 20, fit));
    }
    return wanted;
  }

  // --- the device

  private Device device(Decoder decoder) {
    return switch (options.hardware().device().kind()) {
      case CPU -> host();
      case CUDA -> {
        try {
          yield gpu(decoder);
        } catch (GpuException e) {
          throw new ModelException("no GPU can be used: " + e.getMessage(), e);
        }
      }
      case AUTO -> {
        try {
          yield gpu(decoder);
        } catch (GpuException e) {
          progress.device("the CPU (" + e.getMessage() + ")");
          yield host();
        }
      }
    };
  }

  /// @throws GpuException if there is none, or it has no kernels for the model
  private Device gpu(Decoder decoder) {
    Optional<DType> format =
        switch (options.hardware().device().format()) {
          case AUTO -> Optional.empty();
          case BF16 -> Optional.of(DType.BF16);
          case F16 -> Optional.of(DType.F16);
        };
    GpuDevice gpu =
        CudaDriver.device(
            new GpuDevice.Options(
                options.hardware().device().index(),
                options.hardware().memFraction(),
                format,
                options.cache().type()));
    try {
      decoder.shapes().forEach(gpu::requireSupported);
    } catch (GpuException e) {
      gpu.close();
      throw e;
    }
    progress.device(gpu.name());
    return gpu;
  }

  /// The Vector API is an incubating module, which the launcher must add; without it the plain
  /// operations do.
  private Device host() {
    if (options.cache().type() == KvCacheType.FP8) {
      throw new ModelException(
          "keys and values of 8 bits need a GPU; the processor keeps them in single precision");
    }
    boolean vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    return new HostDevice(
        vectors ? new VectorKernels(options.hardware().threads()) : new PlainKernels());
  }
}
