package dev.sgl.conversation;

import dev.sgl.backend.Prompt;
import dev.sgl.program.Role;
import dev.sgl.program.TypeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The messages of a conversation so far.
public final class Transcript {
  /// A piece of the message that is being written.
  ///
  /// @param thought whether it is left out when the message is finished
  private record Piece(Prompt.Part part, boolean thought) {}

  private final List<Prompt.Message> messages;
  private final List<Piece> open;
  private Optional<Role> speaker;

  Transcript() {
    this(new ArrayList<>(), new ArrayList<>(), Optional.empty());
  }

  private Transcript(List<Prompt.Message> messages, List<Piece> open, Optional<Role> speaker) {
    this.messages = messages;
    this.open = open;
    this.speaker = speaker;
  }

  Transcript copy() {
    return new Transcript(new ArrayList<>(messages), new ArrayList<>(open), speaker);
  }

  /// Says from now on what `other` says.
  public void become(Transcript other) {
    messages.clear();
    messages.addAll(other.messages);
    open.clear();
    open.addAll(other.open);
    speaker = other.speaker;
  }

  /// Adds what `other` says after `start`, with which it began.
  public void append(Transcript other, Transcript start) {
    if (other.messages.size() > start.messages.size()) {
      if (speaker.isPresent() || !open.isEmpty()) {
        throw new TypeException("messages of a branch cannot be added inside a message");
      }
      messages.addAll(other.messages.subList(start.messages.size(), other.messages.size()));
    } else {
      open.addAll(other.open.subList(start.open.size(), other.open.size()));
    }
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
    List<Prompt.Part> kept =
        open.stream().filter(piece -> !piece.thought()).map(Piece::part).toList();
    messages.add(new Prompt.Message(speaker.orElseThrow(), kept));
    open.clear();
    speaker = Optional.empty();
  }

  void add(Prompt.Part part) {
    add(part, false);
  }

  /// Adds a part that the model sees only until the message ends.
  void think(Prompt.Part part) {
    add(part, true);
  }

  private void add(Prompt.Part part, boolean thought) {
    if (speaker.isEmpty() && !messages.isEmpty()) {
      throw new TypeException(
          "text must stand in a message, because this conversation has messages");
    }
    open.add(new Piece(part, thought));
  }

  private List<Prompt.Part> parts() {
    return open.stream().map(Piece::part).toList();
  }

  /// The conversation so far as a prompt; none if it is empty.
  public Optional<Prompt> said() {
    if (messages.isEmpty() && open.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        speaker.isEmpty() && messages.isEmpty()
            ? new Prompt.Raw(parts())
            : new Prompt.Chat(
                messages, speaker.equals(Optional.of(Role.ASSISTANT)) ? parts() : List.of()));
  }

  /// What the model sees if it speaks now.
  Prompt prompt() {
    if (speaker.isEmpty() && messages.isEmpty()) {
      return new Prompt.Raw(parts());
    }
    if (speaker.isPresent() && speaker.get() == Role.ASSISTANT) {
      return new Prompt.Chat(messages, parts());
    }
    throw new TypeException("the model can only speak in an `assistant` message");
  }
}
