package dev.sgl.server.turn;

import dev.sgl.backend.Prompt;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Remembers as which tokens the model said what it said last. A client sends a conversation as
/// text; tokenized anew, a message may become other tokens than those it was generated as, and the
/// cache would be of no use from there on. Safe for many threads.
public final class TokenMemory {
  private static final long MOST_TOKENS = 1 << 20;

  private final Map<String, List<Integer>> tokens = new LinkedHashMap<>(16, 0.75f, true);
  private long size;

  /// Remembers an answer.
  public synchronized void keep(Answer answer) {
    if (answer.text().isEmpty() || answer.tokens().isEmpty()) {
      return;
    }
    List<Integer> before = tokens.put(answer.text(), answer.tokens());
    size += answer.tokens().size() - (before == null ? 0 : before.size());
    var oldest = tokens.entrySet().iterator();
    while (size > MOST_TOKENS && oldest.hasNext()) {
      size -= oldest.next().getValue().size();
      oldest.remove();
    }
  }

  /// A part of an assistant's message, with its tokens if they are known.
  public synchronized Prompt.Part recall(Prompt.Part part) {
    List<Integer> known = tokens.get(part.text());
    return known == null ? part : new Prompt.Part.Generated(part.text(), known, 0);
  }
}
