package dev.sgl.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.sgl.annotation.Length;
import dev.sgl.annotation.Matches;
import dev.sgl.annotation.Range;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What Java's types are to a model, and that values come back as what they were.
class JavaTypesTest {
  enum Effort {
    LOW,
    @JsonProperty("some")
    MEDIUM
  }

  record Tip(
      @Length(min = 1, max = 60) String title,
      Effort effort,
      @Range(min = 1, max = 5) int stars,
      Optional<String> source,
      @Nullable String note,
      @Length(max = 3) List<@Matches("[a-z]+") String> tags) {}

  record Times(LocalDate day, Instant at, Duration took, UUID id, BigDecimal price) {}

  record Tree(String name, List<Tree> children) {}

  sealed interface Shape permits Circle, Square, Group {}

  record Circle(double radius) implements Shape {}

  record Square(double side) implements Shape {}

  record Group(List<Shape> shapes) implements Shape {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.DEDUCTION)
  sealed interface Answer permits Known, Unknown {}

  record Known(String answer) implements Answer {}

  record Unknown(String why) implements Answer {}

  record All(
      Map<String, Integer> counts, Set<Boolean> flags, long[] numbers, Object any, char letter) {}

  @Test
  void recordsSayAllThatTheirComponentsSay() {
    assertEquals(
        "{ title: string<1..60>, effort: \"low\" | \"some\", stars: int<1..5>, source?: string,"
            + " note?: string, tags: r\"[a-z]+\"[..3] }",
        Type.of(Tip.class).show());
    assertEquals(
        "{ counts: map<int<-2147483648..2147483647>>, flags: bool[], numbers: int[], any: any,"
            + " letter: string<1..1> }",
        Type.of(All.class).show());
  }

  @Test
  void sealedInterfacesAreOneOfTheirRecords() {
    assertEquals(
        "{ type: \"Circle\", radius: float } | { type: \"Square\", side: float } |"
            + " { type: \"Group\", shapes: Shape[] }",
        ((Type.Recursive) Type.of(Shape.class)).body().show());
    assertEquals("{ answer: string } | { why: string }", Type.of(Answer.class).show());
  }

  @Test
  void aRecordInsideItselfIsRecursive() {
    assertTrue(Type.of(Tree.class) instanceof Type.Recursive);
    assertTrue(Types.isFinite(Type.of(Tree.class)));
  }

  private static <T> void comesBack(T value, Class<? super T> type) {
    Object written = JavaTypes.fromJava(value, type);
    assertEquals(Optional.empty(), Types.mismatch(Type.of(type), written), written.toString());
    assertEquals(value, JavaTypes.<T>toJava(written, type));
    Object read = Types.read(Type.of(type), Values.json(written));
    assertEquals(value, JavaTypes.<T>toJava(read, type));
  }

  @Test
  void valuesComeBackAsWhatTheyWere() {
    comesBack(new Tip("Walk", Effort.MEDIUM, 4, Optional.of("Ada"), null, List.of("a")), Tip.class);
    comesBack(new Tip("Walk", Effort.LOW, 1, Optional.empty(), "n", List.of()), Tip.class);
    comesBack(
        new Times(
            LocalDate.of(2026, 11, 23),
            Instant.parse("2026-11-23T01:02:03Z"),
            Duration.ofMinutes(90),
            UUID.fromString("6b1c8f3e-8c1f-4a51-9a2e-1f6d3b2a9c11"),
            new BigDecimal("2.5")),
        Times.class);
    comesBack(new Tree("a", List.of(new Tree("b", List.of()))), Tree.class);
    comesBack(new Group(List.of(new Circle(1.5), new Square(2.5))), Shape.class);
    comesBack(new Unknown("who knows"), Answer.class);
  }

  @Test
  void namesOfEnumsMayBeWrittenInAnyCase() {
    assertEquals(Effort.LOW, JavaTypes.<Effort>toJava("LOW", Effort.class));
  }

  @Test
  void whatAModelCannotWriteIsRefusedByName() {
    record Bad(Thread thread) {}
    Throwable refused = assertThrows(IllegalArgumentException.class, () -> Type.of(Bad.class));
    assertTrue(String.valueOf(refused.getMessage()).contains("java.lang.Thread"));
    assertThrows(IllegalArgumentException.class, () -> Type.of(void.class));
    assertThrows(TypeException.class, () -> JavaTypes.toJava("x", int.class));
  }
}
