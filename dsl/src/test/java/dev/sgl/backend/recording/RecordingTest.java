package dev.sgl.backend.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Backend;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What is recorded is answered again, to the same questions only.
class RecordingTest {
  private static Request request(String prompt, Type type) {
    return new Request(
        new Prompt.Raw(List.of(new Prompt.Part.Written(prompt))), type, Sampling.DEFAULT);
  }

  private static String say(Backend backend, Request request) {
    try (Generation generation = backend.generate(request)) {
      return generation.reply().text();
    }
  }

  private final Question question =
      new Question(
          new Prompt.Raw(List.of(new Prompt.Part.Written("Which?"))),
          List.of("a", "b"),
          Step.Method.LIKELIHOOD);

  private Recording recorded() {
    Recording recording = new Recording(List.of());
    Backend model = new ScriptedBackend(List.of("one", "two", "b", "cut off"));
    try (Backend backend = new RecordingBackend(model, recording)) {
      say(backend, request("Count", Type.TEXT));
      say(backend, request("Count", Type.TEXT));
      backend.select(question);
      Generation closed = backend.generate(request("Long", Type.TEXT));
      closed.next();
      closed.close();
    }
    return recording;
  }

  @Test
  void answersComeInTheOrderInWhichTheyWereRecorded() {
    Recording recording = new Recording(recorded().answers());
    try (Backend backend = new RecordedBackend(recording)) {
      assertEquals(1, backend.select(question).index());
      assertEquals("one", say(backend, request("Count", Type.TEXT)));
      assertEquals("two", say(backend, request("Count", Type.TEXT)));
      assertThrows(BackendException.class, () -> say(backend, request("Count", Type.TEXT)));
    }
  }

  @Test
  void anotherPromptOrTypeIsAnotherQuestion() {
    try (Backend backend = new RecordedBackend(recorded())) {
      assertThrows(BackendException.class, () -> say(backend, request("Counts", Type.TEXT)));
      assertThrows(BackendException.class, () -> say(backend, request("Count", Type.STRING)));
    }
  }

  @Test
  void whatFailedFailsAgain() {
    Recording recording = new Recording(List.of());
    try (Backend backend = new RecordingBackend(new ScriptedBackend(List.of("one")), recording)) {
      say(backend, request("Count", Type.TEXT));
      assertThrows(BackendException.class, () -> say(backend, request("Count", Type.TEXT)));
      assertThrows(BackendException.class, () -> backend.select(question));
    }
    try (Backend backend = new RecordedBackend(new Recording(recording.answers()))) {
      assertEquals("one", say(backend, request("Count", Type.TEXT)));
      BackendException error =
          assertThrows(BackendException.class, () -> say(backend, request("Count", Type.TEXT)));
      assertEquals("the scripted model has no reply left", error.getMessage());
      assertThrows(BackendException.class, () -> backend.select(question));
    }
  }

  @Test
  void whatWasCancelledIsWaitedForUntilItIsCancelled() throws InterruptedException {
    try (Backend backend = new RecordedBackend(recorded())) {
      Generation generation = backend.generate(request("Long", Type.TEXT));
      assertEquals("cut off", generation.next().orElseThrow());
      Thread waiting =
          Thread.startVirtualThread(() -> assertThrows(Exception.class, generation::reply));
      generation.close();
      waiting.join();
      assertTrue(waiting.getState() == Thread.State.TERMINATED);
    }
  }

  /// A recording that is older than its program must not let the program wait for ever.
  @Test
  void whatNobodyCancelsAnyMoreIsAnError() {
    try (Backend backend = new RecordedBackend(recorded(), Duration.ofMillis(10))) {
      BackendException error =
          assertThrows(BackendException.class, () -> say(backend, request("Long", Type.TEXT)));
      assertEquals(
          "this was cancelled when it was recorded, but not now; record it again",
          error.getMessage());
    }
  }
}
