package dev.sgl.builder;

import dev.sgl.compiler.Pieces;
import dev.sgl.conversation.GenOption;
import dev.sgl.program.Expr;
import dev.sgl.program.Role;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/// Statements, one after the other, each by the name that it has in the language.
///
/// Texts are as they would stand in quotes, with values in braces: `"Tip {i}: "`. Conditions, lists
/// and other values are expressions of the language: `"tips.len > 3"`.
///
/// @param <B> what each method returns: this very block
public abstract class Block<B extends Block<B>> {
  private final List<Step> steps = new ArrayList<>();

  Block() {}

  /// This block.
  abstract B self();

  final List<Step> steps() {
    return List.copyOf(steps);
  }

  final B add(Step step) {
    steps.add(step);
    return self();
  }

  static List<Step> inner(Consumer<Steps> block) {
    Steps inner = new Steps();
    block.accept(inner);
    return inner.steps();
  }

  // --- what is said

  /// Adds text to the conversation.
  public B say(String text) {
    return add(new Step.Say(Pieces.text(text), Span.NONE));
  }

  /// A message of the system.
  public B system(String text) {
    return system(message -> message.say(text));
  }

  /// Adds a message of the system with the steps that `message` writes.
  public B system(Consumer<Steps> message) {
    return add(new Step.Message(Role.SYSTEM, inner(message), Span.NONE));
  }

  /// A message of the user.
  public B user(String text) {
    return user(message -> message.say(text));
  }

  /// Adds a message of the user with the steps that `message` writes.
  public B user(Consumer<Steps> message) {
    return add(new Step.Message(Role.USER, inner(message), Span.NONE));
  }

  /// A message of the assistant.
  public B assistant(String text) {
    return assistant(message -> message.say(text));
  }

  /// Adds a message of the assistant with the steps that `message` writes.
  public B assistant(Consumer<Steps> message) {
    return add(new Step.Message(Role.ASSISTANT, inner(message), Span.NONE));
  }

  /// Shows a picture: a path, a URL, or data.
  public B image(String expression) {
    return add(new Step.Image(Pieces.expression(expression), Span.NONE));
  }

  /// Lets the model speak, freely.
  public B gen(String name, GenOption... options) {
    return gen(name, Type.TEXT, options);
  }

  /// Lets the model speak within `type`.
  public B gen(String name, Type type, GenOption... options) {
    return add(new Step.Gen(name, type, options(options), Span.NONE));
  }

  /// Lets the model write a value of a Java class.
  public B gen(String name, Class<?> type, GenOption... options) {
    return gen(name, Type.of(type), options);
  }

  /// Lets the model think before it speaks.
  public B think(String name, GenOption... options) {
    return add(new Step.Think(name, options(options), Span.NONE));
  }

  /// Lets the model score every choice and takes the likeliest.
  public B select(String name, String choices) {
    return select(name, choices, Step.Method.LIKELIHOOD);
  }

  /// Lets the model choose an element of the list `choices`, scored by `method`, and binds it
  /// to `name`.
  public B select(String name, String choices, Step.Method method) {
    return add(new Step.Select(name, Pieces.expression(choices), method, Span.NONE));
  }

  /// Default options for all that is generated in `block`.
  public B with(List<GenOption> options, Consumer<Steps> block) {
    return add(new Step.With(options(options.toArray(GenOption[]::new)), inner(block), Span.NONE));
  }

  /// An option whose value is an expression of the program.
  public static GenOption option(String name, String expression) {
    return new GenOption(name, Pieces.expression(expression));
  }

  private static List<Step.Option> options(GenOption... options) {
    return Arrays.stream(options)
        .map(o -> new Step.Option(o.name(), Constants.of(o.value()), Span.NONE))
        .toList();
  }

  // --- copies of the conversation

  /// One branch for each element of a list, in parallel.
  public B fork(String variable, String list, String name, Consumer<Steps> branch) {
    return add(
        new Step.ForkEach(variable, Pieces.expression(list), name, inner(branch), Span.NONE));
  }

  /// Branches written one by one.
  public B fork(String name, Consumer<Branches> branches) {
    Branches all = new Branches();
    branches.accept(all);
    return add(new Step.ForkBranches(name, all.branches(), Span.NONE));
  }

  /// Waits for all branches of a fork.
  public B join(String fork) {
    return add(new Step.Join(fork, Optional.empty(), false, Span.NONE));
  }

