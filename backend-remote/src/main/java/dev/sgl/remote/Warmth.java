package dev.sgl.remote;

import dev.sgl.backend.Pin;
import dev.sgl.backend.Prompt;
import dev.sgl.remote.http.Cancellation;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/// Lets the first of several requests that go on from the same conversation run alone until its
/// first token: then the endpoint has the conversation in its cache, and the others find it there.
final class Warmth {
  private final List<Prefix> prefixes = new CopyOnWriteArrayList<>();

  private static final class Prefix implements Pin {
    private final String text;
    private final List<Prefix> among;
    private final AtomicBoolean taken = new AtomicBoolean();
    private final CountDownLatch warm = new CountDownLatch(1);

    Prefix(String text, List<Prefix> among) {
      this.text = text;
      this.among = among;
    }

    @Override
    public void close() {
      among.remove(this);
      warm.countDown();
    }
  }

  /// Several requests will go on from `prompt`, until the pin is closed.
  Pin expect(Prompt prompt) {
    Prefix prefix = new Prefix(text(prompt), prefixes);
    prefixes.add(prefix);
    return prefix;
  }

  /// Waits until it is a request's turn; the caller runs the returned value at the first token
  /// and at the end.
  Runnable await(Prompt prompt, Cancellation wanted) {
    String text = text(prompt);
    Optional<Prefix> longest =
        prefixes.stream()
            .filter(prefix -> text.startsWith(prefix.text))
            .max((a, b) -> Integer.compare(a.text.length(), b.text.length()));
    if (longest.isEmpty()) {
      return () -> {};
    }
    Prefix prefix = longest.get();
    if (!prefix.taken.getAndSet(true)) {
      return prefix.warm::countDown;
    }
    wanted.await(prefix.warm::await);
    return () -> {};
  }

  /// A prompt as one text, different for different conversations.
  static String text(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Raw(var parts) -> text(parts);
      case Prompt.Chat(var messages, var open, var variables) -> {
        StringBuilder text = new StringBuilder();
        text.append(variables.isEmpty() ? "" : new TreeMap<>(variables)).append('\0');
        for (Prompt.Message message : messages) {
          text.append(message.role()).append('\0');
          text.append(message.fields().isEmpty() ? "" : new TreeMap<>(message.fields()));
          text.append('\0').append(text(message.parts())).append('\0');
        }
        yield text.append(text(open)).toString();
      }
    };
  }

  private static String text(List<Prompt.Part> parts) {
    StringBuilder text = new StringBuilder();
    for (Prompt.Part part : parts) {
      text.append(
          switch (part) {
            case Prompt.Part.Image(String url) -> '\1' + url + '\1';
            case Prompt.Part.Written _, Prompt.Part.Generated _, Prompt.Part.Tokens _ ->
                part.text();
          });
    }
    return text.toString();
  }
}
