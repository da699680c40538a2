package dev.sgl.interpreter;

import dev.sgl.backend.Backend;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.TestCase;
import dev.sgl.program.TestCase.GivenTool;
import dev.sgl.program.Tool;
import dev.sgl.program.TypeException;
import dev.sgl.run.RunException;
import dev.sgl.run.RunOptions;
import dev.sgl.tools.ToolFunction;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The tools of a test, which it gives in the place of the host's tools. A `fail` of an
/// answer is the tool's failure, which the program may handle. Everything else that goes
/// wrong in an answer is a mistake of the test, which the program cannot hide.
final class GivenTools {
  private final Program program;
  private final TestCase test;
  private final Backend backend;
  private final RunOptions options; // of the test
  private final Map<GivenTool, Integer> calls = new HashMap<>(); // guarded by this
  private Optional<RunException> mistake = Optional.empty(); // the first; guarded by this

  GivenTools(Program program, TestCase test, Backend backend, RunOptions options) {
    this.program = program;
    this.test = test;
    this.backend = backend;
    this.options = options;
  }

  /// All tools of the program: those that the test gives, those of the host, and for the others a
  /// function that says that they are missing.
  Map<String, ToolFunction> functions() {
    Map<String, ToolFunction> functions = new LinkedHashMap<>();
    for (Tool tool : program.tools().values()) {
      functions.put(tool.name(), _ -> missing(tool));
    }
    functions.putAll(options.tools());
    for (GivenTool given : test.tools()) {
      functions.put(given.tool(), arguments -> call(given, arguments));
    }
    return functions;
  }

  private Object missing(Tool tool) {
    throw made(
        new RunException(UnboundToolException.inTest(tool), test.span(), test.name(), List.of()));
  }

  /// The mistake of the test that was made first while it ran.
  synchronized Optional<RunException> mistake() {
    return mistake;
  }

  private synchronized RunException made(RunException error) {
    mistake = mistake.or(() -> Optional.of(error));
    return error;
  }

  private synchronized int count(GivenTool given) {
    return calls.merge(given, 1, Integer::sum);
  }

  /// @throws RunException if an answer was given for a call that was not made
  synchronized void requireAllAsked() {
    for (GivenTool given : test.tools()) {
      int asked = calls.getOrDefault(given, 0);
      if (!given.answersAll() && asked < given.answers().size()) {
        throw error(
            given.span(),
            "the test gives `%s` %s, but it was called %s"
                .formatted(given.tool(), count(given.answers().size(), "answer"), times(asked)));
      }
    }
  }

  private Object call(GivenTool given, Map<String, Object> arguments) throws Exception {
    int call = count(given);
    if (!given.answersAll() && call > given.answers().size()) {
      throw made(
          error(
              given.span(),
              "the test gives `%s` %s, but it was called once more, with %s"
                  .formatted(
                      given.tool(),
                      count(given.answers().size(), "answer"),
                      Checks.shown(arguments))));
    }
    return answer(given, given.answers().get(given.answersAll() ? 0 : call - 1), arguments);
  }

  private Object answer(GivenTool given, Routine answer, Map<String, Object> arguments)
      throws Exception {
    Map<String, Object> bound = new HashMap<>();
    for (int i = 0; i < given.bound().size(); i++) {
      Object value = arguments.get(given.bound().get(i));
      if (value != null) {
        bound.put(given.names().get(i), value);
      }
    }
    try {
      Run run = new Run(program, backend, options);
      return run.program(answer, bound, test.name() + "/" + given.tool(), 0);
    } catch (RunException e) {
      if (e.getCause() instanceof FailException) {
        throw new Exception(e.getMessage(), e);
      }
      throw made(e);
    }
  }

  private RunException error(Span span, String message) {
    return new RunException(new TypeException(message), span, test.name(), List.of());
  }

  private static String count(int number, String noun) {
    return number == 0 ? "no " + noun : number + " " + noun + (number == 1 ? "" : "s");
  }

  private static String times(int number) {
    return switch (number) {
      case 0 -> "not";
      case 1 -> "once";
      default -> number + " times";
    };
  }
}
