package dev.sgl.local.engine;

import dev.sgl.local.kernel.Batch;
import dev.sgl.local.schedule.Piece;
import dev.sgl.local.schedule.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The next batch: pieces of sequences, one after the other.
///
/// @param sampled the rows whose logits are wanted, in their order
/// @param batch as the model gets it
record PlannedBatch(List<Piece> pieces, List<SampledRow> sampled, Batch batch) {

  /// A row whose logits are wanted: the token at a position of a sequence.
  record SampledRow(Sequence sequence, int position) {}

  static PlannedBatch of(List<Piece> pieces) {
    int rows = pieces.stream().mapToInt(Piece::rows).sum();
    int[] tokens = new int[rows];
    int[] positions = new int[rows];
    int[][] tables = new int[rows][];
    int[] slots = new int[rows];
    int[] segments = new int[rows];
    List<SampledRow> sampled = new ArrayList<>();
    int[] sampledRows = new int[rows];
    int row = 0;
    for (Piece piece : pieces) {
      for (int position = piece.first(); position < piece.end(); position++) {
        tokens[row] = piece.sequence().token(position);
        positions[row] = position;
        tables[row] = piece.pages();
        slots[row] = piece.slot();
        segments[row] = piece.sequence().segment(position);
        if (position >= piece.wanted()) {
          sampledRows[sampled.size()] = row;
          sampled.add(new SampledRow(piece.sequence(), position));
        }
        row++;
      }
    }
    int[] wanted = Arrays.copyOf(sampledRows, sampled.size());
    return new PlannedBatch(
        pieces, sampled, new Batch(tokens, positions, tables, slots, segments, wanted));
  }
}
