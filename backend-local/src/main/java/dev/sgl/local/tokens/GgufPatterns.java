package dev.sgl.local.tokens;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// The ways in which the vocabularies of GGUF files cut text before its pieces are merged, by their
/// names in the files. The patterns are those of llama.cpp; each cuts the pieces that the patterns
/// before it have left.
final class GgufPatterns {
  private static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  private static final String HAN_AND_HANGUL =
      "[\\x{4e00}-\\x{9fa5}\\x{800}-\\x{4e00}\\x{ac00}-\\x{d7ff}]+";

  private static final List<String> GPT2_ALONE = List.of(GPT2);
  private static final List<String> DIGITS_AND_GPT2 = List.of("\\p{N}", GPT2);
  private static final List<String> LLAMA_3 = List.of(words("\\p{N}{1,3}"));
  private static final List<String> QWEN = List.of(words("\\p{N}"));

  private static final Map<String, List<String>> PATTERNS =
      Map.ofEntries(
          Map.entry("gpt-2", GPT2_ALONE),
          Map.entry("mpt", GPT2_ALONE),
          Map.entry("olmo", GPT2_ALONE),
          Map.entry("starcoder", DIGITS_AND_GPT2),
          Map.entry("smollm", DIGITS_AND_GPT2),
          Map.entry("refact", DIGITS_AND_GPT2),
          Map.entry("command-r", DIGITS_AND_GPT2),
          Map.entry("qwen2", QWEN),
          Map.entry("qwen35", List.of(words("[\\p{L}\\p{M}]+", "\\p{N}", "\\p{L}\\p{M}\\p{N}"))),
          Map.entry("llama-bpe", LLAMA_3),
          Map.entry("llama3", LLAMA_3),
          Map.entry("llama-v3", LLAMA_3),
          Map.entry("lfm2", LLAMA_3),
          Map.entry("dbrx", LLAMA_3),
          Map.entry("smaug-bpe", LLAMA_3),
          Map.entry("falcon", List.of("[\\p{P}$+<=>^~|`]+", GPT2, "[0-9][0-9][0-9]")),
          Map.entry(
              "deepseek-coder",
              List.of("[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", HAN_AND_HANGUL, "\\p{N}")),
          Map.entry(
              "deepseek-llm",
              List.of(
                  "[\\r\\n]",
                  "\\s?[\\p{Lu}\\p{Ll}\\p{Lt}]+",
                  "\\s?[!-/:-~\\x{ff01}-\\x{ff0f}\\x{ff1a}-\\x{ff5e}\\x{2018}-\\x{201f}\\x{3000}-\\x{3002}]+",
                  "\\s+$",
                  HAN_AND_HANGUL,
                  "\\p{N}+")));

  private static final Set<String> NORMALIZED = Set.of("qwen2", "qwen35");
  private static final Set<String> WHOLE_WORDS = Set.of("llama-bpe", "llama3", "llama-v3", "lfm2");

  private GgufPatterns() {}

  /// Words of letters, numbers by `digits`, signs and white space.
  private static String words(String digits) {
    return words("\\p{L}+", digits, "\\p{L}\\p{N}");
  }

  /// @param letters of a word
  /// @param noSigns characters that are no signs, beside white space
  private static String words(String letters, String digits, String noSigns) {
    return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?"
        + letters
        + "|"
        + digits
        + "| ?[^\\s"
        + noSigns
        + "]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  }

  /// The patterns of a name; empty if it is not supported.
  static Optional<List<String>> of(String name) {
    return Optional.ofNullable(PATTERNS.get(name));
  }

  /// The name of patterns in files; empty if they have none.
  ///
  /// @param wholeWords whether a piece that is a token as a whole is not merged step by step
  static Optional<String> name(List<String> patterns, boolean wholeWords) {
    return Stream.of("gpt-2", "smollm", "qwen2", "llama-bpe", "dbrx")
        .filter(name -> patterns.equals(PATTERNS.get(name)) && wholeWords == keepsWholeWords(name))
        .findFirst();
  }

  /// Whether text is brought to Unicode's normal form C.
  static boolean normalizes(String name) {
    return NORMALIZED.contains(name);
  }

  /// Whether a piece that is a token as a whole is not merged step by step. Texts of such
  /// vocabularies have a beginning unless the file denies it.
  static boolean keepsWholeWords(String name) {
    return WHOLE_WORDS.contains(name);
  }
}
