package dev.sgl.server.turn;

import dev.sgl.backend.Prompt;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Token;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Remembers the tokens of recent answers. A client sends a conversation as text; tokenized
/// again, a message may become other tokens than those that were generated, and the cache would
/// not have the rest of the prompt. Safe for many threads.
public final class TokenMemory {
  private static final long MOST_TOKENS = 1 << 20;

  private final TokenBackend backend;
  private final Map<Said, List<Integer>> tokens = new LinkedHashMap<>(16, 0.75f, true);
  private long size;

  /// @param salt of the cache: answers are shared only within one salt
  private record Said(String salt, String text) {}

  /// A memory of nothing yet.
  public TokenMemory(TokenBackend backend) {
    this.backend = backend;
  }

  /// Remembers an answer, if its tokens spell its text and nothing else: a special token in it
  /// would be one of the next prompt's, which nobody wrote there.
  public void keep(String salt, Answer answer) {
    if (!answer.text().isEmpty() && !answer.spoken().tokens().isEmpty() && isSpelled(answer)) {
      put(new Said(salt, answer.text()), answer.spoken().tokens());
    }
  }

  private boolean isSpelled(Answer answer) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int id : answer.spoken().tokens()) {
      List<Byte> own = backend.token(id).map(Token::bytes).orElse(List.of());
      if (own.isEmpty()) {
        return false;
      }
      own.forEach(bytes::write);
    }
    return Arrays.equals(bytes.toByteArray(), answer.text().getBytes(StandardCharsets.UTF_8));
  }

  private synchronized void put(Said said, List<Integer> its) {
    List<Integer> before = tokens.put(said, its);
    size += its.size() - (before == null ? 0 : before.size());
    var oldest = tokens.entrySet().iterator();
    while (size > MOST_TOKENS && oldest.hasNext()) {
      size -= oldest.next().getValue().size();
      oldest.remove();
    }
  }

  /// A part of an assistant's message, with its tokens if they are known.
  public synchronized Prompt.Part recall(String salt, Prompt.Part part) {
    List<Integer> known = tokens.get(new Said(salt, part.text()));
    return known == null ? part : new Prompt.Part.Generated(part.text(), known, 0);
  }
}
