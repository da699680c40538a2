package dev.sgl.local.tokens;

import static java.util.stream.Collectors.toSet;

import dev.sgl.local.weights.ModelException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The merges of a SentencePiece vocabulary, which has only scores: two neighbouring pieces are
/// merged if both together are a token, those of the highest score first.
final class ScoredMerges {
  /// The sign for a blank.
  static final String BLANK = "\u2581";

  /// Longer tokens are merged of no pieces: they are runs of signs that have tokens of their own.
  private static final int MOST_CHARACTERS = 256;

  private static final int MOST_MERGES = 1 << 22;

  private ScoredMerges() {}

  /// Two pieces that become one.
  record Merge(String left, String right, double score) {
    String token() {
      return left + right;
    }
  }

  /// All merges, the first to be applied first.
  ///
  /// @param scores of the tokens, by their ids
  /// @throws ModelException if there are too many
  static List<Merge> of(List<String> tokens, List<Double> scores) {
    Set<String> known = new HashSet<>(tokens);
    List<Merge> merges = new ArrayList<>();
    for (int id = 0; id < Math.min(tokens.size(), scores.size()); id++) {
      String token = tokens.get(id);
      double score = scores.get(id);
      if (merges.size() > MOST_MERGES) {
        throw new ModelException("the tokenizer has more than %d merges".formatted(MOST_MERGES));
      }
      for (int cut = 1; cut < token.length() && token.length() <= MOST_CHARACTERS; cut++) {
        String left = token.substring(0, cut);
        String right = token.substring(cut);
        if (known.contains(left) && known.contains(right)) {
          merges.add(new Merge(left, right, score));
        }
      }
    }
    merges.sort(
        Comparator.comparingDouble((Merge merge) -> -merge.score())
            .thenComparingInt(merge -> -merge.left().length()));
    return merges;
  }

  /// Scores of tokens, by their ids, from which [#of] gives the merges of a `tokenizer.json` again;
  /// empty if no scores do. Tokens whose merges are mixed have the same score, as in the vocabulary
  /// that such a file was made of.
  ///
  /// @param merges pairs of pieces, the first to be applied first
  static Optional<List<Float>> scores(List<String> tokens, List<Merge> merges) {
    Map<String, Integer> last = new HashMap<>(); // ranks
    for (int rank = 0; rank < merges.size(); rank++) {
      last.put(merges.get(rank).token(), rank);
    }
    Map<String, Float> scores = new HashMap<>();
    int first = 0;
    int end = -1;
    for (int rank = 0; rank < merges.size(); rank++) {
      String token = merges.get(rank).token();
      first = rank > end ? rank : first;
      end = Math.max(end, last.getOrDefault(token, rank));
      scores.put(token, (float) -first);
    }
    List<Float> all = tokens.stream().map(token -> scores.getOrDefault(token, 0f)).toList();
    List<Merge> found = of(tokens, all.stream().map(Float::doubleValue).toList());
    return pairs(merges).equals(pairs(found)) ? Optional.of(all) : Optional.empty();
  }

  private static Set<List<String>> pairs(List<Merge> merges) {
    return merges.stream().map(merge -> List.of(merge.left(), merge.right())).collect(toSet());
  }
}
