package dev.sgl.backend;

import java.util.List;

/// The cached prefixes of earlier requests: runs of tokens as a tree, each behind its parent.
///
/// @param runs parents before their children
/// @param hidden runs that are not shown, because there are too many
public record CacheTree(List<Run> runs, int hidden) {
  public CacheTree {
    runs = List.copyOf(runs);
  }

  /// A run of tokens.
  ///
  /// @param parent the place of the run before it in the list; -1 if it begins a text
  /// @param text the beginning of its text
  /// @param isUsed whether a request that runs uses it
  public record Run(int parent, int tokens, String text, boolean isUsed) {}
}
