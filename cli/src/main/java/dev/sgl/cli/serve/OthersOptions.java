package dev.sgl.cli.serve;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/// Options of SGLang's and vLLM's servers, as tutorials have them, that change nothing here. Each
/// is accepted, and a line says why.
final class OthersOptions {
  private static final String ALWAYS = "it is always so";
  private static final String FOUND = "the model's chat template says that";
  private static final String HOW = "the engine decides how it computes";

  /// Switches.
  private static final Map<String, String> SWITCHES =
      Map.ofEntries(
          Map.entry("--enable-prefix-caching", ALWAYS),
          Map.entry("--enable-chunked-prefill", ALWAYS),
          Map.entry("--enable-auto-tool-choice", ALWAYS),
          Map.entry("--enable-metrics", ALWAYS),
          Map.entry("--enable-cache-report", ALWAYS),
          Map.entry("--enable-prompt-tokens-details", ALWAYS),
          Map.entry("--enable-mixed-chunk", ALWAYS),
          Map.entry("--enable-tokenizer-info-endpoint", ALWAYS),
          Map.entry("--trust-remote-code", "no code of a model is ever run"),
          Map.entry("--disable-log-requests", "no requests are logged"),
          Map.entry("--disable-log-stats", "no statistics are logged; see /metrics"),
          Map.entry("--enable-torch-compile", HOW),
          Map.entry("--enforce-eager", HOW),
          Map.entry("--disable-cuda-graph", HOW),
          Map.entry("--is-embedding", "a model that reads is served as one"));

  /// Options with a value.
  private static final Map<String, String> VALUES =
      Map.ofEntries(
          Map.entry("--tool-call-parser", FOUND),
          Map.entry("--reasoning-parser", FOUND),
          Map.entry("--grammar-backend", HOW),
          Map.entry("--guided-decoding-backend", HOW),
          Map.entry("--attention-backend", HOW),
          Map.entry("--sampling-backend", HOW),
          Map.entry("--chunked-prefill-size", HOW),
          Map.entry("--max-num-batched-tokens", HOW),
          Map.entry("--cuda-graph-max-bs", HOW),
          Map.entry("--schedule-policy", HOW),
          Map.entry("--schedule-conservativeness", HOW),
          Map.entry("--swap-space", HOW),
          Map.entry("--block-size", HOW),
          Map.entry("--page-size", HOW),
          Map.entry("--load-format", "the files say that"),
          Map.entry("--tokenizer-mode", "the files say that"),
          Map.entry("--task", "the files say that"),
          Map.entry("--runner", "the files say that"),
          Map.entry("--log-level", "errors and warnings are logged"));

  private OthersOptions() {}

  /// Lets a command accept them; they are not shown in its help.
  static void addTo(CommandSpec command) {
    SWITCHES.keySet().forEach(name -> command.addOption(option(name, "0", boolean.class)));
    VALUES.keySet().forEach(name -> command.addOption(option(name, "1", String.class)));
  }

  private static OptionSpec option(String name, String arity, Class<?> type) {
    return OptionSpec.builder(name).arity(arity).type(type).hidden(true).build();
  }

  /// Says of those that were typed why they change nothing.
  static void tell(ParseResult typed, PrintWriter err) {
    Map<String, String> all = new TreeMap<>(SWITCHES);
    all.putAll(VALUES);
    List<String> lines =
        all.entrySet().stream()
            .filter(option -> typed.hasMatchedOption(option.getKey()))
            .map(option -> option.getKey() + " changes nothing: " + option.getValue())
            .toList();
    lines.forEach(err::println);
  }
}
