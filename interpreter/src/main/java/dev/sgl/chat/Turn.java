package dev.sgl.chat;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.sgl.check.Options;
import dev.sgl.conversation.GenOption;
import dev.sgl.conversation.Speech;
import dev.sgl.partial.Partial;
import dev.sgl.partial.PartialReader;
import dev.sgl.program.JavaTypes;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import dev.sgl.run.RunException;
import dev.sgl.task.Pending;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/// A message that is being written.
public final class Turn {
  private final Chat chat;
  private final Speech speech;
  private Map<String, Object> meta = Map.of();

  Turn(Chat chat, Speech speech) {
    this.chat = chat;
    this.speech = speech;
  }

  /// Adds text.
  public Turn say(String text) {
    speech.say(text);
    return this;
  }

  /// Shows a picture: a path, a URL, or data.
  ///
  /// @throws dev.sgl.program.TypeException if it is none, or may not be shown
  public Turn image(String source) {
    speech.image(source);
    return this;
  }

  /// Lets the model speak, freely.
  public String gen(GenOption... options) {
    return (String) gen(Type.TEXT, options);
  }

  /// Lets the model write a value of a class.
  ///
  /// @throws RunException if the value cannot be had
  /// @throws IllegalArgumentException if the class is no type of values
  public <T> T gen(Class<T> type, GenOption... options) {
    return JavaTypes.toJava(gen(JavaTypes.of(type), options), type);
  }

  /// Lets the model write a value of a generic type: `new TypeReference<List<Tip>>() {}`.
  public <T> T gen(TypeReference<T> type, GenOption... options) {
    return JavaTypes.toJava(gen(JavaTypes.of(type.getType()), options), type.getType());
  }

  /// Lets the model write a value of `type`.
  ///
  /// @return a value of programs: see [dev.sgl.program.Values]
  public Object gen(Type type, GenOption... options) {
    return take(speech.gen(wanted("gen", type, options), type, _ -> {}));
  }

  /// Lets the model write a value of a class; `onPartial` is called with the value while it
  /// grows, on another thread.
  public <T> T gen(Class<T> type, Consumer<Partial> onPartial, GenOption... options) {
    Type whole = JavaTypes.of(type);
    PartialReader reader = new PartialReader(whole);
    Speech.Said said =
        speech.gen(
            wanted("gen", whole, options), whole, piece -> onPartial.accept(reader.accept(piece)));
    Object value = take(said);
    onPartial.accept(Partial.complete(value));
    return JavaTypes.toJava(value, type);
  }

  /// Lets the model speak `count` times at once, each time as if for the first.
  public List<String> genAll(int count, GenOption... options) {
    return genAll(String.class, Type.TEXT, count, options);
  }

  /// Lets the model write `count` values of a class at once.
  ///
  /// @throws RunException if a value cannot be had
  public <T> List<T> genAll(Class<T> type, int count, GenOption... options) {
    return genAll(type, JavaTypes.of(type), count, options);
  }

  private <T> List<T> genAll(Class<T> type, Type whole, int count, GenOption... options) {
    Map<String, Object> given = given(options);
    given.put("n", (long) count);
    List<?> values = (List<?>) take(speech.gen(wanted("gen", whole, given), whole, _ -> {}));
    return values.stream().map(value -> JavaTypes.<T>toJava(value, type)).toList();
  }

  /// Lets the model think; later messages do not show it.
  public String think(GenOption... options) {
    return (String) take(speech.think(wanted("think", Type.TEXT, options)));
  }

  /// Lets the model score every choice, and says the likeliest.
  ///
  /// @return its position
  public int select(List<String> choices) {
    return select(choices, Step.Method.LIKELIHOOD);
  }

  /// The same, scored in another way.
  public int select(List<String> choices, Step.Method method) {
    List<Integer> places = IntStream.range(0, choices.size()).boxed().toList();
    Object best = take(speech.select(wanted("select", Type.TEXT), choices, method));
    return places.stream().filter(i -> choices.get(i).equals(best)).findFirst().orElseThrow();
  }

  /// Lets the model choose one of the constants of an enum.
  public <E extends Enum<E>> E select(Class<E> type) {
    List<E> constants = List.of(type.getEnumConstants());
    return constants.get(
        select(constants.stream().map(c -> (String) JavaTypes.fromJava(c, type)).toList()));
  }

  /// Facts about the generation of the last value of this message: its number of tokens,
  /// scores, log-probabilities, as `meta` in the language. Empty before the first value.
  public Map<String, Object> meta() {
    return meta;
  }

  private static Map<String, Object> given(GenOption... options) {
    Map<String, Object> given = new LinkedHashMap<>();
    for (GenOption option : options) {
      if (!Options.names().contains(option.name())) {
        throw new IllegalArgumentException("a value has no option `" + option.name() + "`");
      }
      if (given.put(option.name(), option.value()) instanceof Object before) {
        throw new IllegalArgumentException(
            "the option `%s` is given twice: %s and %s"
                .formatted(option.name(), before, option.value()));
      }
    }
    return given;
  }

  private Speech.Wanted wanted(String name, Type type, GenOption... options) {
    Map<String, Object> given = given(options);
    if (given.containsKey("n")) {
      throw new IllegalArgumentException("the option `n` gives a list: call genAll");
    }
    return wanted(name, type, given);
  }

  private Speech.Wanted wanted(String name, Type type, Map<String, Object> given) {
    Span line = Caller.line();
    return new Speech.Wanted(
        name,
        type.show(),
        given,
        List.of(),
        error -> new RunException(error, line, chat.branch(), List.of()));
  }

  @SuppressWarnings("unchecked") // it is a record of the language
  private Object take(Speech.Said said) {
    Object value = Pending.deep(said.value());
    meta = (Map<String, Object>) Pending.deep(said.meta());
    return value;
  }
}
