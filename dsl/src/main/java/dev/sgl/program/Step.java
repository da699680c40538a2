package dev.sgl.program;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// One step of a program: the whole of what a program can do.
///
/// The set is closed. Checker, printer and interpreter each switch over it without a `default`,
/// so a new step does not compile until all three know it.
public sealed interface Step {
  /// The place in the source, or [Span#NONE].
  Span span();

  /// The blocks inside of it, in the order in which they are written.
  default List<List<Step>> blocks() {
    return switch (this) {
      case Message(_, var body, _) -> List.of(body);
      case ForkEach(_, _, _, var body, _) -> List.of(body);
      case ForkBranches(_, var branches, _) -> branches.stream().map(Branch::body).toList();
      case Scratch(var body, _) -> List.of(body);
      case Retry(_, var body, var otherwise, _) -> List.of(body, otherwise.orElse(List.of()));
      case With(_, var body, _) -> List.of(body);
      case If(_, var then, var otherwise, _) -> List.of(then, otherwise);
      case For(_, _, var body, _) -> List.of(body);
      case While(_, var body, _) -> List.of(body);
      case Match(_, var arms, _) -> arms.stream().map(Arm::body).toList();
      case Say _, Gen _, Think _, Select _, Join _, Image _, Let _, Assign _, Break _, Continue _ ->
          List.of();
      case Return _, Log _, Fail _, Check _, Fails _, Do _ -> List.of();
    };
  }

  /// The name of the variable that it binds, or assigns.
  default Optional<String> bound() {
    return switch (this) {
      case Let(var name, _, _, _) -> Optional.of(name);
      case Assign(var name, _, _) -> Optional.of(name);
      case Gen(var name, _, _, _, _) -> Optional.of(name);
      case Select(var name, _, _, _) -> Optional.of(name);
      case Think(var name, _, _) -> Optional.of(name);
      case ForkEach(_, _, var name, _, _) -> Optional.of(name);
      case ForkBranches(var name, _, _) -> Optional.of(name);
      case Say _, Message _, Image _, Join _, Scratch _, Retry _ -> Optional.empty();
      case With _, If _, For _, While _, Match _, Break _ -> Optional.empty();
      case Continue _, Return _, Log _, Fail _, Check _, Fails _, Do _ -> Optional.empty();
    };
  }

  /// The values that are written in it, but for those of its blocks.
  default List<Expr> values() {
    return switch (this) {
      case Say(var text, _) -> List.of(text);
      case Gen(_, _, _, var options, _) -> values(options);
      case Think(_, var options, _) -> values(options);
      case With(var options, _, _) -> values(options);
      case Select(_, var choices, _, _) -> List.of(choices);
      case ForkEach(_, var list, _, _, _) -> List.of(list);
      case Join(_, var first, _, _) -> first.stream().toList();
      case Retry(var times, _, _, _) -> List.of(times);
      case Image(var source, _) -> List.of(source);
      case Let(_, _, var value, _) -> List.of(value);
      case Assign(_, var value, _) -> List.of(value);
      case If(var condition, _, _, _) -> List.of(condition);
      case For(_, var list, _, _) -> List.of(list);
      case While(var condition, _, _) -> List.of(condition);
      case Match(var subject, _, _) -> List.of(subject);
      case Return(var value, _) -> value.stream().toList();
      case Log(var value, _) -> List.of(value);
      case Fail(var message, _) -> List.of(message);
      case Check(var condition, var message, _) ->
          Stream.concat(Stream.of(condition), message.stream()).toList();
      case Fails(var value, var message, _) ->
          Stream.concat(Stream.of(value), message.stream()).toList();
      case Do(var call, _) -> List.of(call);
      case Message _, ForkBranches _, Scratch _, Break _, Continue _ -> List.of();
    };
  }

  private static List<Expr> values(List<Option> options) {
    return options.stream().map(Option::value).toList();
  }

  /// Adds text to the conversation.
  record Say(Expr text, Span span) implements Step {}

  /// A message of `role`, which the steps of `body` write.
  record Message(Role role, List<Step> body, Span span) implements Step {
    public Message {
      body = List.copyOf(body);
    }
  }

  /// Lets the model speak within `type` and binds the value to `name`.
  ///
  /// @param written the type as the program writes it, such as `Tip`: for messages
  record Gen(String name, Type type, String written, List<Option> options, Span span)
      implements Step {
    public Gen {
      options = List.copyOf(options);
    }

    /// A type that has no name.
    public Gen(String name, Type type, List<Option> options, Span span) {
      this(name, type, type.show(), options, span);
    }
  }

