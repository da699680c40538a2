package dev.sgl.local.engine;

import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Cell;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.host.HostKvPool;
import dev.sgl.local.kernel.host.HostLogits;
import dev.sgl.local.kernel.host.Tensor;
import dev.sgl.local.model.Model;
import java.util.Arrays;

/// A model whose logits are a hash of all tokens up to a row, which it keeps in the pages and reads
/// from there: one wrong slot anywhere, and every later token is another.
final class ShadowModel implements Model {
  private static final Kept KEPT = Kept.of(new Cell(1, 1));

  static final int VOCABULARY = 50;

  @Override
  public int vocabulary() {
    return VOCABULARY;
  }

  @Override
  public int context() {
    return 1 << 20;
  }

  @Override
  public long bytesPerToken() {
    return KEPT.numbersPerToken();
  }

  @Override
  public long bytesPerSequence() {
    return 0;
  }

  @Override
  public long room() {
    return 1 << 20;
  }

  @Override
  public KvPool pool(int pages, int pageSize, int slots) {
    return new HostKvPool(KEPT, pages, pageSize, slots);
  }

  @Override
  public Logits forward(Batch batch, KvPool pool) {
    int sampled = 0;
    Tensor logits = Tensor.of(batch.sampled().length, VOCABULARY);
    for (int row = 0; row < batch.rows(); row++) {
      int position = batch.positions()[row];
      int hash = 1;
      for (int p = 0; p < position; p++) {
        hash = hash * 31 + (int) slots(batch, pool, row, p)[p % pool.pageSize()];
      }
      slots(batch, pool, row, position)[position % pool.pageSize()] = batch.tokens()[row] + 1;
      if (sampled < batch.sampled().length && batch.sampled()[sampled] == row) {
        int end = hash * 31 + batch.tokens()[row] + 1;
        for (int i = 0; i < VOCABULARY; i++) {
          logits.values()[sampled * VOCABULARY + i] = logit(end, i);
        }
        sampled++;
      }
    }
    return new HostLogits(logits);
  }

  private static float[] slots(Batch batch, KvPool pool, int row, int position) {
    return ((HostKvPool) pool).keys(0, batch.tables()[row][position / pool.pageSize()]);
  }

  private static float logit(int hash, int token) {
    int mixed = (hash + token * 0x9E3779B9) * 0x85EBCA6B;
    return (mixed ^ mixed >>> 15) & 0xffff;
  }

  /// The greedy continuation, computed without any pages.
  static int[] continuation(int[] prompt, int count) {
    int[] tokens = Arrays.copyOf(prompt, prompt.length + count);
    int end = prompt.length;
    while (end < tokens.length) {
      int hash = 1;
      for (int p = 0; p < end; p++) {
        hash = hash * 31 + tokens[p] + 1;
      }
      int best = 0;
      for (int i = 1; i < VOCABULARY; i++) {
        best = logit(hash, i) > logit(hash, best) ? i : best;
      }
      tokens[end++] = best;
      for (int forced : GreedySequence.forced(best)) {
        if (end < tokens.length) {
          tokens[end++] = forced;
        }
      }
    }
    return Arrays.copyOfRange(tokens, prompt.length, tokens.length);
  }

  @Override
  public void close() {}
}
