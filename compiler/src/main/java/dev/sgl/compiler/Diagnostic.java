package dev.sgl.compiler;

import dev.sgl.program.Functions;
import dev.sgl.program.Span;
import dev.sgl.program.Type;
import java.util.Optional;

/// A mistake in a source text: its code, one sentence, the place, a few words under the carets and,
/// where possible, what to type instead.
///
/// Each is made by a factory here; the code is the factory's name, the stem of its golden file and
/// its heading in the language reference.
public record Diagnostic(
    String code, String message, Span span, String label, Optional<String> help) {

  private Diagnostic(String code, String message, Span span, String label) {
    this(code, message, span, label, Optional.empty());
  }

  private Diagnostic help(String text) {
    return new Diagnostic(code, message, span, label, Optional.of(text));
  }

  private Diagnostic help(Optional<String> text) {
    return new Diagnostic(code, message, span, label, text);
  }

  private static Optional<String> didYouMean(Optional<String> name) {
    return name.map(n -> "did you mean `" + n + "`?");
  }

  static Diagnostic syntax(String message, Span span, String label) {
    return new Diagnostic("syntax", message, span, label);
  }

  static Diagnostic notYet(String what, Span span) {
    return new Diagnostic(
        "not-yet", what + " does not run yet in this version.", span, "parsed, but not run yet");
  }

  static Diagnostic unknownName(String name, Span span, Optional<String> near) {
    return new Diagnostic(
            "unknown-name", "`" + name + "` is not defined.", span, "not defined here")
        .help(didYouMean(near));
  }

  static Diagnostic unknownFunction(String name, Span span, Optional<String> near) {
    return new Diagnostic(
            "unknown-function",
            "There is no program, function or fragment `" + name + "`.",
            span,
            "not defined")
        .help(didYouMean(near));
  }

  static Diagnostic unknownType(String name, Span span, Optional<String> near) {
    return new Diagnostic("unknown-type", "There is no type `" + name + "`.", span, "not a type")
        .help(didYouMean(near));
  }

  static Diagnostic unknownField(String name, String of, Span span, Optional<String> near) {
    return new Diagnostic(
            "unknown-field",
            "There is no field `" + name + "` in " + of + ".",
            span,
            "no such field")
        .help(didYouMean(near));
  }

  static Diagnostic unknownOption(String name, Span span, Optional<String> near) {
    return new Diagnostic(
            "unknown-option", "`gen` has no option `" + name + "`.", span, "not an option")
        .help(didYouMean(near));
  }

  static Diagnostic unknownMethod(String name, Span span) {
    return new Diagnostic(
            "unknown-method", "`select` cannot score by `" + name + "`.", span, "not a method")
        .help("use `likelihood`, `greedy` or `unconditional`");
  }

  static Diagnostic optionRange(String name, String range, Span span) {
    return new Diagnostic(
        "option-range", "The option `" + name + "` must be " + range + ".", span, "out of range");
  }

  static Diagnostic duplicateName(String name, Span span) {
    return new Diagnostic(
            "duplicate-name", "`" + name + "` is already defined.", span, "defined a second time")
        .help("choose another name");
  }

  static Diagnostic wrongType(String expected, Type found, Span span) {
    return new Diagnostic(
        "wrong-type",
        "This must be " + expected + ", but it is `" + found.show() + "`.",
        span,
        "`" + found.show() + "`");
  }

  static Diagnostic wrongArguments(String message, Span span) {
    return new Diagnostic("wrong-arguments", message, span, "wrong arguments");
  }

  static Diagnostic wrongArguments(
      String name, Functions.Signature signature, int given, Span span) {
    String count =
        signature.least() == signature.most()
            ? "" + signature.least()
            : signature.least() + " to " + signature.most();
    return wrongArguments("`" + name + "` takes " + count + " arguments, not " + given + ".", span);
  }

  static Diagnostic emptyType(String why, Span span) {
    return new Diagnostic(
        "empty-type", "No value has this type: " + why + ".", span, "nothing fits");
  }

  static Diagnostic badPattern(String why, Span span) {
    String reason = why.replaceFirst("^bad pattern: ", "").replaceFirst(" of `.*", "");
    return new Diagnostic(
        "bad-pattern", "This pattern cannot be used: " + reason + ".", span, "cannot be used");
  }

  static Diagnostic returnInBranch(Span span) {
    return new Diagnostic(
            "return-in-branch",
            "A branch of a fork cannot return from its program.",
            span,
            "inside a branch")
        .help("bind a variable in the branch, and return after the `join`");
  }

  static Diagnostic freeText(Span span) {
    return new Diagnostic(
            "free-text", "`text` has no end inside a record or a list.", span, "free text")
        .help("write `string`, or `string<..80>` for at most 80 characters");
  }

  static Diagnostic recursiveType(String name, Span span) {
    return notYet("The recursive type `" + name + "`", span);
  }

  static Diagnostic unusedValue(Span span, Optional<String> near) {
    return new Diagnostic("unused-value", "This value is not used.", span, "does nothing")
        .help(
            near.isPresent()
                ? didYouMean(near)
                : Optional.of("to say it, write `\"{…}\"`; to keep it, write `let name = …`"));
  }

  static Diagnostic outsideLoop(String word, Span span) {
    return new Diagnostic(
        "outside-loop", "`" + word + "` stands outside a loop.", span, "no loop here");
  }

  static Diagnostic nestedMessage(Span span) {
    return new Diagnostic(
            "nested-message", "A message cannot stand inside a message.", span, "inside a message")
        .help("close the outer message first");
  }

  static Diagnostic outsideMessage(String what, Span span) {
    return new Diagnostic(
            "outside-message",
            what + " must stand in a message, because this program speaks in messages.",
            span,
            "in no message")
        .help("put it after `user` or `assistant`");
  }

  static Diagnostic notAssistant(String what, Span span) {
    return new Diagnostic(
            "not-assistant",
            "Only the assistant can `" + what + "`.",
            span,
            "not the assistant's message")
        .help("move it into an `assistant` message");
  }

  static Diagnostic noConversation(String what, Span span) {
    return new Diagnostic(
            "no-conversation",
            "A `fn` has no conversation, so it cannot " + what + ".",
            span,
            "nothing to speak in")
        .help("make it a `fragment`, or a `program`");
  }

  static Diagnostic notAFork(String name, Span span) {
    return new Diagnostic("not-a-fork", "`" + name + "` is not a fork.", span, "not a fork")
        .help("`join` takes the name after `as` of a `fork`");
  }

  static Diagnostic emptySelect(Span span) {
    return new Diagnostic(
        "empty-select", "`select` has nothing to choose from.", span, "an empty list");
  }

  static Diagnostic noProgram(Span span) {
    return new Diagnostic(
            "no-program", "The file has no `program` to run.", span, "no program here")
        .help("write `program main() { … }`");
  }
}
