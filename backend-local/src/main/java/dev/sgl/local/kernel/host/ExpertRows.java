package dev.sgl.local.kernel.host;

import dev.sgl.local.kernel.experts.Routing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/// The rows of a batch by the experts that are chosen for them, so that each expert's weights are
/// read once, and those of others not at all.
final class ExpertRows {
  private Tensor gathered = Tensor.of(0, 0);
  private final Room room = new Room();

  /// A row that goes to an expert, and the weight of the result.
  record Row(int row, float weight) {}

  /// Room for the numbers of an expert.
  static final class Room {
    private Tensor gate = Tensor.of(0, 0);
    private Tensor up = Tensor.of(0, 0);
    private Tensor result = Tensor.of(0, 0);

    void fit(int rows, int inner, int outputs) {
      gate = fit(gate, rows, inner);
      up = fit(up, rows, inner);
      result = fit(result, rows, outputs);
    }

    Tensor gate() {
      return gate;
    }

    Tensor up() {
      return up;
    }

    Tensor result() {
      return result;
    }

    private static Tensor fit(Tensor old, int rows, int columns) {
      return old.rows() >= rows && old.columns() == columns ? old : Tensor.of(rows, columns);
    }
  }

  /// Room for the experts that are chosen.
  Room room() {
    return room;
  }

  /// Calls `work` with each expert that has rows, in the order of their numbers.
  ///
  /// @param scores products of the router, `[rows, experts]`
  /// @param corrections as [Routing#routes] has them
  void forEach(
      Routing routing,
      Tensor scores,
      float[] corrections,
      int rows,
      BiConsumer<Integer, List<Row>> work) {
    Map<Integer, List<Row>> byExpert = new TreeMap<>();
    for (int row = 0; row < rows; row++) {
      int from = row * scores.columns();
      for (Routing.Route route : routing.routes(scores.values(), from, corrections)) {
        byExpert
            .computeIfAbsent(route.expert(), _ -> new ArrayList<>())
            .add(new Row(row, route.weight()));
      }
    }
    byExpert.forEach(work);
  }

  /// Copies rows together.
  Tensor gather(Tensor from, List<Row> rows) {
    int columns = from.columns();
    gathered = Room.fit(gathered, rows.size(), columns);
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(
          from.values(), rows.get(i).row() * columns, gathered.values(), i * columns, columns);
    }
    return gathered;
  }

  /// Adds the results of rows, times their weights.
  void scatter(Tensor results, List<Row> rows, Tensor sum) {
    int columns = sum.columns();
    for (int i = 0; i < rows.size(); i++) {
      Row own = rows.get(i);
      for (int c = 0; c < columns; c++) {
        sum.values()[own.row() * columns + c] += own.weight() * results.values()[i * columns + c];
      }
    }
  }
}
