package dev.sgl;

import static dev.sgl.conversation.GenOption.temperature;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.sgl.annotation.Range;
import dev.sgl.annotation.Tool;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Pin;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.chat.Chat;
import dev.sgl.chat.Forked;
import dev.sgl.chat.Running;
import dev.sgl.conversation.GenOption;
import dev.sgl.partial.Partial;
import dev.sgl.program.Printer;
import dev.sgl.program.Program;
import dev.sgl.program.Type;
import dev.sgl.program.Values;
import dev.sgl.run.Partials;
import dev.sgl.run.RunException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The three ways into a model from Java.
@Timeout(60)
class SglTest {
  enum Effort {
    LOW,
    HIGH
  }

  record Tip(String title, String why, Effort effort) {}

  private static final String WALK = "{\"title\":\"Walk\",\"why\":\"Air\",\"effort\":\"low\"}";
  private static final String SWIM = "{\"title\":\"Swim\",\"why\":\"Water\",\"effort\":\"high\"}";

  // --- direct style

  @Test
  void aConversationInJavasOwnControlFlow() {
    ScriptedBackend backend = new ScriptedBackend(List.of(WALK, WALK, WALK, "Walk"));
    Tip best =
        Sgl.on(backend)
            .run(
                chat -> {
                  chat.system("You are a concise coach.").user("Give 3 tips about sleep.");
                  List<Tip> drafts =
                      chat.fork(
                              3,
                              branch -> branch.assistant(a -> a.gen(Tip.class, temperature(0.7))))
                          .join();
                  int pick =
                      chat.user("Which is easiest?").assistant(a -> a.select(titles(drafts)));
                  return drafts.get(pick);
                });
    assertEquals(new Tip("Walk", "Air", Effort.LOW), best);
    Prompt.Chat last = (Prompt.Chat) backend.prompts().getLast();
    assertEquals(3, last.messages().size(), "what branches say stays in them");
  }

  private static List<String> titles(List<Tip> tips) {
    return tips.stream().map(Tip::title).toList();
  }

  @Test
  void whatBranchesSaidCanBeAdded() {
    ScriptedBackend backend = new ScriptedBackend(List.of("a", "a", "b"));
    String said =
        Sgl.on(backend)
            .run(
                chat -> {
                  chat.user("Go.");
                  chat.fork(List.of(1, 2), (branch, _) -> branch.assistant(a -> a.gen()))
                      .joinAppend();
                  return chat.user("And?").assistant(a -> a.gen());
                });
    assertEquals("b", said);
    assertEquals(4, ((Prompt.Chat) backend.prompts().getLast()).messages().size());
  }

  @Test
  void whatBranchesSaidCanBeAddedToAnAttempt() {
    ScriptedBackend backend = new ScriptedBackend(List.of("a", "a", "b"));
    Sgl.on(backend)
        .run(
            chat -> {
              chat.user("Go.");
              Forked<String> forked = chat.fork(2, branch -> branch.assistant(a -> a.gen()));
              chat.retry(1, attempt -> forked.joinAppend(attempt));
              return chat.user("And?").assistant(a -> a.gen());
            });
    assertEquals(4, ((Prompt.Chat) backend.prompts().getLast()).messages().size());
  }

  @Test
  void branchesThatNobodyJoinedAreWaitedForAndTheirErrorsRaised() {
    AtomicInteger ended = new AtomicInteger();
    Sgl.on(new ScriptedBackend(List.of("a", "b")))
        .run(
            chat -> {
              chat.user("Go.");
              chat.fork(
                  2,
                  branch -> {
                    branch.assistant(a -> a.gen());
                    return ended.incrementAndGet();
                  });
              return 0;
            });
    assertEquals(2, ended.get());
    RunException error =
        assertThrows(
            RunException.class,
            () ->
                Sgl.on(new ScriptedBackend(List.of()))
                    .run(
                        chat -> {
                          chat.user("Go.");
                          return chat.fork(2, branch -> branch.assistant(a -> a.gen()));
                        }));
    assertTrue(String.valueOf(error.getMessage()).contains("no reply left"), error.toString());
  }

