package dev.sgl.local.engine;

import dev.sgl.backend.UnavailableException;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.cuda.CudaDriver;
import dev.sgl.local.kernel.gpu.GpuDevice;
import dev.sgl.local.model.Model;
import dev.sgl.local.model.Transformer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;

/// A process in which a GPU fails in the middle of its work: what happens then cannot be taken back
/// in a process that goes on.
final class BrokenDevice {
  private static final int BREAKS_AT = 40;
  private static final int SEQUENCES = 8;

  private BrokenDevice() {}

  /// @param arguments the folder of a model
  public static void main(String[] arguments) {
    Checkpoint checkpoint = Checkpoint.open(Path.of(arguments[0]));
    Transformer model = Families.open(checkpoint, CudaDriver.device(GpuDevice.Options.DEFAULT), 64);
    try (Engine engine = new Engine(new Breaking(model), LocalOptions.DEFAULT, 4096)) {
      List<GreedySequence> sequences = new ArrayList<>();
      for (int i = 0; i < SEQUENCES; i++) {
        GreedySequence sequence = new GreedySequence(new int[] {2, 3 + i}, 200, 0, "");
        sequences.add(sequence);
        engine.submit(sequence);
      }
      sequences.forEach(s -> System.out.println(outcome(s)));
      System.out.println(late(engine));
    }
    System.out.println("closed");
  }

  private static String late(Engine engine) {
    GreedySequence late = new GreedySequence(new int[] {2, 3}, 3, 0, "");
    try {
      engine.submit(late);
      return outcome(late);
    } catch (UnavailableException e) {
      return String.valueOf(e);
    }
  }

  private static String outcome(GreedySequence sequence) {
    try {
      return sequence.answer().join().length + " tokens";
    } catch (CompletionException e) {
      return String.valueOf(e.getCause());
    }
  }

  /// Gives the device page numbers that do not exist.
  private static final class Breaking extends ForwardingModel {
    private int batches;

    Breaking(Model model) {
      super(model);
    }

    @Override
    public Logits forward(Batch batch, KvPool pool) {
      if (++batches < BREAKS_AT) {
        return super.forward(batch, pool);
      }
      int[] nowhere = new int[64];
      Arrays.fill(nowhere, Integer.MAX_VALUE / 2);
      int[][] tables = new int[batch.rows()][];
      Arrays.fill(tables, nowhere);
      return super.forward(
          new Batch(batch.tokens(), batch.positions(), tables, batch.slots(), batch.sampled()),
          pool);
    }
  }
}
