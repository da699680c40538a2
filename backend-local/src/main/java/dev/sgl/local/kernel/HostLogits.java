package dev.sgl.local.kernel;

import java.util.List;
import java.util.stream.IntStream;

/// Logits `[sampled, vocabulary]` in the memory of the virtual machine.
public record HostLogits(Tensor values) implements Logits {

  @Override
  public Picks pick(List<Draw> draws) {
    List<Picked> picked =
        IntStream.range(0, draws.size())
            .mapToObj(row -> PlainPicker.pick(values.row(row), draws.get(row)))
            .toList();
    return () -> picked;
  }
}
