package dev.sgl.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Selection;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.program.Role;
import dev.sgl.program.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/// Compares the scores of choices with those that `bench/quality/select_reference.py` computed with
/// transformers: for each method the largest difference, and how often another choice is the best.
///
/// Usage: `QualitySelect MODEL CHOICES REFERENCE`.
public final class QualitySelect {
  private QualitySelect() {}

  /// The differences of one method.
  private static final class Differences {
    private double largest;
    private String where = "";
    private int others;

    void add(String id, List<Double> ours, JsonNode reference) {
      for (int i = 0; i < ours.size(); i++) {
        double difference = Math.abs(ours.get(i) - reference.get(i).asDouble());
        if (difference > largest) {
          largest = difference;
          where = id;
        }
      }
      List<Double> theirs =
          StreamSupport.stream(reference.spliterator(), false).map(JsonNode::asDouble).toList();
      others += best(ours) == best(theirs) ? 0 : 1;
    }

    private static int best(List<Double> scores) {
      return scores.indexOf(scores.stream().max(Double::compare).orElseThrow());
    }
  }

  /// Prints the differences and the other choices of each method.
  public static void main(String[] args) throws IOException {
    Map<String, JsonNode> references =
        Quality.lines(Path.of(args[2])).stream()
            .collect(Collectors.toMap(line -> line.get("id").asText(), line -> line));
    Map<Step.Method, Differences> found = new EnumMap<>(Step.Method.class);
    int count = 0;
    try (LocalBackend backend =
        LocalBackend.open(Path.of(args[0]), LocalOptions.DEFAULT, Progress.SILENT)) {
      for (JsonNode item : Quality.lines(Path.of(args[1]))) {
        JsonNode reference = references.get(item.get("id").asText());
        if (reference == null) {
          continue;
        }
        count++;
        for (Step.Method method : Step.Method.values()) {
          Selection selection = backend.select(question(item, method));
          found
              .computeIfAbsent(method, _ -> new Differences())
              .add(
                  item.get("id").asText(),
                  selection.scores(),
                  reference.get(method.name().toLowerCase(Locale.ROOT)));
        }
      }
    }
    System.out.printf("%d items; method, largest difference, other best choices%n", count);
    found.forEach(
        (method, d) ->
            System.out.printf(
                "%s\t%.1e (%s)\t%d%n",
                method.name().toLowerCase(Locale.ROOT), d.largest, d.where, d.others));
  }

  private static Question question(JsonNode item, Step.Method method) {
    List<Prompt.Part> text = List.of(new Prompt.Part.Written(item.get("prompt").asText()));
    Prompt prompt =
        item.get("chat").asBoolean()
            ? new Prompt.Chat(List.of(new Prompt.Message(Role.USER, text)), List.of())
            : new Prompt.Raw(text);
    List<String> choices =
        StreamSupport.stream(item.get("choices").spliterator(), false)
            .map(JsonNode::asText)
            .toList();
    return new Question(prompt, choices, method, Scheduling.DEFAULT);
  }
}
