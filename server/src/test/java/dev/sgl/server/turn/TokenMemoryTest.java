package dev.sgl.server.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// What is remembered of answers, and for whom.
class TokenMemoryTest {
  private static final Prompt.Part HI = new Prompt.Part.Written("Hi");

  /// A character is a token; 1 is a special one.
  private final TokenMemory memory =
      new TokenMemory(
          new ScriptedTokens("", "") {
            @Override
            public Optional<Token> token(int id) {
              List<Byte> bytes = id == 1 ? List.of() : List.of((byte) id);
              return Optional.of(new Token(id, "", bytes));
            }
          });

  private static Answer answer(String text, Integer... tokens) {
    return new Answer(
        Optional.empty(),
        new Answer.Spoken(text, List.of(tokens), List.of()),
        List.of(),
        new Answer.End(Answer.Finish.STOP, Optional.empty()),
        Reply.Usage.NONE,
        0,
        List.of(tokens));
  }

  @Test
  void anAnswerIsRememberedAsItsTokensWhereItWasGiven() {
    memory.keep("a", answer("Hi", (int) 'H', (int) 'i'));
    Function<String, Prompt.Part> recall = salt -> memory.recall(salt, HI);
    assertEquals(
        new Prompt.Part.Generated("Hi", List.of((int) 'H', (int) 'i'), 0), recall.apply("a"));
    assertSame(HI, recall.apply("b"), "what one client got is nothing of another's");
  }

  @Test
  void specialTokensAreNeverRememberedAsText() {
    memory.keep("", answer("Hi", 1, (int) 'H', (int) 'i'));
    memory.keep("", answer("Hi", (int) 'H', (int) 'i', (int) '!'));
    assertSame(HI, memory.recall("", HI));
  }
}
