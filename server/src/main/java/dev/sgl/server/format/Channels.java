package dev.sgl.server.format;

import java.util.List;
import java.util.Optional;

/// How models write that put each part of an answer into a message of its own, under a header:
/// their thoughts, their calls, their answers.
///
/// @param begin of a header
/// @param headerEnd behind a header
/// @param answer the header of answers
/// @param thought the header of thoughts, if they think
/// @param messageEnd behind a message, where another follows
/// @param next behind that, up to the header
/// @param calls how they write calls; its text up to the name is a header's beginning
/// @param signs texts by which a chat template is known
public record Channels(
    String begin,
    String headerEnd,
    String answer,
    Optional<String> thought,
    String messageEnd,
    String next,
    ToolFormat calls,
    List<String> signs) {

  /// gpt-oss (OpenAI, "OpenAI harmony response format", 2025).
  public static final Channels HARMONY =
      new Channels(
          "<|channel|>",
          "<|message|>",
          "final",
          Optional.of("analysis"),
          "<|end|>",
          "<|start|>assistant",
          ToolFormats.HARMONY,
          List.of("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"));

  /// Functionary 3.2: the header is the name of a tool, or `all`.
  public static final Channels FUNCTIONARY =
      new Channels(
          "",
          "\n",
          "all",
          Optional.empty(),
          ">>>",
          "",
          ToolFormats.FUNCTIONARY_HEADERS,
          List.of(">>>all"));

  /// All that are known.
  public static final List<Channels> ALL = List.of(HARMONY, FUNCTIONARY);

  /// The channels of a model by its chat template, if it has any.
  static Optional<Channels> of(String template) {
    return ALL.stream()
        .filter(channels -> channels.signs().stream().allMatch(template::contains))
        .findFirst();
  }

  /// The header with its texts around it.
  public String header(String words) {
    return begin + words + headerEnd;
  }

  /// The words of a header before the name of a tool that it calls; empty where names stand alone.
  public String callWords() {
    return calls.call().begin().substring(begin.length());
  }
}
