package dev.sgl.bench;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Sentences of random words, always the same ones.
final class Texts {
  private static final List<String> WORDS =
      List.of(
          ("the a river house lamp walks slowly because rain town people every green small"
                  + " with under mountain quiet letter reads morning old new train water light"
                  + " answer question better never again table many between carries")
              .split(" "));
  private final SplittableRandom random = new SplittableRandom(1);

  String of(int words) {
    StringBuilder text = new StringBuilder();
    IntStream.range(0, words)
        .forEach(
            i -> text.append(i == 0 ? "" : " ").append(WORDS.get(random.nextInt(WORDS.size()))));
    return text + ".";
  }

  List<String> several(int count, int words) {
    return IntStream.range(0, count).mapToObj(_ -> of(words)).toList();
  }
}
