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
  public static final ThoughtFormat THINK = new ThoughtFormat("<think>", "\n", "</think>", "\n\n");

  /// The formats that are known: Seed-OSS, Command R and A, Mistral, Gemma 4, Apertus, Apriel, and
  /// the rest.
  static final List<ThoughtFormat> ALL =
      List.of(
          new ThoughtFormat("<seed:think>", "", "</seed:think>", "\n"),
          new ThoughtFormat("<|START_THINKING|>", "", "<|END_THINKING|>", ""),
          new ThoughtFormat("[THINK]", "", "[/THINK]", ""),
          new ThoughtFormat("<|channel>thought", "\n", "<channel|>", ""),
          new ThoughtFormat("<|inner_prefix|>", "", "<|inner_suffix|>", ""),
          new ThoughtFormat("Here are my reasoning steps:", "\n", "[BEGIN FINAL RESPONSE]", "\n"),
          THINK);
}
