package dev.sgl.remote;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.Ahead;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Request;
import dev.sgl.program.Type;
import dev.sgl.program.TypeException;
import dev.sgl.program.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// A message of a program with several values in it, requested at once: as a form whose blanks
/// the model fills, held to the JSON Schema of all of them. For servers that cannot continue a
/// begun message, for which each value would be a request with the beginning only described.
final class WholeTurn {
  /// Tokens that the JSON around a value takes, at most.
  private static final int AROUND = 16;

  private final Prompt.Chat prompt;
  private final List<Ahead> steps; // from the first value to the last

  private WholeTurn(Prompt.Chat prompt, List<Ahead> steps) {
    this.prompt = prompt;
    this.steps = steps;
  }

  /// The turn of a request, if there are further values in it, and all that is asked of them can be
  /// asked at once.
  static Optional<WholeTurn> of(Request request) {
    boolean isPlain =
        request.sampling().stops().texts().isEmpty()
            && request.sampling().logprobs().isEmpty()
            && request.sampling().length().budget().isEmpty();
    if (!isPlain || !(request.prompt() instanceof Prompt.Chat chat)) {
      return Optional.empty();
    }
    List<Ahead> steps = new ArrayList<>();
    steps.add(new Ahead.Generated(request.type(), request.sampling().length().maxTokens()));
    int end = 1;
    for (Ahead step : request.ahead()) {
      if (step instanceof Ahead.Generated(Type.Grammar _, _)) {
        break;
      }
      steps.add(step);
      end = step instanceof Ahead.Generated ? steps.size() : end;
    }
    boolean isWorth = end > 1 && !(request.type() instanceof Type.Grammar);
    return isWorth
        ? Optional.of(new WholeTurn(chat, List.copyOf(steps.subList(0, end))))
        : Optional.empty();
  }

  private List<Ahead.Generated> blanks() {
    return steps.stream()
        .filter(Ahead.Generated.class::isInstance)
        .map(Ahead.Generated.class::cast)
        .toList();
  }

  private static String name(int blank) {
    return "blank_" + (blank + 1);
  }

  /// What the model is asked.
  String words() {
    StringBuilder form = new StringBuilder(Prompt.text(prompt.open()));
    int blank = 0;
    for (Ahead step : steps) {
      form.append(
          switch (step) {
            case Ahead.Written(var text) -> text;
            case Ahead.Generated _ -> "{{" + name(blank++) + "}}";
          });
    }
    return "Your next message has this form; you choose what stands in its blanks:\n\n"
        + form
        + "\n\nAnswer with the JSON object of the blanks and nothing else.";
  }

  /// The record of all blanks.
  Type.Rec type() {
    List<Type.Field> fields = new ArrayList<>();
    for (Ahead.Generated blank : blanks()) {
      Type type = Types.isFree(blank.type()) ? Type.STRING : blank.type(); // as JSON has it
      fields.add(new Type.Field(name(fields.size()), type, false));
    }
    return new Type.Rec(fields);
  }

  /// Most tokens of the reply, if each value has a limit.
  OptionalInt maxTokens() {
    List<Ahead.Generated> blanks = blanks();
    return blanks.stream().allMatch(blank -> blank.maxTokens().isPresent())
        ? OptionalInt.of(blanks.stream().mapToInt(b -> b.maxTokens().getAsInt() + AROUND).sum())
        : OptionalInt.empty();
  }

  /// The texts of all values in a reply.
  ///
  /// @throws TypeException if they are not all of their types
  List<String> read(JsonNode tree) {
    List<String> values = new ArrayList<>();
    for (Ahead.Generated blank : blanks()) {
      String name = name(values.size());
      if (!tree.has(name)) {
        throw new TypeException("`" + name + "` is missing");
      }
      String value = Values.text(tree.get(name), blank.type());
      Types.read(blank.type(), value);
      values.add(value);
    }
    return values;
  }

  /// A value that the program will request, and the prompt of that request.
  record Later(String prompt, Type type, String value) {}

  /// The requests for the values behind the first.
  List<Later> later(List<String> values) {
    List<Later> later = new ArrayList<>();
    StringBuilder said = new StringBuilder(Warmth.text(prompt)).append(values.getFirst());
    int blank = 1;
    for (Ahead step : steps.subList(1, steps.size())) {
      switch (step) {
        case Ahead.Written(var text) -> said.append(text);
        case Ahead.Generated(var type, _) -> {
          String value = values.get(blank++);
          later.add(new Later(said.toString(), type, value));
          said.append(value);
        }
      }
    }
    return later;
  }
}
