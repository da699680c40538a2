package dev.sgl.local.engine;

import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.model.Model;

/// A model that does what another does, except for what a test changes.
class ForwardingModel implements Model {
  private final Model model;

  ForwardingModel(Model model) {
    this.model = model;
  }

  @Override
  public int vocabulary() {
    return model.vocabulary();
  }

  @Override
  public int context() {
    return model.context();
  }

  @Override
  public long bytesPerToken() {
    return model.bytesPerToken();
  }

  @Override
  public long bytesPerSequence() {
    return model.bytesPerSequence();
  }

  @Override
  public long room() {
    return model.room();
  }

  @Override
  public boolean isAsynchronous() {
    return model.isAsynchronous();
  }

  @Override
  public boolean hasOwnMemory() {
    return model.hasOwnMemory();
  }

  @Override
  public KvPool pool(int pages, int pageSize, int slots) {
    return model.pool(pages, pageSize, slots);
  }

  @Override
  public Logits forward(Batch batch, KvPool pool) {
    return model.forward(batch, pool);
  }

  @Override
  public void close() {
    model.close();
  }
}
