package dev.sgl.local.kernel.gpu;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Layers that were recorded, to be replayed for other batches of as many rows.
final class Recordings {
  private final Gpu gpu;
  private final Map<Key, Gpu.Recorded> recordings = new HashMap<>();
  private final Set<Key> seen = new HashSet<>();
  private Places places = new Places(List.of(), Optional.empty());

  /// What tells recordings apart.
  ///
  /// @param variants of the attention of each shape of heads
  record Key(int rows, List<Integer> variants) {}

  /// Where recorded work reads a batch, and its pool, which is equal only to itself.
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

  /// Something that recorded work uses is elsewhere from now on.
  void forget() {
    recordings.values().forEach(gpu::forget);
    recordings.clear();
  }
}
