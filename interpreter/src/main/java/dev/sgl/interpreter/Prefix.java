package dev.sgl.interpreter;

import dev.sgl.backend.Backend;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Pin;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Scheduling;
import dev.sgl.conversation.Conversation;
import dev.sgl.conversation.Speech;
import dev.sgl.conversation.Transcript;
import dev.sgl.program.Expr;
import dev.sgl.program.Pattern;
import dev.sgl.program.Program;
import dev.sgl.program.Role;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.TypeException;
import dev.sgl.program.Values;
import dev.sgl.run.RunException;
import dev.sgl.run.RunOptions;
import dev.sgl.task.Pending;
import dev.sgl.task.TaskGroup;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/// The beginning of the conversation that all runs of a program share, found without running it:
/// no tool is called, no model is asked and no picture is read.
///
/// Steps are walked in their order. A value that is computed from known values alone is known too,
/// loops and fragments included. The walk ends at the first step that says a value that is not
/// known, or asks the model. A value that is not known is assumed to be computed without an error,
/// and a run in which a `check` outside a `retry` fails is not considered.
public final class Prefix {
  /// Steps after which the walk gives up.
  private static final int MAX_STEPS = 100_000;

  private final Program program;
  private final Backend nobody = new AbsentBackend();
  private final boolean intoCopies; // branches and scratches are walked, too
  private final Outlook outlook;
  private final Conversation conversation;
  private final Speech speech;
  private Optional<Role> speaker = Optional.empty();
  private Optional<Span> end = Optional.empty();
  private int steps;
  private int depth; // of the fragments that are called
  private boolean inRetry;
  private boolean asked; // the walk has ended where the model is asked

  /// The beginning that is known.
  ///
  /// @param prompt none if nothing is said
  /// @param end the step that asks the model or says a value that is not known; none if no step
  ///     does
  public record Known(Optional<Prompt> prompt, Optional<Span> end) {}

  private Prefix(Program program, TaskGroup tasks, boolean intoCopies) {
    this.program = program;
    this.intoCopies = intoCopies;
    this.outlook = new Outlook(program, intoCopies);
    this.conversation = new Conversation("prefix", tasks);
    this.speech = new Speech(nobody, RunOptions.DEFAULT, conversation, tasks);
  }

  /// The beginning of the program's entry.
  ///
  /// @param arguments those that are known, by parameter name; others are not
  public static Known of(Program program, Map<String, Object> arguments) {
    return of(program, arguments, false);
  }

  /// The prompt of the first request, as far as that is known: in the program's own conversation,
  /// or in the first branch of a fork, whose list is assumed to have an element if it is not known.
  public static Known firstPrompt(Program program, Map<String, Object> arguments) {
    return of(program, arguments, true);
  }

  private static Known of(Program program, Map<String, Object> arguments, boolean intoCopies) {
    Routine entry = program.entry().orElseThrow();
    try (TaskGroup tasks = new TaskGroup(false)) {
      Prefix prefix = new Prefix(program, tasks, intoCopies);
      Environment parameters = new Environment();
      for (Routine.Parameter parameter : entry.parameters()) {
        Object given = arguments.get(parameter.name());
        parameters.define(parameter.name(), given == null ? unknown() : given);
      }
      prefix.walk(entry.body(), parameters.inner());
      if (prefix.speaker.isPresent() && prefix.speaker.get() != Role.ASSISTANT) {
        prefix.speech.end(); // as far as it is known
      }
      return new Known(prefix.conversation.transcript().said(), prefix.end);
    }
  }

  /// Arguments with the defaults of those that are left out, as far as they are known.
  public static Map<String, Object> arguments(Program program, Map<String, Object> given) {
    Map<String, Object> all = new LinkedHashMap<>(given);
    try (TaskGroup tasks = new TaskGroup(false)) {
      Prefix prefix = new Prefix(program, tasks, false);
      for (Routine.Parameter parameter : program.entry().orElseThrow().parameters()) {
        if (!given.containsKey(parameter.name())) {
          parameter
              .standard()
              .flatMap(standard -> prefix.value(standard, new Environment()))
              .ifPresent(value -> all.put(parameter.name(), value));
        }
      }
    }
    return all;
  }

