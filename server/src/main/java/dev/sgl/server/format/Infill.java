package dev.sgl.server.format;

import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Token;
import java.util.List;
import java.util.Optional;

/// The special tokens between which a model that fills gaps is given the text before a gap and the
/// text behind it.
///
/// Reference: Bavarian et al., "Efficient Training of Language Models to Fill in the Middle", 2022;
/// the model cards of the families.
///
/// @param prefix before the text before the gap
/// @param suffix before the text behind the gap
/// @param middle before what the model writes; empty if nothing is
/// @param suffixFirst whether the text behind the gap comes first
/// @param ends tokens at which the middle ends, beside the model's own end
public record Infill(
    String prefix, String suffix, String middle, boolean suffixFirst, List<String> ends) {
  private static final List<Infill> KNOWN =
      List.of(
          // Qwen 2.5 Coder, Qwen 3, CodeGemma, Granite 4
          prefixFirst(
              "<|fim_prefix|>",
              "<|fim_suffix|>",
              "<|fim_middle|>",
              "<|fim_pad|>",
              "<|repo_name|>",
              "<|file_sep|>",
              "<|file_separator|>"),
          // StarCoder, SantaCoder, Granite Code
          prefixFirst("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<file_sep>", "<fim_pad>"),
          prefixFirst("<fim-prefix>", "<fim-suffix>", "<fim-middle>", "<fim-pad>"),
          // DeepSeek Coder
          prefixFirst("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
          // Code Llama
          prefixFirst("▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"),
          // GLM 4
          prefixFirst("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),
          // Codestral
          new Infill("[PREFIX]", "[SUFFIX]", "", true, List.of()));

  private static Infill prefixFirst(String prefix, String suffix, String middle, String... ends) {
    return new Infill(prefix, suffix, middle, false, List.of(ends));
  }

  /// The way of a model; empty if its vocabulary has no such tokens.
  public static Optional<Infill> of(TokenBackend backend) {
    return KNOWN.stream().filter(one -> one.isOf(backend)).findFirst();
  }

  private boolean isOf(TokenBackend backend) {
    return backend.special(prefix).isPresent()
        && backend.special(suffix).isPresent()
        && (middle.isEmpty() || backend.special(middle).isPresent());
  }

  /// The text that the model continues.
  ///
  /// @param before the gap
  /// @param behind the gap
  public String prompt(String before, String behind) {
    return suffixFirst
        ? suffix + behind + prefix + before + middle
        : prefix + before + suffix + behind + middle;
  }

  /// The ids of the tokens at which the middle ends.
  public List<Integer> stops(TokenBackend backend) {
    return ends.stream().flatMap(name -> backend.special(name).stream()).map(Token::id).toList();
  }
}
