package dev.sgl.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Backend;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// A constraint does no harm: where the answer that the model gives freely satisfies the type, the
/// constrained answer is the same value.
class NoHarmTest {
  private static final Path HOME = Path.of(System.getProperty("sgl.home", ".."));
  private static final int PAIRS = 500;
  private static final int QUESTIONS = 120;
  private static final int AT_A_TIME = 16;
  private static final List<String> TOPICS =
      List.of(
          "sleep",
          "staying healthy",
          "saving money",
          "cooking",
          "gardening",
          "learning a language",
          "running",
          "cleaning",
          "travelling light",
          "writing",
          "focus at work",
          "stress");

  /// A value that the model says freely, and how it was asked for it.
  private record Said(Prompt prompt, Object value) {}

  @Test
  void whatTheModelSaysFreelyItSaysUnderEveryTypeThatItSatisfies() throws Exception {
    SplittableRandom random = new SplittableRandom(20_261_128);
    try (LocalBackend backend =
            LocalBackend.open(
                HOME.resolve("samples/model/demo"), LocalOptions.DEFAULT, Progress.SILENT);
        ExecutorService callers = Executors.newFixedThreadPool(AT_A_TIME)) {
      List<Callable<Optional<Said>>> questions = new ArrayList<>();
      for (int i = 0; i < QUESTIONS; i++) {
        Prompt prompt = prompt(TOPICS.get(i % TOPICS.size()), 1 + i / TOPICS.size());
        questions.add(() -> say(backend, prompt));
      }
      List<Said> said =
          callers.invokeAll(questions).stream().flatMap(f -> f.resultNow().stream()).toList();
      assertTrue(said.size() > QUESTIONS / 2, "answers that are JSON: " + said.size());
      List<Callable<Boolean>> pairs = new ArrayList<>();
      for (int i = 0; i < PAIRS; i++) {
        Said one = said.get(i % said.size());
        Type type = around(one.value(), random, 0);
        pairs.add(() -> check(backend, one, type));
      }
      for (Future<Boolean> pair : callers.invokeAll(pairs)) {
        assertTrue(pair.get());
      }
    }
  }

  private static Optional<Said> say(Backend backend, Prompt prompt) {
    Reply free = ask(backend, prompt, Type.TEXT);
    return free.finish() == Reply.Finish.END
        ? Types.parse(free.text()).map(value -> new Said(prompt, value))
        : Optional.empty();
  }

  private static boolean check(Backend backend, Said said, Type type) {
    assertEquals(Optional.empty(), Types.mismatch(type, said.value()));
    Reply held = ask(backend, said.prompt(), type);
    assertEquals(Optional.of(said.value()), Types.parse(held.text()), type.show());
    return true;
  }

  private static Prompt prompt(String topic, int number) {
    return new Prompt.Chat(
        List.of(
            message(Role.SYSTEM, "You are a concise coach."),
            message(
                Role.USER, "Give " + (3 + number % 4) + " different tips about " + topic + ".")),
        List.of(new Prompt.Part.Written("Tip " + number + ": ")));
  }

  private static Prompt.Message message(Role role, String text) {
    return new Prompt.Message(role, List.of(new Prompt.Part.Written(text)));
  }

  private static Reply ask(Backend backend, Prompt prompt, Type type) {
    try (Generation generation =
        backend.generate(new Request(prompt, type, Sampling.GREEDY.withMaxTokens(120)))) {
      return generation.reply();
    }
  }

  // --- types that a value satisfies

  /// A random type of which `value` is one.
  private static Type around(Object value, RandomGenerator random, int depth) {
    if (depth > 0 && random.nextInt(6) == 0) {
      Type own = exactly(value, random, depth);
      return new Type.OneOf(
          random.nextBoolean() ? List.of(own, Type.INT) : List.of(Type.BOOL, own));
    }
    return depth > 0 && random.nextInt(10) == 0 ? Type.ANY : exactly(value, random, depth);
  }

  private static Type exactly(Object value, RandomGenerator random, int depth) {
    return switch (value) {
      case Map<?, ?> map -> record(map, random, depth);
      case List<?> list -> {
        Type item = list.isEmpty() ? Type.ANY : new Type.OneOf(items(list, random, depth));
        yield new Type.Array(
            item, random.nextInt(list.size() + 1), list.size() + random.nextInt(3));
      }
      case String text -> string(text, random);
      case Long number -> new Type.Int(number - random.nextInt(50), number + random.nextInt(50));
      case Double _ -> Type.FLOAT;
      case Boolean _ -> Type.BOOL;
      default -> new Type.Literal(value);
    };
  }

  private static List<Type> items(List<?> list, RandomGenerator random, int depth) {
    return list.stream().map(item -> around(item, random, depth + 1)).distinct().toList();
  }

  private static Type record(Map<?, ?> map, RandomGenerator random, int depth) {
    List<Type.Field> fields = new ArrayList<>();
    map.forEach(
        (name, field) -> {
          if (random.nextInt(5) == 0) {
            fields.add(new Type.Field("other" + fields.size(), Type.STRING, true));
          }
          fields.add(
              new Type.Field(
                  name.toString(), around(field, random, depth + 1), random.nextInt(3) == 0));
        });
    return new Type.Rec(fields);
  }

  private static Type string(String text, RandomGenerator random) {
    int length = text.codePointCount(0, text.length());
    return switch (random.nextInt(6)) {
      case 0 -> new Type.Str(0, length);
      case 1 -> new Type.Str(random.nextInt(length + 1), length + random.nextInt(40));
      case 2 -> new Type.OneOf(List.of(new Type.Literal("none"), new Type.Literal(text)));
      case 3 -> new Type.Pattern("[^0-9\"]*|.{0," + (length + random.nextInt(30)) + "}");
      default -> Type.STRING;
    };
  }
}
