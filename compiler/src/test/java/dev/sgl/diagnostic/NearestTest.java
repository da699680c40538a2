package dev.sgl.diagnostic;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NearestTest {
  @Test
  void theClosestNameIsMeant() {
    List<String> names = List.of("answers", "answer", "anger");
    assertEquals(Optional.of("answer"), Nearest.to("anwser", names));
    assertEquals(Optional.empty(), Nearest.to("question", names));
  }

  @Test
  void namesOfSeveralKindsAreLookedAt() {
    assertEquals(Optional.of("split"), Nearest.to("splt", List.of("main"), List.of("split")));
  }

  /// The table of their distance would take 10 GB.
  @Test
  void veryLongNamesAreNotCompared() {
    String name = "a".repeat(50_000);
    assertEquals(Optional.empty(), Nearest.to(name + "b", List.of(name)));
  }
}
