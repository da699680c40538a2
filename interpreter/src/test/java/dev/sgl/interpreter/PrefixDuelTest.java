package dev.sgl.interpreter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Request;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.compiler.Compiler;
import dev.sgl.program.Program;
import dev.sgl.program.Type;
import dev.sgl.run.RunException;
import dev.sgl.run.RunListener;
import dev.sgl.run.RunOptions;
import dev.sgl.testing.Property;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/// The prefix that is found without a run, against runs of the same program: whatever is not
/// known beforehand, the first request of a run begins with the prefix, and is the prefix if all
/// is known.
class PrefixDuelTest {
  private static final int PROGRAMS = Integer.getInteger("programs", 1_000);

  /// A request of a run, and the branch that made it.
  private record Asked(String branch, List<String> messages) {}

  /// Answers everything with `a`, and notes what it is asked. The run is sequential, so that the
  /// branch that is reported last is the one that asks.
  private static final class Model extends ScriptedBackend implements RunListener {
    private final List<Asked> asked = new ArrayList<>();
    private String branch = "";
    private boolean failed;

    Model() {
      super(List.of());
    }

    @Override
    public void asked(String name, String variable, Type type) {
      branch = name;
    }

    @Override
    public Generation generate(Request request) {
      asked.add(new Asked(branch, messages(request.prompt())));
      return new ScriptedBackend(List.of("a")).generate(request);
    }

    /// The first request of a branch like that.
    Optional<List<String>> first(Predicate<String> like) {
      return asked.stream().filter(a -> like.test(a.branch())).findFirst().map(Asked::messages);
    }
  }

  @Test
  void runsBeginWithThePrefix() {
    AtomicInteger compared = new AtomicInteger();
    AtomicInteger complete = new AtomicInteger();
    Property.forAll(
        PROGRAMS,
        (random, size) -> {
          RandomConversations.Case made = RandomConversations.next(random, size);
          Program program = Compiler.compile("random.sgl", made.source()).program().orElse(null);
          if (program == null) {
            return; // such as steps after a `return`
          }
          Model run = run(program, made.arguments());
          if (run.failed && made.source().contains("fork ")) {
            return; // other branches may have asked after the one that failed
          }
          Map<String, Object> some = some(made.arguments(), random);
          String about = some + " of " + made.arguments() + " in\n" + made.source();
          Optional<List<String>> own = run.first(PrefixDuelTest::isOwn);
          Optional<List<String>> first = run.first(branch -> !branch.contains("()"));
          for (Map<String, Object> known : List.of(some, made.arguments())) {
            own.ifPresent(asked -> requireBeginning(Prefix.of(program, known), asked, about));
            first.ifPresent(
                asked -> requireBeginning(Prefix.firstPrompt(program, known), asked, about));
          }
          if (first.isPresent()) {
            compared.incrementAndGet();
          }
          if (first.isPresent() && isKnown(made.source())) {
            complete.incrementAndGet();
            assertEquals(
                first.get(),
                prefix(Prefix.firstPrompt(program, made.arguments())),
                () -> "all is known of " + about);
          }
        });
    if (Long.getLong("property.seed") == null) {
      assertTrue(compared.get() > PROGRAMS / 3, () -> "only " + compared + " programs ask");
      assertTrue(complete.get() > PROGRAMS / 20, () -> "only " + complete + " are known");
    }
  }

  private static Model run(Program program, Map<String, Object> arguments) {
    Model model = new Model();
    RunOptions options =
        RunOptions.DEFAULT
            .withListener(model)
            .withSequential(true)
            .withTools(Map.of("t", given -> "a"));
    try {
      Interpreter.run(program, arguments, model, options);
    } catch (RunException e) { // a `check` or a `fail`
      model.failed = true;
    }
    return model;
  }

  private static Map<String, Object> some(Map<String, Object> all, SplittableRandom random) {
    Map<String, Object> some = new HashMap<>(all);
    some.keySet().removeIf(_ -> random.nextBoolean());
    return some;
  }

  /// Whether a request is one of the program's own conversation, in which attempts are made.
  private static boolean isOwn(String branch) {
    return branch.matches("main(/retry(#\\d+)?)*");
  }

  /// Whether the first prompt can be known exactly: a program of no calls of programs and tools, of
  /// no copies of the conversation, and of no steps that may fail.
  private static boolean isKnown(String source) {
    String main = source.substring(source.indexOf("fragment f"));
    return !main.matches(
        "(?s).*(\\bq\\(|\\bkept\\(|\\bt\\(|\\bfork\\b|\\bscratch\\b|\\bcheck\\b|\\bfail\\b).*");
  }

  private static void requireBeginning(Prefix.Known known, List<String> asked, String about) {
    List<String> prefix = prefix(known);
    int whole = Math.max(0, prefix.size() - 1);
    boolean begins =
        prefix.size() <= asked.size()
            && prefix.subList(0, whole).equals(asked.subList(0, whole))
            && (prefix.isEmpty() || asked.get(whole).startsWith(prefix.getLast()));
    assertTrue(begins, () -> prefix + " is no beginning of " + asked + ": " + about);
  }

  private static List<String> prefix(Prefix.Known known) {
    return known.prompt().map(PrefixDuelTest::messages).orElse(List.of());
  }

  /// The messages with their roles, and the one that the model continues.
  private static List<String> messages(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Raw(var parts) -> List.of("raw " + Prompt.text(parts));
      case Prompt.Chat(var messages, var open, _) -> {
        List<String> all = new ArrayList<>();
        messages.forEach(message -> all.add(message.role().word() + " " + message.text()));
        if (!open.isEmpty()) {
          all.add("assistant " + Prompt.text(open));
        }
        yield all;
      }
    };
  }
}
