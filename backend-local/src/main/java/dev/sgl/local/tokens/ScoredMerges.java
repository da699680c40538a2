package dev.sgl.local.tokens;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The merges of a SentencePiece vocabulary, which has only scores: two neighbouring pieces are
/// merged if both together are a token, those of the highest score first.
final class ScoredMerges {
  /// The sign for a blank.
  static final String BLANK = "\u2581";

  /// Longer tokens are merged of no pieces: they are runs of signs that have tokens of their own.
  private static final int MOST_CHARACTERS = 256;

  private ScoredMerges() {}

  /// Two pieces that become one.
  record Merge(String left, String right, double score) {}

  /// All merges, the first to be applied first.
  ///
  /// @param scores of the tokens, by their ids
  static List<Merge> of(List<?> tokens, List<?> scores) {
    Set<String> known = new HashSet<>();
    tokens.forEach(token -> known.add(String.valueOf(token)));
    List<Merge> merges = new ArrayList<>();
    for (int id = 0; id < Math.min(tokens.size(), scores.size()); id++) {
      String token = String.valueOf(tokens.get(id));
      double score = scores.get(id) instanceof Double number ? number : 0;
      for (int cut = 1; cut < Math.min(token.length(), MOST_CHARACTERS); cut++) {
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
}
