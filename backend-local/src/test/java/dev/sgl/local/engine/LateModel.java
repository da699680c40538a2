package dev.sgl.local.engine;

import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Picked;
import dev.sgl.local.model.Model;
import java.util.Arrays;
import java.util.List;

/// A model that behaves as one on a device that computes by itself: a batch may ask for tokens that
/// only the batch before knows.
final class LateModel extends ForwardingModel {
  private int[] picked = {}; // by the batch before

  LateModel(Model model) {
    super(model);
  }

  @Override
  public boolean isAsynchronous() {
    return true;
  }

  @Override
  public Logits forward(Batch batch, KvPool pool) {
    int[] tokens = Arrays.stream(batch.tokens()).map(t -> t < 0 ? picked[~t] : t).toArray();
    Logits logits =
        super.forward(
            new Batch(tokens, batch.positions(), batch.tables(), batch.slots(), batch.sampled()),
            pool);
    return new Logits() {
      @Override
      public float[] state(int row) {
        return logits.state(row);
      }

      @Override
      public Picks pick(List<Draw> draws) {
        return LateModel.this.pick(logits, draws);
      }
    };
  }

  private Logits.Picks pick(Logits logits, List<Draw> draws) {
    Logits.Picks picks = logits.pick(draws);
    picked = picks.await().stream().mapToInt(Picked::token).toArray();
    return picks;
  }
}
