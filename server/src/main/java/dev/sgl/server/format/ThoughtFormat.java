package dev.sgl.server.format;

import java.util.List;

/// The marks of thoughts in a family of models.
///
/// @param begin the mark that begins a thought
/// @param behindBegin white space behind it
/// @param end the mark that ends a thought
/// @param behindEnd white space behind it
public record ThoughtFormat(String begin, String behindBegin, String end, String behindEnd) {
  /// The marks of most models: DeepSeek R1, Qwen, GLM, Kimi, MiniMax, Nemotron, Granite.
  public static final ThoughtFormat THINK = usual("<think>", "</think>");

  /// The formats that are known: Seed-OSS, Command R and A, Mistral, Gemma 4, Apertus, Apriel, and
  /// the rest.
  static final List<ThoughtFormat> ALL =
      List.of(
          usual("<seed:think>", "</seed:think>"),
          usual("<|START_THINKING|>", "<|END_THINKING|>"),
          usual("[THINK]", "[/THINK]"),
          usual("<|channel>thought", "<channel|>"),
          usual("<|inner_prefix|>", "<|inner_suffix|>"),
          usual("Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]"),
          THINK);

  private static ThoughtFormat usual(String begin, String end) {
    return new ThoughtFormat(begin, "\n", end, "\n\n");
  }
}
