package dev.sgl.local.writing;

import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.local.tokens.Tokenizer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/// The tokenizer of a model and the forms of its values, also where some special tokens are texts:
/// models write calls of tools with such tokens in them. Thread-safe.
public final class Spellings {
  private final int[] ends;
  private final Map<Set<String>, Spelling> known = new ConcurrentHashMap<>();
  private final Spelling usual;

  /// A tokenizer and forms that agree on the texts of tokens.
  public record Spelling(Tokenizer tokenizer, Forms forms) {}

  /// @param usual where no special token is a text
  /// @param ends tokens that end a text
  public Spellings(Spelling usual, int[] ends) {
    this.usual = usual;
    this.ends = ends.clone();
  }

  /// Where no special token is a text.
  public Spelling usual() {
    return usual;
  }

  /// Where the special tokens with these names are texts. Each set of names is made
  /// once: the sets come from the formats of calls, so there are few.
  public Spelling of(Set<String> names) {
    Set<String> special =
        names.stream()
            .filter(name -> usual.tokenizer().special(name).isPresent())
            .collect(Collectors.toUnmodifiableSet());
    return special.isEmpty() ? usual : known.computeIfAbsent(special, this::spelling);
  }

  private Spelling spelling(Set<String> names) {
    Tokenizer tokenizer = usual.tokenizer().spelling(names);
    MaskCache masks = new MaskCache(tokenizer.vocabulary(), ends);
    return new Spelling(tokenizer, usual.forms().with(masks));
  }
}
