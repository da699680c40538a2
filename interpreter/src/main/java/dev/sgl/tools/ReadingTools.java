package dev.sgl.tools;

import dev.sgl.backend.Prompt;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Comparison;
import dev.sgl.backend.TokenBackend.ReadingCard;
import dev.sgl.program.Role;
import dev.sgl.program.Tool.NamedModel.Function;
import dev.sgl.program.TypeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The functions of a model that a program names (`model NAME`), as the host's tools.
public final class ReadingTools {
  private final TokenBackend model;
  private final ReadingCard card;

  private ReadingTools(TokenBackend model) {
    this.model = model;
    card = model.reading();
  }

  /// The functions by the names of their tools.
  ///
  /// @param name by which the program calls the model
  public static Map<String, ToolFunction> of(String name, TokenBackend model) {
    ReadingTools tools = new ReadingTools(model);
    return Map.of(
        Function.EMBED.of(name),
        given -> tools.embed(text(given, "text"), given.get("prompt")),
        Function.RANK.of(name),
        given -> tools.rank(text(given, "query"), text(given, "document")),
        Function.SCORE.of(name),
        given -> tools.score(tools.tokens(given)),
        Function.CLASSIFY.of(name),
        given -> tools.classify(tools.tokens(given)));
  }

  private static String text(Map<String, Object> given, String name) {
    return String.valueOf(given.getOrDefault(name, ""));
  }

  /// The vector of a text, of length 1.
  ///
  /// @param prompt the name of the text before it; empty for no text, none for that of the folder
  private List<Double> embed(String text, @Nullable Object prompt) {
    Optional<String> named = prompt instanceof String given ? Optional.of(given) : card.prompt();
    String before = named.filter(n -> !n.isEmpty()).map(this::prompt).orElse("");
    float[] vector =
        model.embed(model.tokens(before + text, true), card.pooling(), Scheduling.DEFAULT);
    double squares = 0;
    for (float number : vector) {
      squares += (double) number * number;
    }
    double length = squares > 0 ? Math.sqrt(squares) : 1;
    List<Double> numbers = new ArrayList<>(vector.length);
    for (float number : vector) {
      numbers.add(number / length);
    }
    return numbers;
  }

  private String prompt(String name) {
    return Optional.ofNullable(card.prompts().get(name))
        .orElseThrow(
            () ->
                new TypeException(
                    "%s has no prompt `%s`%s"
                        .formatted(
                            model.card().name(),
                            name,
                            card.prompts().isEmpty()
                                ? ""
                                : ", only " + quoted(card.prompts().keySet().stream().sorted()))));
  }

  private static String quoted(Stream<String> names) {
    return names.map(name -> "`" + name + "`").collect(Collectors.joining(", "));
  }

  private double rank(String query, String document) {
    return model.relevance(Comparison.of(query, document), Scheduling.DEFAULT).score();
  }

  private double score(List<Integer> conversation) {
    float[] scores = model.label(conversation, Scheduling.DEFAULT);
    if (scores.length != 1) {
      throw new TypeException(
          "%s has %d labels, no single score: `classify` gives their probabilities"
              .formatted(model.card().name(), scores.length));
    }
    return scores[0];
  }

  private Map<String, Double> classify(List<Integer> conversation) {
    float[] scores = model.label(conversation, Scheduling.DEFAULT);
    double[] probabilities = card.activation().of(scores);
    Map<String, Double> labels = new LinkedHashMap<>();
    for (int i = 0; i < probabilities.length; i++) {
      labels.put(card.labels().get(i), probabilities[i]);
    }
    return labels;
  }

  /// The conversation: a text by itself, or messages as the model's chat template writes them.
  private List<Integer> tokens(Map<String, Object> given) {
    if (!(given.get("conversation") instanceof List<?> written)) {
      return model.tokens(text(given, "conversation"), true);
    }
    if (model.card().chatTemplate().isEmpty()) {
      throw new TypeException(
          model.card().name() + " has no chat template: it takes a text instead of messages");
    }
    List<Prompt.Message> messages = written.stream().map(m -> message((Map<?, ?>) m)).toList();
    return model.tokens(
        new Prompt.Chat(messages, List.of(), Map.of("add_generation_prompt", false)));
  }

  private static Prompt.Message message(Map<?, ?> message) {
    String role = String.valueOf(message.get("role"));
    return new Prompt.Message(
        Arrays.stream(Role.values())
            .filter(r -> r.word().equals(role))
            .findFirst()
            .orElseThrow(
                () ->
                    new TypeException(
                        "the role of a message is one of %s, not `%s`"
                            .formatted(
                                quoted(Arrays.stream(Role.values()).map(Role::word)), role))),
        List.of(new Prompt.Part.Written(String.valueOf(message.get("content")))));
  }
}