  @Test
  void aConversationBelongsToItsThreadAndEnds() {
    ScriptedBackend backend = new ScriptedBackend(List.of("a", "a"));
    Chat ended = Sgl.on(backend).run(chat -> chat.user("Go."));
    IllegalStateException late =
        assertThrows(IllegalStateException.class, () -> ended.user("More."));
    assertTrue(late.toString().contains("has ended"), late.toString());
    IllegalStateException other =
        assertThrows(
            IllegalStateException.class,
            () ->
                Sgl.on(backend)
                    .run(chat -> chat.user("Go.").fork(2, _ -> chat.user("Mine.")).join()));
    assertTrue(other.toString().contains("belongs to the thread"), other.toString());
  }

  interface Greeter {
    String greet(String name);

    default String hello() {
      return greet("you");
    }

    CompletableFuture<String> later(String name);
  }

  interface Polite {
    String greet(String name);

    default String hello() {
      return greet("you");
    }
  }

  @Test
  void interfacesMayHaveMethodsOfTheirOwn() {
    Loaded loaded =
        Sgl.compile(
            "greet.sgl",
            "program greet(name: string) -> string { return \"Hello {name}\" } program later(name: string) -> string { return name }");
    assertEquals("Hello you", loaded.bind(Polite.class, new ScriptedBackend(List.of())).hello());
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> loaded.bind(Greeter.class, new ScriptedBackend(List.of())));
    assertTrue(
        error.toString().contains("`later`") && error.toString().contains("Running<T>"),
        error.toString());
  }

  @Test
  void severalValuesComeAtOnce() {
    List<Integer> values =
        Sgl.on(new ScriptedBackend(List.of("1", "2", "3")))
            .run(chat -> chat.user("Go.").assistant(a -> a.genAll(Integer.class, 3)));
    assertEquals(Set.of(1, 2, 3), Set.copyOf(values));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Sgl.on(new ScriptedBackend(List.of("1")))
                .run(chat -> chat.user("Go.").assistant(a -> a.gen(GenOption.n(2)))));
  }

  private sealed interface Shape {}

  private record Circle(int radius) implements Shape {}

  private record Square(int side) implements Shape {}

  @Test
  void argumentsAreThoseOfTheProgram() {
    Loaded loaded =
        Sgl.compile(
            "shapes.sgl",
            """
            program p(
              shapes: ({ type: "Circle", radius: int } | { type: "Square", side: int })[],
              circle: { radius: int } = { radius: 1 },
              topic: string = "x"
            ) -> any {
              return shapes + [circle]
            }
            """);
    ScriptedBackend nobody = new ScriptedBackend(List.of());
    Object value =
        loaded.run(
            nobody,
            Map.of("shapes", List.of(new Square(2), new Circle(3)), "circle", new Circle(4)));
    assertEquals(
        "[{\"type\":\"Square\",\"side\":2},{\"type\":\"Circle\",\"radius\":3},{\"radius\":4}]",
        Values.text(value));
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> loaded.run(nobody, Map.of("shapes", List.of(), "topc", "y")));
    assertTrue(
        String.valueOf(error.getMessage()).contains("did you mean `topic`?"), error.toString());
  }

  @Test
  void aRetryBeginsWhereItBegan() {
    ScriptedBackend backend = new ScriptedBackend(List.of("7", "2"));
    int small =
        Sgl.on(backend)
            .run(
                chat ->
                    chat.user("A number?")
                        .retry(
                            3,
                            attempt -> {
                              int n = attempt.assistant(a -> a.gen(Integer.class));
                              attempt.check(n < 5, n + " is large");
                              return n;
                            }));
    assertEquals(2, small);
    assertEquals(
        backend.prompts().get(0), backend.prompts().get(1), "the second attempt knows of no first");
  }

  @Test
  void anErrorNamesTheLine() {
    ScriptedBackend backend = new ScriptedBackend(List.of("seven"));
    int here = new Throwable().getStackTrace()[0].getLineNumber();
    RunException error =
        assertThrows(
            RunException.class,
            () -> Sgl.on(backend).run(chat -> chat.assistant(a -> a.gen(Integer.class))));
    assertEquals("SglTest.java", error.span().file());
    assertEquals(here + 4, error.span().line());
  }

  @Test
  void aScratchIsForgottenAndOptionsAreInherited() {
    ScriptedBackend backend = new ScriptedBackend(List.of("a", "[\"x\",\"y\"]", "high"));
    List<String> items =
        Sgl.on(backend)
            .run(
                chat -> {
                  chat.user("Hi.");
                  String _ = chat.scratch(copy -> copy.assistant(a -> a.gen()));
                  return chat.with(
                      List.of(GenOption.temperature(0)),
                      inner -> inner.assistant(a -> a.gen(new TypeReference<List<String>>() {})));
                });
    assertEquals(List.of("x", "y"), items);
    assertEquals(1, ((Prompt.Chat) backend.prompts().getLast()).messages().size());
    Effort effort = Sgl.on(backend).run(chat -> chat.assistant(a -> a.select(Effort.class)));
    assertEquals(Effort.HIGH, effort);
  }

  @Test
  void aValueIsHeardWhileItGrows() {
    List<Partial> heard = Collections.synchronizedList(new ArrayList<>());
    Tip tip =
        Sgl.on(new ScriptedBackend(List.of(WALK)))
            .run(chat -> chat.assistant(a -> a.gen(Tip.class, heard::add)));
    assertEquals(Effort.LOW, tip.effort());
    assertTrue(heard.getLast().isComplete());
    assertEquals(Optional.of("Walk"), heard.getLast().field("title").text());
  }

  // --- builder

  @Test
  void aProgramThatIsBuiltIsTheOneThatIsWritten() {
    Program built =
        Sgl.program("tips")
            .param("topic", Type.string())
            .user("Give a tip about {topic}.")
            .assistant(a -> a.gen("tip", Type.of(Tip.class)))
            .returns("tip");
    Program written =
        Sgl.compile(
                "tips.sgl",
                """
                type Tip = { title: string, why: string, effort: "low" | "high" }
                program tips(topic: string) {
                  user "Give a tip about {topic}."
                  assistant gen tip: Tip
                  return tip
                }
                """)
            .program();
    assertEquals(Printer.print(written), Printer.print(built));
    Tip tip =
        Sgl.of(built).run(new ScriptedBackend(List.of(SWIM)), Map.of("topic", "sport"), Tip.class);
    assertEquals("Swim", tip.title());
  }

  // --- a file behind an interface

  private static final String COACH =
      """
      type Tip = { title: string, why: string, effort: "low" | "high" }
      program tips(topic: string, n: int<1..8> = 3) -> Tip {
        user "Give a tip about {topic}, {n}."
        assistant gen tip: Tip
        return tip
      }
      program due(from: string) -> schema "{{\\"type\\":\\"string\\",\\"format\\":\\"date\\"}}" {
        assistant gen day: schema "{{\\"type\\":\\"string\\",\\"format\\":\\"date\\"}}"
        return day
      }
      tool weather(place: string, days: int) -> { rain: bool }
      program umbrella(place: string) -> bool { return weather(place, 2).rain }
      program nothing() { log "ran" }
      """;

  interface Coach {
    Tip tips(String topic, int n);

    Running<Tip> tips(String topic, Partials.Heard heard);

    LocalDate due(LocalDate from);

    void nothing();

    default String title(String topic) {
      return tips(topic, 1).title();
    }
  }

  @Test
  void anInterfaceRunsPrograms() {
    ScriptedBackend backend = new ScriptedBackend(List.of(WALK, SWIM, "\"2026-11-24\"", SWIM));
    Coach coach = Sgl.compile("coach.sgl", COACH).bind(Coach.class, backend);
    assertEquals("Walk", coach.title("sport"));
    assertTrue(backend.prompts().getFirst().toString().contains("about sport, 1."));
    assertEquals(Effort.HIGH, coach.tips("sport", 2).effort());
    assertEquals(LocalDate.of(2026, 11, 24), coach.due(LocalDate.of(2026, 11, 23)));
    coach.nothing();
    List<Partial> heard = Collections.synchronizedList(new ArrayList<>());
    try (Running<Tip> running = coach.tips("sport", (_, _, value) -> heard.add(value))) {
      assertEquals("Swim", running.get().title());
    }
    assertTrue(heard.getLast().isComplete());
    assertEquals("Coach of coach.sgl", coach.toString());
  }

  interface Wrong {
    Tip tip(String topic);

    String tips(LocalDate topic, List<String> n);

    Tip due();
  }

  @Test
  void anInterfaceThatDoesNotFitIsRefusedWithAllReasons() {
    Throwable error =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                Sgl.compile("coach.sgl", COACH).bind(Wrong.class, new ScriptedBackend(List.of())));
    String message = String.valueOf(error.getMessage());
    assertTrue(message.contains("no program `tip`; did you mean `tips`?"), message);
    assertTrue(message.contains("the parameter `n` of `tips` is `int<1..8>`"), message);
    assertTrue(message.contains("`tips` returns `{ title: string"), message);
    assertTrue(message.contains("`due` needs the parameter `from`"), message);
  }

  @Test
  void manyRunsKeepWhatTheyBeginWith() {
    List<Prompt> pinned = Collections.synchronizedList(new ArrayList<>());
    List<String> open = Collections.synchronizedList(new ArrayList<>());
    ScriptedBackend backend =
        new ScriptedBackend(List.of("5", "5")) {
          @Override
          public Pin pin(Prompt prompt, Scheduling scheduling) {
            pinned.add(prompt);
            open.add("open");
            return open::clear;
          }
        };
    Loaded rate =
        Sgl.compile(
            "rate.sgl",
            """
            program rate(review: string, scale: string, most: int = 5) -> int<1..5> {
              system "Rate {scale} to {most}."
              user review
              assistant gen stars: int<1..5>
              return stars
            }
            """);
    List<Object> stars =
        rate.runAll(
            backend,
            List.of(
                Map.of("review", "Good", "scale", "from 1"),
                Map.of("review", "Bad", "scale", "from 1")));
    assertEquals(List.of(5L, 5L), stars);
    assertTrue(pinned.getFirst().toString().contains("Rate from 1 to 5."), pinned.toString());
    assertFalse(pinned.getFirst().toString().contains("Good"));
    assertEquals(List.of(), open);
  }

  // --- tools

  record Forecast(boolean rain) {}

  static final class Weather {
    @Tool
    Forecast weather(String place, @Range(min = 1, max = 9) int days) {
      if (place.isEmpty()) {
        throw new IllegalStateException("no place");
      }
      return new Forecast(days == 2);
    }

    @Tool("another")
    void other() {}
  }

  @Test
  void methodsAreTools() {
    Loaded coach = Sgl.compile("coach.sgl", COACH).withTools(new Weather());
    interface Rain {
      boolean umbrella(String place);
    }
    Rain rain = coach.bind(Rain.class, new ScriptedBackend(List.of()));
    assertTrue(rain.umbrella("Oslo"));
    RunException error = assertThrows(RunException.class, () -> rain.umbrella(""));
    assertEquals("the tool `weather` failed: no place", error.getMessage());
  }

  @Test
  void aMethodThatDoesNotFitItsToolIsRefused() {
    class Wrong {
      @Tool
      int weather(String place, String days) {
        return place.length() + days.length();
      }
    }
    Loaded coach = Sgl.compile("coach.sgl", COACH);
    Throwable error =
        assertThrows(IllegalArgumentException.class, () -> coach.withTools(new Wrong()));
    assertTrue(
        String.valueOf(error.getMessage()).contains("the tool `weather` is"), error.toString());
  }

  // --- cancelling

  /// A model that does not end its answer before it is closed.
  private static final class Endless extends ScriptedBackend {
    private final CountDownLatch closed = new CountDownLatch(1);

    Endless() {
      super(List.of("…"));
    }

    @Override
    public Generation generate(Request request) {
      Generation once = super.generate(request);
      return new Generation() {
        @Override
        public Optional<String> next() {
          try {
            closed.await();
            return Optional.empty();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("cancelled");
          }
        }

        @Override
        public Reply reply() {
          return once.reply();
        }

        @Override
        public void close() {
          closed.countDown();
        }
      };
    }
  }

  @Test
  void closingCancels() {
    Endless backend = new Endless();
    Running<String> running = Sgl.on(backend).start(chat -> chat.assistant(a -> a.gen()));
    assertFalse(running.isDone());
    running.close();
    assertThrows(CancellationException.class, running::get);
  }

  @Test
  void mistakesInASourceAreAllShown() {
    CompileException error =
        assertThrows(
            CompileException.class, () -> Sgl.compile("x.sgl", "program p() { return a + b }"));
    assertEquals(2, error.diagnostics().size());
  }
}