  /// Lets the model think before it speaks and binds the thought to `name`. Later messages do
  /// not show it.
  record Think(String name, List<Option> options, Span span) implements Step {
    public Think {
      options = List.copyOf(options);
    }
  }

  /// An option of what the model says.
  record Option(String name, Expr value, Span span) {}

  /// Lets the model score every choice, says the best and binds it to `name`.
  record Select(String name, Expr choices, Method method, Span span) implements Step {}

  /// How a [Select] scores a choice.
  enum Method {
    /// Mean log-probability of the choice's tokens.
    LIKELIHOOD,
    /// Token by token, the likeliest that some choice still has.
    GREEDY,
    /// Likelihood less the likelihood of the choice without the prompt.
    UNCONDITIONAL
  }

  /// One branch for each element of `list`, in parallel, each a copy of the conversation.
  record ForkEach(String variable, Expr list, String name, List<Step> body, Span span)
      implements Step {
    public ForkEach {
      body = List.copyOf(body);
    }
  }

  /// Branches written one by one.
  record ForkBranches(String name, List<Branch> branches, Span span) implements Step {
    public ForkBranches {
      branches = List.copyOf(branches);
    }
  }

  /// A named branch of a [ForkBranches].
  record Branch(String name, List<Step> body, Span span) {
    public Branch {
      body = List.copyOf(body);
    }
  }

  /// Waits for the branches of the fork `name`: all, or only as many as `first` says, and then
  /// the others are cancelled.
  ///
  /// @param append whether what the branches said is added to the conversation, in their order
  record Join(String name, Optional<Expr> first, boolean append, Span span) implements Step {}

  /// Continues in a copy of the conversation, which is dropped at the end.
  record Scratch(List<Step> body, Span span) implements Step {
    public Scratch {
      body = List.copyOf(body);
    }
  }

  /// Runs `body` up to `times` times, each time from the same conversation, until it does not fail;
  /// then `otherwise`, or the error.
  record Retry(Expr times, List<Step> body, Optional<List<Step>> otherwise, Span span)
      implements Step {
    public Retry {
      body = List.copyOf(body);
      otherwise = otherwise.map(List::copyOf);
    }
  }

  /// Options for all that is generated in `body`, where it has none of its own.
  record With(List<Option> options, List<Step> body, Span span) implements Step {
    public With {
      options = List.copyOf(options);
      body = List.copyOf(body);
    }
  }

  /// Shows a picture in a user's message: a path, a URL, or data.
  record Image(Expr source, Span span) implements Step {}

  /// Binds a new variable, whose value must be of `type`.
  record Let(String name, Type type, Expr value, Span span) implements Step {}

  /// Gives a variable another value.
  record Assign(String name, Expr value, Span span) implements Step {}

  /// Runs one of two blocks.
  record If(Expr condition, List<Step> then, List<Step> otherwise, Span span) implements Step {
    public If {
      then = List.copyOf(then);
      otherwise = List.copyOf(otherwise);
    }
  }

  /// Runs `body` for each element, one after the other.
  record For(String variable, Expr list, List<Step> body, Span span) implements Step {
    public For {
      body = List.copyOf(body);
    }
  }

  /// Runs `body` as long as `condition` holds.
  record While(Expr condition, List<Step> body, Span span) implements Step {
    public While {
      body = List.copyOf(body);
    }
  }

  /// Runs the first arm that fits the value.
  record Match(Expr subject, List<Arm> arms, Span span) implements Step {
    public Match {
      arms = List.copyOf(arms);
    }
  }

  /// An arm of a [Match], which fits what one of its patterns fits.
  record Arm(List<Pattern> patterns, List<Step> body, Span span) {
    public Arm {
      patterns = List.copyOf(patterns);
      body = List.copyOf(body);
    }
  }

  /// Ends the loop.
  record Break(Span span) implements Step {}

  /// Continues with the loop's next element.
  record Continue(Span span) implements Step {}

  /// Ends the routine with a value.
  record Return(Optional<Expr> value, Span span) implements Step {}

  /// Writes a line to the log.
  record Log(Expr value, Span span) implements Step {}

  /// Ends the program with an error.
  record Fail(Expr message, Span span) implements Step {}

  /// Fails unless `condition` holds: the `retry` around it, or else the program.
  record Check(Expr condition, Optional<Expr> message, Span span) implements Step {}

  /// Fails unless finding `value` does, with an error whose message holds the text `message`: in
  /// tests.
  record Fails(Expr value, Optional<Expr> message, Span span) implements Step {}

  /// Calls a routine for its effects.
  record Do(Expr.Call call, Span span) implements Step {}
}