  /// Pins the beginning that all `runs` of a program share, until the pin is closed. Arguments that
  /// are the same in all runs belong to it.
  ///
  /// @return a pin of nothing if the backend refuses the prompt: each run then fails by itself
  public static Pin pin(
      Program program, List<Map<String, Object>> runs, Backend backend, Scheduling scheduling) {
    Map<String, Object> common = new LinkedHashMap<>();
    Map<String, Object> defaults = arguments(program, Map.of());
    for (int i = 0; i < runs.size(); i++) {
      Map<String, Object> all = new LinkedHashMap<>(defaults);
      all.putAll(runs.get(i));
      if (i == 0) {
        common.putAll(all);
      }
      common.entrySet().retainAll(all.entrySet());
    }
    try {
      return of(program, common).prompt().map(p -> backend.pin(p, scheduling)).orElse(Pin.NONE);
    } catch (BackendException e) {
      return Pin.NONE;
    }
  }

  /// A value that only a run can compute: reading it is an error.
  private static Pending unknown() {
    Pending unknown = new Pending();
    unknown.fail(new TypeException("not known before the program runs"));
    return unknown;
  }

  /// Walks the steps of the entry, up to the step where each run fails.
  private void walk(List<Step> body, Environment parameters) {
    try {
      steps(body, parameters);
    } catch (TypeException | RunException e) {
      return; // the text before the error is known
    }
  }

  /// How steps ended.
  private enum Ended {
    /// The next step follows.
    NO,
    /// The loop has ended, or its next element is next.
    BREAK,
    CONTINUE,
    /// The routine has returned.
    RETURN,
    /// Nothing more is known.
    STOP
  }

  private Ended steps(List<Step> all, Environment environment) {
    for (Step step : all) {
      Ended ended = ++steps > MAX_STEPS ? Ended.STOP : step(step, environment);
      if (ended != Ended.NO) {
        if (ended == Ended.STOP && end.isEmpty()) {
          end = Optional.of(step.span());
        }
        return ended;
      }
    }
    return Ended.NO;
  }

  private Ended step(Step step, Environment environment) {
    return switch (step) {
      case Step.Say(var text, _) -> say(text, environment);
      case Step.Message(var role, var body, _) -> message(role, body, environment);
      case Step.Gen _, Step.Select _, Step.Think _ -> ask();
      case Step.Image _ -> Ended.STOP;
      case Step.Join(_, _, boolean append, _) -> append ? Ended.STOP : Ended.NO;
      case Step.ForkEach fork -> fork(fork, environment);
      case Step.ForkBranches fork -> fork(fork, environment);
      case Step.Scratch(var body, _) -> scratch(body, environment);
      case Step.Retry(_, var body, _, _) -> retry(body, environment);
      case Step.With(_, var body, _) -> steps(body, environment);
      case Step.Let(var name, _, var value, _) -> {
        environment.define(name, value(value, environment).orElseGet(Prefix::unknown));
        yield Ended.NO;
      }
      case Step.Assign(var name, var value, _) -> {
        environment.assign(name, value(value, environment).orElseGet(Prefix::unknown));
        yield Ended.NO;
      }
      case Step.If condition -> condition(condition, environment);
      case Step.For loop -> loop(loop, environment);
      case Step.While loop -> loop(loop, environment);
      case Step.Match(var subject, var arms, _) -> match(subject, arms, environment);
      case Step.Break _ -> Ended.BREAK;
      case Step.Continue _ -> Ended.CONTINUE;
      case Step.Return _ -> Ended.RETURN;
      case Step.Fail _ -> inRetry ? mayFail() : Ended.RETURN;
      case Step.Check(var condition, _, _) -> check(condition, environment);
      case Step.Log _ -> Ended.NO;
      case Step.Fails _ -> inRetry ? mayFail() : Ended.NO;
      case Step.Do(var call, _) -> call(call, environment);
    };
  }

  private Ended ask() {
    asked = true;
    return Ended.STOP;
  }

  private Ended condition(Step.If step, Environment environment) {
    Optional<Object> truth = value(step.condition(), environment);
    if (truth.isEmpty()) {
      return either(List.of(step.then(), step.otherwise()), environment);
    }
    boolean holds = truth.get().equals(true);
    return steps(holds ? step.then() : step.otherwise(), environment.inner());
  }

  // --- copies of the conversation

  private Ended fork(Step.ForkEach fork, Environment environment) {
    return intoCopies
        ? into(fork, environment)
        : forget(fork.name(), List.of(fork.body()), environment);
  }

  private Ended fork(Step.ForkBranches fork, Environment environment) {
    return intoCopies
        ? into(fork.branches().getFirst().body(), environment.inner())
        : forget(fork.name(), fork.blocks(), environment);
  }

