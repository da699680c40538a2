package dev.sgl.local.kernel.experts;

import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/// How a router chooses experts for a token, and weighs their results (Shazeer et al., 2017;
/// Jiang et al., Mixtral, 2024). With groups, experts are only chosen from the groups whose two
/// best scores have the largest sums (DeepSeek-AI, DeepSeek-V3, 2024).
///
/// @param experts all of them
/// @param chosen for a token
/// @param scores that products with the state become
/// @param normalizes whether the weights of a token's experts are divided by their sum
/// @param groups of as many experts each, one after the other; 1 for none
/// @param chosenGroups for a token
/// @param factor of the weights at the end
public record Routing(
    int experts,
    int chosen,
    Scores scores,
    boolean normalizes,
    int groups,
    int chosenGroups,
    float factor) {
  private static final int BEST_OF_GROUP = 2;
  private static final double LEAST_SUM = 1e-20;

  /// The function of the products of the router.
  public enum Scores {
    /// Over all experts.
    SOFTMAX,
    SIGMOID
  }

  public Routing {
    if (chosen > experts || experts % groups != 0 || chosenGroups > groups) {
      throw new IllegalArgumentException(
          "%d of %d experts, in %d of %d groups".formatted(chosen, experts, chosenGroups, groups));
    }
  }

  /// Experts without groups.
  public Routing(int experts, int chosen, Scores scores, boolean normalizes) {
    this(experts, chosen, scores, normalizes, 1, 1, 1);
  }

  /// An expert that is chosen for a token.
  public record Route(int expert, float weight) {}

  /// The experts of a token, by their numbers. Of equal scores the first are chosen.
  ///
  /// @param products of the router with the state: those from `from` on
  /// @param corrections that are added to scores for the choice, not for the weights; zeros if
  ///     there are none
  public List<Route> routes(float[] products, int from, float[] corrections) {
    double[] all = scores(products, from);
    IntToDoubleFunction corrected = expert -> all[expert] + corrections[expert];
    int[] own = best(open(corrected), chosen, corrected);
    double sum = IntStream.of(own).mapToDouble(expert -> all[expert]).sum() + LEAST_SUM;
    double by = normalizes ? factor / sum : factor;
    return IntStream.of(own)
        .sorted()
        .mapToObj(expert -> new Route(expert, (float) (all[expert] * by)))
        .toList();
  }

  private double[] scores(float[] products, int from) {
    double[] all = IntStream.range(from, from + experts).mapToDouble(i -> products[i]).toArray();
    double most = IntStream.range(0, experts).mapToDouble(i -> all[i]).max().orElse(0);
    double sum = 0;
    for (int i = 0; i < experts; i++) {
      all[i] =
          switch (scores) {
            case SOFTMAX -> Math.exp(all[i] - most);
            case SIGMOID -> 1 / (1 + Math.exp(-all[i]));
          };
      sum += all[i];
    }
    if (scores == Scores.SOFTMAX) {
      for (int i = 0; i < experts; i++) {
        all[i] /= sum;
      }
    }
    return all;
  }

  /// The experts of the best groups.
  private int[] open(IntToDoubleFunction corrected) {
    int each = experts / groups;
    IntToDoubleFunction ofGroup =
        group -> {
          int[] members = IntStream.range(group * each, (group + 1) * each).toArray();
          int[] best = best(members, Math.min(BEST_OF_GROUP, each), corrected);
          return IntStream.of(best).mapToDouble(corrected).sum();
        };
    int[] all = IntStream.range(0, groups).toArray();
    return IntStream.of(groups == 1 ? all : best(all, chosenGroups, ofGroup))
        .flatMap(group -> IntStream.range(group * each, (group + 1) * each))
        .sorted()
        .toArray();
  }

  private static int[] best(int[] of, int count, IntToDoubleFunction score) {
    double[] left = IntStream.of(of).mapToDouble(score).toArray();
    int[] best = new int[count];
    for (int i = 0; i < count; i++) {
      int at = 0;
      for (int j = 1; j < left.length; j++) {
        at = left[j] > left[at] ? j : at;
      }
      best[i] = of[at];
      left[at] = Double.NEGATIVE_INFINITY;
    }
    return best;
  }
}
