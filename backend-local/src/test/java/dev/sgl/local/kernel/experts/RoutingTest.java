package dev.sgl.local.kernel.experts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.kernel.experts.Routing.Route;
import dev.sgl.local.kernel.experts.Routing.Scores;
import dev.sgl.testing.Property;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RoutingTest {

  /// No expert that is left out, of the groups that are open, has a better score.
  @Test
  void theBestOfTheBestGroupsAreChosen() {
    Property.forAll(
        300,
        (random, size) -> {
          int groups = 1 + random.nextInt(4);
          int each = 2 + random.nextInt(6);
          int chosenGroups = 1 + random.nextInt(groups);
          int chosen = 1 + random.nextInt(chosenGroups * each);
          boolean normalizes = random.nextBoolean();
          Scores scores = random.nextBoolean() ? Scores.SIGMOID : Scores.SOFTMAX;
          Routing routing =
              new Routing(groups * each, chosen, scores, normalizes, groups, chosenGroups, 2.5f);
          float[] products = floats(random, 3 + routing.experts());
          float[] corrections = floats(random, routing.experts());
          List<Route> routes = routing.routes(products, 3, corrections);
          List<Integer> numbers = routes.stream().map(Route::expert).toList();
          assertEquals(chosen, numbers.size());
          assertEquals(numbers.stream().distinct().sorted().toList(), numbers);
          double[] score = scores(products, scores, routing.experts());
          List<Integer> open = openGroups(score, corrections, groups, each, chosenGroups);
          double worst =
              numbers.stream().mapToDouble(e -> score[e] + corrections[e]).min().orElseThrow();
          for (int expert = 0; expert < routing.experts(); expert++) {
            boolean isOpen = open.contains(expert / each);
            if (numbers.contains(expert)) {
              assertTrue(isOpen);
            } else if (isOpen) {
              assertTrue(score[expert] + corrections[expert] <= worst);
            }
          }
          double sum = numbers.stream().mapToDouble(e -> score[e]).sum();
          for (Route route : routes) {
            double weight = score[route.expert()] * 2.5 / (normalizes ? sum : 1);
            assertEquals(weight, route.weight(), 1e-5);
          }
        });
  }

  private static float[] floats(SplittableRandom random, int count) {
    float[] all = new float[count];
    for (int i = 0; i < count; i++) {
      all[i] = (float) (random.nextDouble() * 6 - 3);
    }
    return all;
  }

  private static double[] scores(float[] products, Scores by, int experts) {
    double[] all =
        IntStream.range(0, experts).mapToDouble(i -> Math.exp(products[3 + i])).toArray();
    double sum = IntStream.range(0, experts).mapToDouble(i -> all[i]).sum();
    return IntStream.range(0, experts)
        .mapToDouble(i -> by == Scores.SOFTMAX ? all[i] / sum : all[i] / (1 + all[i]))
        .toArray();
  }

  private static List<Integer> openGroups(
      double[] score, float[] corrections, int groups, int each, int chosenGroups) {
    Comparator<Integer> bySum =
        Comparator.comparingDouble(
            group ->
                -IntStream.range(group * each, (group + 1) * each)
                    .mapToDouble(e -> -score[e] - corrections[e])
                    .sorted()
                    .limit(2)
                    .map(value -> -value)
                    .sum());
    return IntStream.range(0, groups).boxed().sorted(bySum).limit(chosenGroups).toList();
  }

  @Test
  void ofEqualScoresTheFirstAreChosen() {
    Routing routing = new Routing(6, 2, Scores.SOFTMAX, true);
    assertEquals(
        List.of(new Route(0, 0.5f), new Route(1, 0.5f)),
        routing.routes(new float[6], 0, new float[6]));
  }

  @Test
  void moreExpertsThanThereAreAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Routing(4, 5, Scores.SIGMOID, false));
  }
}
