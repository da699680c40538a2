package dev.sgl.interpreter;

import dev.sgl.backend.Prompt;
import dev.sgl.program.Role;
import dev.sgl.program.TypeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What has been said in a conversation so far.
final class Transcript {
  private final List<Prompt.Message> messages;
  private final List<Prompt.Part> open;
  private Optional<Role> speaker;

  Transcript() {
    this(new ArrayList<>(), new ArrayList<>(), Optional.empty());
  }

  private Transcript(
      List<Prompt.Message> messages, List<Prompt.Part> open, Optional<Role> speaker) {
    this.messages = messages;
    this.open = open;
    this.speaker = speaker;
  }

  Transcript copy() {
    return new Transcript(new ArrayList<>(messages), new ArrayList<>(open), speaker);
  }

  void begin(Role role) {
    if (speaker.isPresent()) {
      throw new TypeException("a message cannot stand inside a message");
    }
    if (!open.isEmpty()) {
      throw new TypeException("a message cannot follow text that stands in no message");
    }
    speaker = Optional.of(role);
  }

  void end() {
    messages.add(new Prompt.Message(speaker.orElseThrow(), open));
    open.clear();
    speaker = Optional.empty();
  }

  void add(Prompt.Part part) {
    if (speaker.isEmpty() && !messages.isEmpty()) {
      throw new TypeException(
          "text must stand in a message, because this conversation has messages");
    }
    open.add(part);
  }

  /// What has been said so far, as a prompt; none if nothing has.
  Optional<Prompt> said() {
    if (messages.isEmpty() && open.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        speaker.isEmpty() && messages.isEmpty()
            ? new Prompt.Raw(open)
            : new Prompt.Chat(
                messages, speaker.equals(Optional.of(Role.ASSISTANT)) ? open : List.of()));
  }

  /// What the model sees if it speaks now.
  Prompt prompt() {
    if (speaker.isEmpty() && messages.isEmpty()) {
      return new Prompt.Raw(open);
    }
    if (speaker.isPresent() && speaker.get() == Role.ASSISTANT) {
      return new Prompt.Chat(messages, open);
    }
    throw new TypeException("the model can only speak in an `assistant` message");
  }
}
