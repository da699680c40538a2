package dev.sgl.remote;

import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.program.Type;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Values that came with the turn that they belong to, until the program asks for them.
final class Said {
  private static final int MOST = 1000; // of programs that went another way, and never asked

  private record Key(String prompt, Type type) {}

  private final Map<Key, Deque<String>> values =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Deque<String>> eldest) {
          return size() > MOST;
        }
      };

  synchronized void add(List<WholeTurn.Later> later) {
    for (WholeTurn.Later one : later) {
      values
          .computeIfAbsent(new Key(one.prompt(), one.type()), _ -> new ArrayDeque<>())
          .addFirst(one.value()); // a turn that is tried again says what comes of it now
    }
  }

  synchronized boolean has(Prompt prompt, Type type) {
    return values.containsKey(new Key(Warmth.text(prompt), type));
  }

  /// Removes and returns the value, if it was generated before.
  synchronized Optional<Generation> take(Prompt prompt, Type type) {
    Key key = new Key(Warmth.text(prompt), type);
    Deque<String> known = values.get(key);
    if (known == null) {
      return Optional.empty();
    }
    String value = known.removeFirst();
    if (known.isEmpty()) {
      values.remove(key);
    }
    return Optional.of(new Known(value, Reply.Finish.END));
  }

  /// A generation that is over.
  static final class Known implements Generation {
    private final String value;
    private final Reply.Finish finish;
    private boolean heard;

    Known(String value, Reply.Finish finish) {
      this.value = value;
      this.finish = finish;
    }

    @Override
    public Optional<String> next() {
      boolean isFirst = !heard;
      heard = true;
      return isFirst ? Optional.of(value) : Optional.empty();
    }

    @Override
    public Reply reply() {
      heard = true;
      return new Reply(
          value,
          List.of(),
          0,
          finish,
          Optional.empty(),
          Reply.Usage.NONE, // the turn's first value has it
          Reply.Timing.NONE,
          List.of());
    }

    @Override
    public void close() {
      heard = true;
    }
  }
}