  private Ended scratch(List<Step> body, Environment environment) {
    if (intoCopies) {
      return into(body, environment);
    }
    requireCopySucceeds(body);
    return outlook.leaves(body) ? Ended.STOP : pass(List.of(body), environment);
  }

  private Ended into(Step.ForkEach fork, Environment environment) {
    Optional<Object> list = value(fork.list(), environment);
    if (list.isPresent() && list.get() instanceof List<?> elements && elements.isEmpty()) {
      return forget(fork.name(), List.of(), environment);
    }
    Environment branch = environment.inner();
    Object first =
        list.map(known -> (Object) ((List<?>) known).getFirst()).orElseGet(Prefix::unknown);
    branch.define(fork.variable(), first);
    return into(fork.body(), branch.inner());
  }

  /// Walks a copy of the conversation, with which the walk ends. Unless the copy certainly asks the
  /// model, the first prompt may be another, which begins with all that was said before the copy.
  private Ended into(List<Step> body, Environment environment) {
    Saved before = save();
    steps(body, environment);
    if (!asked && !outlook.asks(body)) {
      restore(before);
    }
    return Ended.STOP;
  }

  // --- attempts

  /// The conversation at a step to which the walk may return.
  private record Saved(Transcript transcript, Optional<Role> speaker) {}

  private Saved save() {
    return new Saved(conversation.transcript(), speaker);
  }

  private void restore(Saved saved) {
    conversation.thenBriefly(transcript -> transcript.become(saved.transcript()));
    speaker = saved.speaker();
  }

  /// Walks the body of a `retry`. If the first attempt may fail, the beginning that all runs share
  /// ends before the attempt.
  private Ended retry(List<Step> body, Environment environment) {
    if (inRetry) {
      return steps(body, environment); // an error ends the outer attempt
    }
    Saved before = save();
    inRetry = true;
    try {
      Ended ended = steps(body, environment);
      if (ended == Ended.STOP && !asked) {
        requireSuccess(body);
      }
      return ended;
    } catch (TypeException | RunException e) {
      restore(before);
      return Ended.STOP;
    } finally {
      inRetry = false;
    }
  }

  private Ended check(Expr condition, Environment environment) {
    boolean holds = !inRetry || value(condition, environment).equals(Optional.of(true));
    return holds ? Ended.NO : mayFail();
  }

  private static Ended mayFail() {
    throw new TypeException("this may fail in a run");
  }

  /// The value of an expression, if nothing but known values is needed for it.
  private Optional<Object> value(Expr expr, Environment environment) {
    Run run = new Run(program, nobody, RunOptions.DEFAULT);
    try (TaskGroup tasks = new TaskGroup(false)) {
      Routine none =
          new Routine(Routine.Kind.FN, "", List.of(), Optional.empty(), List.of(), "", Span.NONE);
      Speech silent =
          new Speech(nobody, RunOptions.DEFAULT, new Conversation("value", tasks), tasks);
      Execution execution = new Execution(run, none, silent, 0, new Order());
      return Optional.of(tasks.during(() -> execution.values(environment).known(expr)));
    } catch (TypeException | RunException | CancellationException e) {
      return Optional.empty();
    }
  }

  private Ended say(Expr text, Environment environment) {
    List<Expr> parts = text instanceof Expr.Text(var several, _) ? several : List.of(text);
    StringBuilder known = new StringBuilder();
    for (Expr part : parts) {
      Optional<Object> value = value(part, environment);
      if (value.isEmpty()) {
        speech.say(known.toString());
        return Ended.STOP;
      }
      known.append(Values.text(value.get()));
    }
    speech.say(known.toString());
    return Ended.NO;
  }

  private Ended message(Role role, List<Step> body, Environment environment) {
    speech.begin(role);
    speaker = Optional.of(role);
    Ended ended = steps(body, environment);
    if (ended != Ended.STOP) {
      speech.end();
      speaker = Optional.empty();
    }
    return ended;
  }

  private Ended match(Expr subject, List<Step.Arm> arms, Environment environment) {
    Optional<Object> value = value(subject, environment);
    if (value.isEmpty()) {
      return either(arms.stream().map(Step.Arm::body).toList(), environment);
    }
    for (Step.Arm arm : arms) {
      for (Pattern pattern : arm.patterns()) {
        if (Execution.fits(pattern, value.get())) {
          return pattern instanceof Pattern.CallOf
              ? either(List.of(arm.body()), environment)
              : steps(arm.body(), environment.inner());
        }
      }
    }
    return Ended.NO;
  }