  /// Waits for all branches of a fork, and adds their messages to the conversation.
  public B joinAppend(String fork) {
    return add(new Step.Join(fork, Optional.empty(), true, Span.NONE));
  }

  /// Waits for the first `count` branches of a fork, and cancels the others.
  public B joinFirst(String fork, String count) {
    return add(new Step.Join(fork, Optional.of(Pieces.expression(count)), false, Span.NONE));
  }

  /// The same, and adds the messages of these branches to the conversation.
  public B joinFirstAppend(String fork, String count) {
    return add(new Step.Join(fork, Optional.of(Pieces.expression(count)), true, Span.NONE));
  }

  /// Runs `block` in a copy of the conversation, which is dropped at the end.
  public B scratch(Consumer<Steps> block) {
    return add(new Step.Scratch(inner(block), Span.NONE));
  }

  /// Runs `block` again if it fails, up to `times` times in all.
  public B retry(String times, Consumer<Steps> block) {
    return add(new Step.Retry(Pieces.expression(times), inner(block), Optional.empty(), Span.NONE));
  }

  /// The same; if it never goes well, `otherwise`.
  public B retry(String times, Consumer<Steps> block, Consumer<Steps> otherwise) {
    return add(
        new Step.Retry(
            Pieces.expression(times), inner(block), Optional.of(inner(otherwise)), Span.NONE));
  }

  // --- variables and control flow

  /// Binds a new variable.
  public B let(String name, String expression) {
    return let(name, Type.ANY, expression);
  }

  /// Binds `name` to a value, which must be of `type`.
  public B let(String name, Type type, String expression) {
    return add(new Step.Let(name, type, Pieces.expression(expression), Span.NONE));
  }

  /// Gives a variable another value.
  public B assign(String name, String expression) {
    return add(new Step.Assign(name, Pieces.expression(expression), Span.NONE));
  }

  /// `if`.
  public B when(String condition, Consumer<Steps> then) {
    return when(condition, then, _ -> {});
  }

  /// `if … else`.
  public B when(String condition, Consumer<Steps> then, Consumer<Steps> otherwise) {
    return add(new Step.If(Pieces.expression(condition), inner(then), inner(otherwise), Span.NONE));
  }

  /// `for`: one element after the other.
  public B forEach(String variable, String list, Consumer<Steps> block) {
    return add(new Step.For(variable, Pieces.expression(list), inner(block), Span.NONE));
  }

  /// `while`.
  public B loop(String condition, Consumer<Steps> block) {
    return add(new Step.While(Pieces.expression(condition), inner(block), Span.NONE));
  }

  /// Runs the first arm of `arms` that the value of `expression` fits.
  public B match(String expression, Consumer<Arms> arms) {
    Arms all = new Arms();
    arms.accept(all);
    return add(new Step.Match(Pieces.expression(expression), all.arms(), Span.NONE));
  }

  /// Ends the loop.
  public B breakLoop() {
    return add(new Step.Break(Span.NONE));
  }

  /// Continues with the next element of the loop.
  public B continueLoop() {
    return add(new Step.Continue(Span.NONE));
  }

  /// Ends the program with a value.
  public B giveBack(String expression) {
    return add(new Step.Return(Optional.of(Pieces.expression(expression)), Span.NONE));
  }

  /// Ends the program without a value.
  public B giveBack() {
    return add(new Step.Return(Optional.empty(), Span.NONE));
  }

  /// Writes a line to the log.
  public B log(String expression) {
    return add(new Step.Log(Pieces.expression(expression), Span.NONE));
  }

  /// Ends the program with an error.
  public B fail(String expression) {
    return add(new Step.Fail(Pieces.expression(expression), Span.NONE));
  }

  /// Fails the `retry` around it, or the program, unless the condition holds.
  public B check(String condition) {
    return add(new Step.Check(Pieces.expression(condition), Optional.empty(), Span.NONE));
  }

  /// Fails with `message` unless `condition` holds.
  public B check(String condition, String message) {
    return add(
        new Step.Check(
            Pieces.expression(condition), Optional.of(Pieces.expression(message)), Span.NONE));
  }

  /// Calls a routine, such as a fragment, without reading its value.
  public B call(String call) {
    if (Pieces.expression(call) instanceof Expr.Call expr) {
      return add(new Step.Do(expr, Span.NONE));
    }
    throw new IllegalArgumentException(
        String.format(Locale.ROOT, "`%s` is no call; it would be written f(x)", call));
  }
}
