package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.gpu.port.Gpu;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Recorded layers, which are replayed for later batches with the same number of rows.
final class Recordings {
  private final Gpu gpu;
  private final Map<Key, Gpu.Recorded> recordings = new HashMap<>();
  private final Set<Key> seen = new HashSet<>();
  private Places places = new Places(List.of(), Optional.empty());

  /// The key of a recording.
  ///
  /// @param variants of the attention of each shape of heads
  record Key(int rows, List<Integer> variants) {}

  /// The addresses that a recording reads a batch from, and its pool, which is compared by
  /// identity.
  record Places(List<Gpu.Memory> integers, Optional<GpuKvPool> pool) {}

  Recordings(Gpu gpu) {
    this.gpu = gpu;
  }

  /// The first batch of a kind runs directly, which also prepares its kernels and products; the
  /// second is recorded, and later ones replay the recording.
  void play(Key key, Places current, Runnable layers) {
    if (!current.equals(places)) {
      forget();
      places = current;
    }
    if (seen.add(key)) {
      layers.run();
    } else {
      gpu.replay(recordings.computeIfAbsent(key, _ -> gpu.record(layers)));
    }
  }

  /// Drops all recordings, because memory that they use has moved.
  void forget() {
    recordings.values().forEach(gpu::forget);
    recordings.clear();
  }
}