  private Ended loop(Step.For loop, Environment environment) {
    Optional<Object> list = value(loop.list(), environment);
    if (list.isEmpty() || !(list.get() instanceof List<?> elements)) {
      return repeated(loop.body(), environment);
    }
    for (Object element : elements) {
      Environment inner = environment.inner();
      inner.define(loop.variable(), element);
      Ended ended = steps(loop.body(), inner.inner());
      if (ended == Ended.BREAK) {
        break;
      }
      if (ended == Ended.RETURN || ended == Ended.STOP) {
        return ended;
      }
    }
    return Ended.NO;
  }

  private Ended loop(Step.While loop, Environment environment) {
    while (steps++ < MAX_STEPS) {
      Optional<Object> truth = value(loop.condition(), environment);
      if (truth.isEmpty()) {
        return repeated(loop.body(), environment);
      }
      Ended ended =
          truth.get().equals(true) ? steps(loop.body(), environment.inner()) : Ended.BREAK;
      if (ended == Ended.BREAK) {
        return Ended.NO;
      }
      if (ended == Ended.RETURN || ended == Ended.STOP) {
        return ended;
      }
    }
    return Ended.STOP;
  }

  /// The steps of a fragment are walked; any other routine that is called says nothing here.
  private Ended call(Expr.Call call, Environment environment) {
    Routine routine = program.routines().get(call.name());
    if (routine == null || routine.kind() != Routine.Kind.FRAGMENT) {
      return Ended.NO;
    }
    Environment parameters = new Environment();
    for (int i = 0; i < routine.parameters().size(); i++) {
      Routine.Parameter parameter = routine.parameters().get(i);
      int place = i;
      Optional<Expr> given =
          call.arguments().stream()
              .filter(a -> a.name().equals(Optional.of(parameter.name())))
              .findFirst()
              .or(
                  () ->
                      call.arguments().stream()
                          .skip(place)
                          .findFirst()
                          .filter(a -> a.name().isEmpty()))
              .map(Expr.Argument::value)
              .or(parameter::standard);
      Object value = given.flatMap(e -> value(e, environment)).orElseGet(Prefix::unknown);
      parameters.define(parameter.name(), value);
    }
    if (depth == Run.MAX_DEPTH) {
      return Ended.STOP;
    }
    depth++;
    Ended ended = steps(routine.body(), parameters.inner());
    depth--;
    return ended == Ended.STOP ? Ended.STOP : Ended.NO;
  }

  // --- values that are not known

  private static Environment.Variable unknownVariable() {
    return new Environment.Variable(unknown(), unknown(), Optional.empty());
  }

  /// Passes over the branches of a fork, which are copies of all that is here.
  private Ended forget(String name, List<List<Step>> branches, Environment environment) {
    branches.forEach(this::requireCopySucceeds);
    environment.define(name, unknownVariable());
    return Ended.NO;
  }

  /// One of these blocks runs, or none. If they only compute, the variables that they assign are
  /// not known, and the walk continues.
  private Ended either(List<List<Step>> blocks, Environment environment) {
    blocks.forEach(this::requireSuccess);
    boolean isLast = blocks.stream().anyMatch(b -> outlook.speaks(b) || outlook.leaves(b));
    return isLast ? Ended.STOP : pass(blocks, environment);
  }

  /// The body of a loop runs a number of times that is not known.
  private Ended repeated(List<Step> body, Environment environment) {
    requireSuccess(body);
    boolean isLast = outlook.speaks(body) || outlook.leavesLoop(body);
    return isLast ? Ended.STOP : pass(List.of(body), environment);
  }

  /// @throws TypeException if an attempt may fail in steps that are not walked
  private void requireSuccess(List<Step> steps) {
    if (inRetry && outlook.mayFail(steps)) {
      mayFail();
    }
  }

  /// @throws TypeException if an attempt may fail in a copy of the conversation, whose requests
  ///     come before the next one here
  private void requireCopySucceeds(List<Step> body) {
    if (inRetry && outlook.checks(body)) {
      mayFail();
    }
  }

  /// Passes over blocks that say nothing here: the values that they bind are not known.
  private Ended pass(List<List<Step>> blocks, Environment environment) {
    for (List<Step> block : blocks) {
      requireSuccess(block);
      for (Step step : block) {
        step.bound().ifPresent(name -> environment.assign(name, unknownVariable()));
        pass(step.blocks(), environment);
      }
    }
    return Ended.NO;
  }
}
