package dev.sgl.diagnostic;

import dev.sgl.program.Functions;
import dev.sgl.program.Span;
import dev.sgl.program.Type;
import java.util.Collection;
import java.util.Optional;
import java.util.TreeSet;

/// A mistake in a source text: its code, one sentence, the place, a few words under the
/// carets and, where possible, a text to type instead.
///
/// Each diagnostic is made by a factory here. Its code is the name of the factory, the stem
/// of the golden file and the heading in the language reference.
///
/// @param isWarning whether the program runs all the same
public record Diagnostic(
    String code,
    String message,
    Span span,
    String label,
    Optional<String> help,
    boolean isWarning) {

  /// A mistake that keeps the program from running.
  public Diagnostic(String code, String message, Span span, String label, Optional<String> help) {
    this(code, message, span, label, help, false);
  }

  private Diagnostic(String code, String message, Span span, String label) {
    this(code, message, span, label, Optional.empty());
  }

  private Diagnostic help(String text) {
    return help(Optional.of(text));
  }

  private Diagnostic help(Optional<String> text) {
    return new Diagnostic(code, message, span, label, text, isWarning);
  }

  private Diagnostic warning() {
    return new Diagnostic(code, message, span, label, help, true);
  }

  private static Optional<String> didYouMean(Optional<String> name) {
    return name.map(n -> "did you mean `" + n + "`?");
  }

  /// Source text that the grammar does not allow.
  public static Diagnostic syntax(String message, Span span, String label) {
    return syntax(message, span, label, Optional.empty());
  }

  /// Source text that the grammar does not allow.
  ///
  /// @param help what to type instead
  public static Diagnostic syntax(String message, Span span, String label, Optional<String> help) {
    return new Diagnostic("syntax", message, span, label).help(help);
  }

  /// A name that is not defined.
  ///
  /// @param near a defined name that is spelled like it
  public static Diagnostic unknownName(String name, Span span, Optional<String> near) {
    return new Diagnostic(
            "unknown-name", "`" + name + "` is not defined.", span, "not defined here")
        .help(Nearest.statement(name).or(() -> didYouMean(near)));
  }

  /// A name that is not defined.
  ///
  /// @param help what to do
  public static Diagnostic unknownName(String name, Span span, String help) {
    return unknownName(name, span, Optional.empty()).help(help);
  }

  /// A call of a program, function or fragment that is not defined.
  ///
  /// @param near a defined name that is spelled like it
  public static Diagnostic unknownFunction(String name, Span span, Optional<String> near) {
    return new Diagnostic(
            "unknown-function",
            "There is no program, function or fragment `" + name + "`.",
            span,
            "not defined")
        .help(Nearest.function(name).or(() -> didYouMean(near)));
  }

  /// A name of a type that is not defined.
  ///
  /// @param near a defined type that is spelled like it
  public static Diagnostic unknownType(String name, Span span, Optional<String> near) {
    return new Diagnostic("unknown-type", "There is no type `" + name + "`.", span, "not a type")
        .help(didYouMean(near));
  }

  /// A field that values of a type do not have.
  ///
  /// @param of the type, in words
  /// @param near a field that is spelled like it
  public static Diagnostic unknownField(String name, String of, Span span, Optional<String> near) {
    return new Diagnostic(
            "unknown-field",
            "There is no field `" + name + "` in " + of + ".",
            span,
            "no such field")
        .help(
            Functions.signature(name).isPresent()
                ? Optional.of("to call the function, write `." + name + "(…)`")
                : didYouMean(near));
  }

  /// A field that one of several types does not have.
  ///
  /// @param of the one that has none
  public static Diagnostic unknownField(String name, Type of, Span span) {
    return unknownField(name, "`" + of.show() + "`, which this may be", span, Optional.empty())
        .help("narrow it with `match`, or with `!= none`");
  }

  /// A field of the items of a list, asked of the list.
  public static Diagnostic unknownField(String name, String list, Span span) {
    return unknownField(name, "`" + list + "`", span, Optional.empty())
        .help("each item has one: `[x.%s for x in …]`".formatted(name));
  }

  /// The name of a function where only a field can be meant.
  public static Diagnostic uncalledFunction(String name, Span span) {
    return new Diagnostic(
            "uncalled-function",
            "`.%1$s` is the field of that name, and no call of `%1$s`.".formatted(name),
            span,
            "a field")
        .help(
            "to call the function, write `.%1$s()`; to read the field, `[\"%1$s\"]`"
                .formatted(name))
        .warning();
  }

  /// An option that a step does not have.
  ///
  /// @param step the word that begins the step
  /// @param known the options that the step has
  public static Diagnostic unknownOption(
      String step, String name, Span span, Collection<String> known) {
    Optional<String> near = Nearest.to(name, known);
    return new Diagnostic(
            "unknown-option", "`" + step + "` has no option `" + name + "`.", span, "not an option")
        .help(
            Nearest.option(name)
                .or(() -> didYouMean(near))
                .or(() -> Optional.of("options are " + String.join(", ", new TreeSet<>(known)))));
  }

  /// A `select` by a method of scoring that does not exist.
  public static Diagnostic unknownMethod(String name, Span span) {
    return new Diagnostic(
            "unknown-method", "`select` cannot score by `" + name + "`.", span, "not a method")
        .help("use `likelihood`, `greedy` or `unconditional`");
  }

  /// An option whose value is out of its range.
  ///
  /// @param range the allowed values, in words
  public static Diagnostic optionRange(String name, String range, Span span) {
    return new Diagnostic(
        "option-range", "The option `" + name + "` must be " + range + ".", span, "out of range");
  }

  /// A name that is defined a second time in its scope.
  public static Diagnostic duplicateName(String name, Span span) {
    return new Diagnostic(
            "duplicate-name", "`" + name + "` is already defined.", span, "defined a second time")
        .help("choose another name");
  }

  /// A value of a type that is not allowed in its place.
  ///
  /// @param why the reason, in words
  public static Diagnostic wrongType(String expected, Type found, Span span, Optional<String> why) {
    Diagnostic diagnostic = wrongType(expected, found, span);
    return why.isPresent() ? diagnostic.help(why) : diagnostic;
  }

  /// A value of a type that is not allowed in its place.
  ///
  /// @param expected the allowed values, in words
  public static Diagnostic wrongType(String expected, Type found, Span span) {
    return new Diagnostic(
            "wrong-type",
            "This must be " + expected + ", but it is `" + found.show() + "`.",
            span,
            "`" + found.show() + "`")
        .help(
            found instanceof Type.OneOf
                ? Optional.of("narrow it with `match`, or with `!= none`")
                : Optional.empty());
  }

  /// Arguments that do not fit the parameters.
  public static Diagnostic wrongArguments(String message, Span span) {
    return new Diagnostic("wrong-arguments", message, span, "wrong arguments");
  }

  /// A call with too few or too many arguments.
  ///
  /// @param given the number of arguments of the call
  public static Diagnostic wrongArguments(
      String name, Functions.Signature signature, int given, Span span) {
    String count =
        signature.least() == signature.most()
            ? "" + signature.least()
            : signature.least() + " to " + signature.most();
    return wrongArguments("`" + name + "` takes " + count + " arguments, not " + given + ".", span);
  }

  /// A type that has no values.
  public static Diagnostic emptyType(String why, Span span) {
    return new Diagnostic(
        "empty-type", "No value has this type: " + why + ".", span, "nothing fits");
  }

  /// A regular expression that cannot be used as a type.
  public static Diagnostic badPattern(String why, Span span) {
    String reason = why.replaceFirst("^bad pattern: ", "").replaceFirst(" of `.*", "");
    return new Diagnostic(
        "bad-pattern", "This pattern cannot be used: " + reason + ".", span, "cannot be used");
  }

  /// A `return` in a branch of a fork.
  public static Diagnostic returnInBranch(Span span) {
    return new Diagnostic(
            "return-in-branch",
            "A branch of a fork cannot return from its program.",
            span,
            "inside a branch")
        .help("bind a variable in the branch, and return after the `join`");
  }

  /// The type `text` in a record or a list, where its end cannot be recognized.
  public static Diagnostic freeText(Span span) {
    return new Diagnostic(
            "free-text", "`text` has no end inside a record or a list.", span, "free text")
        .help("write `string`, or `string<..80>` for at most 80 characters");
  }

  /// A type that is too large once the types that it names are written out.
  public static Diagnostic largeType(Span span) {
    return new Diagnostic(
            "large-type",
            "This type is too large when its names are written out.",
            span,
            "too large")
        .help("types that name each other in many ways grow; let one of them be `json`");
  }

  /// A schema or a grammar to which generated text cannot be constrained.
  public static Diagnostic badConstraint(String why, Span span) {
    return new Diagnostic(
        "bad-constraint", "The model cannot be held to this: " + why + ".", span, "cannot be used");
  }

  /// Warns of a record type that is written like a JSON Schema.
  public static Diagnostic jsonSchema(Span span) {
    return new Diagnostic(
            "json-schema",
            "This is a record with these very fields, though it looks like a JSON Schema.",
            span,
            "its fields are `type` and so on")
        .help("write the schema into a file: `schema \"file.json\"`; or a type: `{ name: string }`")
        .warning();
  }

  /// Warns of a text with the name of a variable in two braces.
  public static Diagnostic literalBraces(String name, Span span) {
    return new Diagnostic(
            "literal-braces",
            "This text holds `{" + name + "}` as it is, and not the value of `" + name + "`.",
            span,
            "two braces are one that is text")
        .help("to say the value, write `{" + name + "}`")
        .warning();
  }

  /// A file that a program names and that cannot be read.
  public static Diagnostic unreadableFile(String why, Span span) {
    return new Diagnostic("unreadable-file", sentence(why), span, "cannot be read");
  }

  /// A tool that is not declared.
  ///
  /// @param near a declared tool that is spelled like it
  public static Diagnostic unknownTool(String name, Span span, Optional<String> near) {
    return new Diagnostic("unknown-tool", "There is no tool `" + name + "`.", span, "not a tool")
        .help(
            near.isPresent()
                ? didYouMean(near)
                : Optional.of("declare it: `tool " + name + "(…)`"));
  }

  /// A backslash in a text before a character that is no escape.
  public static Diagnostic unknownEscape(String escape, Span span) {
    return new Diagnostic(
            "unknown-escape", "`" + escape + "` stands for nothing.", span, "not an escape")
        .help("a backslash itself is written `\\\\`");
  }

  private static String sentence(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
  }

  /// @param help what to do
  public static Diagnostic unusedValue(Span span, Optional<String> help) {
    return new Diagnostic("unused-value", "This value is not used.", span, "does nothing")
        .help(help.orElse("to say it, write `\"{…}\"`; to keep it, write `let name = …`"));
  }

  /// A word alone, which may be meant to begin a statement.
  ///
  /// @param near a word of the language that is like it
  public static Diagnostic unusedValue(String word, Span span, Optional<String> near) {
    return unusedValue(span, Nearest.statement(word).or(() -> didYouMean(near)));
  }

  /// A variable that is read although its block has ended, so that it may have no value.
  public static Diagnostic maybeUnbound(String name, Span span) {
    return new Diagnostic(
            "maybe-unbound",
            "`" + name + "` is not bound on every way to here.",
            span,
            "bound in a block that has ended")
        .help("bind it before the block: `let " + name + " = none`");
  }

  /// A routine with a result that may end without `return`.
  public static Diagnostic missingReturn(String name, Span span) {
    return new Diagnostic(
            "missing-return",
            "`" + name + "` may end without returning its value.",
            span,
            "not every way ends in `return`")
        .help("end it with `return …`, or with `fail \"…\"`");
  }

  /// @param end of all ways to the statement
  public static Diagnostic unreachable(Span span, Span end) {
    return new Diagnostic("unreachable", "This is never reached.", span, "after the end")
        .help(
            span.line() == end.line()
                ? Optional.of("write it on a line before, and then what it gives: `return x`")
                : Optional.empty())
        .warning();
  }

  /// Warns of a fork whose variables are never read.
  public static Diagnostic unreadFork(String name, Span span) {
    return new Diagnostic(
            "unread-fork",
            "What the branches of `" + name + "` bind is never read.",
            span,
            "its values are lost")
        .help("read them: `[b.x for b in " + name + "]`")
        .warning();
  }

  /// Warns of constant text after a value that changes from run to run.
  ///
  /// @param changing the place of the value
  public static Diagnostic lateConstant(Span changing, Span span) {
    return new Diagnostic(
            "late-constant",
            "This text is the same in every run, but it stands behind a value that changes (line "
                + changing.line()
                + ").",
            span,
            "not shared between runs")
        .help("say it before the value: then all runs share it, and only the first computes it")
        .warning();
  }

  /// An option that is given a second time.
  public static Diagnostic optionTwice(String name, Span span) {
    return new Diagnostic(
        "option-twice", "The option `" + name + "` is given twice.", span, "given again");
  }

  /// A `meta` of a variable that was not generated.
  public static Diagnostic notGenerated(String name, Span span) {
    return new Diagnostic(
            "not-generated",
            "`" + name + "` was not generated, so there is no `meta` of it.",
            span,
            "not generated")
        .help("`meta` takes the name of a `gen`, `select` or `think`");
  }

  /// A step that only a `user` message may have.
  public static Diagnostic notAUser(String what, Span span) {
    return new Diagnostic(
            "not-a-user", "Only a user can show " + what + ".", span, "not the user's message")
        .help("move it into a `user` message");
  }

  /// A `break` or `continue` outside a loop.
  public static Diagnostic outsideLoop(String word, Span span) {
    return new Diagnostic(
        "outside-loop", "`" + word + "` stands outside a loop.", span, "no loop here");
  }

  /// @param what stands there
  public static Diagnostic outsideTest(String what, Span span) {
    return new Diagnostic("outside-test", what + " stands outside a test.", span, "not in a `test`")
        .help("a program handles a failure with `retry 1 { … } else { … }`");
  }

  /// A tool that a test gives a second time.
  public static Diagnostic givenTwice(String tool, Span span) {
    return new Diagnostic(
            "given-twice", "The tool `" + tool + "` is given twice.", span, "given again")
        .help(
            "to answer one call after the other, write `given tool " + tool + " [first, second]`");
  }

  /// A message inside a message.
  public static Diagnostic nestedMessage(Span span) {
    return new Diagnostic(
            "nested-message", "A message cannot stand inside a message.", span, "inside a message")
        .help("close the outer message first");
  }

  /// A step outside a message in a program that has messages.
  ///
  /// @param what the step, in words
  public static Diagnostic outsideMessage(String what, Span span) {
    return new Diagnostic(
            "outside-message",
            what + " must stand in a message, because this program speaks in messages.",
            span,
            "in no message")
        .help(
            what.equals("Text")
                ? "put it after `user` or `assistant`"
                : "put it after `assistant`: `assistant " + what.replace("`", "") + " …`");
  }

  /// A step that only an `assistant` message may have.
  ///
  /// @param what the word that begins the step
  public static Diagnostic notAssistant(String what, Span span) {
    return new Diagnostic(
            "not-assistant",
            "Only the assistant can `" + what + "`.",
            span,
            "not the assistant's message")
        .help("move it into an `assistant` message");
  }

  /// A step that needs a conversation, in a `fn`.
  ///
  /// @param what the step does, in words
  public static Diagnostic noConversation(String what, Span span) {
    return new Diagnostic(
            "no-conversation",
            "A `fn` has no conversation, so it cannot " + what + ".",
            span,
            "nothing to speak in")
        .help("make it a `fragment`, or a `program`");
  }

  /// A `join` in a branch of a fork that was begun outside of the branch.
  public static Diagnostic foreignFork(String name, Span span) {
    return new Diagnostic(
            "foreign-fork",
            "A branch cannot join `" + name + "`, which was forked outside of it.",
            span,
            "forked outside of this branch")
        .help("read the values of its branches, which waits for them, or join it before");
  }

  /// A `join` of a variable that is no fork.
  public static Diagnostic notAFork(String name, Span span) {
    return new Diagnostic("not-a-fork", "`" + name + "` is not a fork.", span, "not a fork")
        .help("`join` takes the name after `as` of a `fork`");
  }

  /// A `select` from a list that is written empty.
  public static Diagnostic emptySelect(Span span) {
    return new Diagnostic(
        "empty-select", "`select` has nothing to choose from.", span, "an empty list");
  }

  /// A file without a program, where one is to be run.
  public static Diagnostic noProgram(Span span) {
    return new Diagnostic(
            "no-program", "The file has no `program` to run.", span, "no program here")
        .help("write `program main() { … }`");
  }
}
