package dev.sgl.local.writing;

import dev.sgl.backend.Reply;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;

/// The text of a generation on its way from the engine's thread to the caller's.
final class Outbox {

  private sealed interface Mail {
    record Text(String text, List<Reply.Logprob> logprobs, int tokens) implements Mail {}

    record Done(Reply reply) implements Mail {}

    record Failed(RuntimeException error) implements Mail {}
  }

  private final Runnable cancel;
  private final BlockingQueue<Mail> mails = new LinkedBlockingQueue<>();
  private Optional<Mail> last = Optional.empty(); // this and the following are the caller's
  private List<Reply.Logprob> logprobs = List.of();
  private int tokens;

  /// @param cancel ends the generation if the caller is interrupted
  Outbox(Runnable cancel) {
    this.cancel = cancel;
  }

  // --- the engine's side

  /// Sends text.
  ///
  /// @param logprobs that belong to it
  /// @param tokens that were generated so far
  void text(String text, List<Reply.Logprob> logprobs, int tokens) {
    mails.add(new Mail.Text(text, List.copyOf(logprobs), tokens));
  }

  /// Sends the end.
  void done(Reply reply) {
    mails.add(new Mail.Done(reply));
  }

  /// Sends an error as the end.
  void failed(RuntimeException error) {
    mails.add(new Mail.Failed(error));
  }

  // --- the caller's side

  /// The next piece of text; empty at the end.
  Optional<String> next() {
    return switch (take()) {
      case Mail.Text(var text, var its, int count) -> {
        tokens = count;
        logprobs = its;
        yield Optional.of(text);
      }
      case Mail.Done _ -> Optional.empty();
      case Mail.Failed(var error) -> throw error;
    };
  }

  /// The tokens that were generated up to the last piece of text.
  int tokens() {
    return tokens;
  }

  /// The log-probabilities of the last piece of text.
  List<Reply.Logprob> logprobs() {
    return logprobs;
  }

  /// The end; pieces of text that were not read are passed over.
  Reply reply() {
    while (true) {
      switch (take()) {
        case Mail.Text _ -> {}
        case Mail.Done(var reply) -> {
          return reply;
        }
        case Mail.Failed(var error) -> throw error;
      }
    }
  }

  /// Whether the end was read.
  boolean isRead() {
    return last.isPresent();
  }

  private Mail take() {
    if (last.isPresent()) {
      return last.get();
    }
    try {
      Mail mail = mails.take();
      if (!(mail instanceof Mail.Text)) {
        last = Optional.of(mail);
      }
      return mail;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      cancel.run();
      throw new CancellationException("cancelled");
    }
  }
}
