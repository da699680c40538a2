package dev.sgl.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.constraint.match.CompiledConstraint;
import dev.sgl.constraint.match.ConstraintCompiler;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// A type as a constraint, as a JSON Schema and as a reader of values: they must agree.
class TypesTest {
  private static final Type TIP =
      new Type.Rec(
          List.of(
              new Type.Field("title", new Type.Str(1, 5), false),
              new Type.Field("n", new Type.Int(0, 12), true),
              new Type.Field(
                  "effort",
                  new Type.OneOf(List.of(new Type.Literal("low"), new Type.Literal(3L))),
                  false),
              new Type.Field("tags", new Type.Array(Type.BOOL, 0, 2), false)));

  @Test
  void theConstraintAndTheReaderAgree() {
    CompiledConstraint constraint = new ConstraintCompiler().compile(Types.constraint(TIP));
    List<String> good =
        List.of(
            "{\"title\":\"a\",\"n\":12,\"effort\":\"low\",\"tags\":[]}",
            "{\"title\":\"é\\n\\\"xy\",\"effort\":3,\"tags\":[true,false]}");
    List<String> bad =
        List.of(
            "{\"title\":\"\",\"effort\":3,\"tags\":[]}",
            "{\"title\":\"abcdef\",\"effort\":3,\"tags\":[]}",
            "{\"title\":\"a\",\"n\":13,\"effort\":3,\"tags\":[]}",
            "{\"title\":\"a\",\"effort\":4,\"tags\":[]}",
            "{\"title\":\"a\",\"effort\":3}",
            "{\"title\":\"a\",\"effort\":3,\"tags\":[true,true,true]}",
            "{\"title\":\"a\",\"effort\":3,\"tags\":[],\"more\":1}",
            "{\"title\":\"a\"");
    for (String text : good) {
      assertTrue(constraint.matches(text), text);
      Types.read(TIP, text);
    }
    for (String text : bad) {
      assertFalse(constraint.matches(text), text);
      assertThrows(TypeException.class, () -> Types.read(TIP, text), text);
    }
  }

  @Test
  void manyOptionalFieldsMakeNoLargeConstraint() {
    List<Type.Field> fields = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      fields.add(new Type.Field("f" + i, Type.BOOL, true));
    }
    CompiledConstraint constraint =
        new ConstraintCompiler().compile(Types.constraint(new Type.Rec(fields)));
    for (String text :
        List.of(
            "{}", "{\"f3\":true}", "{\"f0\":true,\"f39\":false}", "{\"f38\":true,\"f39\":true}")) {
      assertTrue(constraint.matches(text), text);
    }
    for (String text :
        List.of("{,}", "{\"f1\":true,\"f0\":true}", "{\"f0\":true,}", "{\"f0\":true\"f1\":true}")) {
      assertFalse(constraint.matches(text), text);
    }
  }

  @Test
  void topLevelTextIsRawAndInsideARecordItIsJson() {
    assertEquals("a\"b", Types.read(new Type.Str(0, 3), "a\"b"));
    assertEquals(
        "low",
        Types.read(new Type.OneOf(List.of(new Type.Literal("low"), new Type.Literal(3L))), "low"));
    assertEquals(
        3L,
        Types.read(new Type.OneOf(List.of(new Type.Literal("low"), new Type.Literal(3L))), "3"));
    assertEquals(List.of("a", "b"), Types.read(new Type.Array(Type.STRING, 0, 9), "[\"a\",\"b\"]"));
  }

  @Test
  void theSchemaSaysTheSame() {
    assertEquals(
        "{\"type\":\"object\",\"properties\":{\"title\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":5},"
            + "\"n\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":12},\"effort\":{\"enum\":[\"low\",3]},"
            + "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"boolean\"},\"maxItems\":2}},"
            + "\"required\":[\"title\",\"effort\",\"tags\"],\"additionalProperties\":false}",
        Types.schema(TIP).toString());
  }

  @Test
  void aMismatchSaysWhereAndWhy() {
    assertEquals(
        "[1]: .n: 99 is not int<0..12>",
        Types.mismatch(
                Type.array(TIP),
                List.of(
                    Map.of("title", "a", "effort", 3L, "tags", List.of()),
                    Map.of("title", "a", "n", 99L, "effort", 3L, "tags", List.of())))
            .orElseThrow());
  }

  @Test
  void functionsDoWhatTheirNamesSay() {
    record Case(String name, List<Object> arguments, Object wanted) {}
    List<Case> cases =
        List.of(
            new Case("len", List.of("añ😀"), 3L),
            new Case("split", List.of("a, b", ", "), List.of("a", "b")),
            new Case("join", List.of(List.of(1L, "b"), "-"), "1-b"),
            new Case("bullets", List.of(List.of("a", "b")), "\n- a\n- b"),
            new Case("numbered", List.of(List.of("a")), "\n1. a"),
            new Case("slice", List.of("hello", -3L), "llo"),
            new Case("slice", List.of(List.of(1L, 2L, 3L), 1L, 2L), List.of(2L)),
            new Case("sort", List.of(List.of(3L, 1.5, 2L)), List.of(1.5, 2L, 3L)),
            new Case("sum", List.of(List.of(1L, 2L)), 3L),
            new Case("max", List.of(List.of("a", "b")), "b"),
            new Case("int", List.of(" 42 "), 42L),
            new Case("round", List.of(2.345, 2L), 2.35),
            new Case("unique", List.of(List.of("a", "a")), List.of("a")),
            new Case("contains", List.of("hello", "ell"), true),
            new Case("replace", List.of("aXa", "X", "-"), "a-a"));
    for (Case c : cases) {
      assertEquals(c.wanted(), Functions.call(c.name(), c.arguments()), c.name());
    }
    assertThrows(TypeException.class, () -> Functions.call("int", List.of("x")));
    assertThrows(TypeException.class, () -> Functions.call("max", List.of(List.of())));
    assertThrows(TypeException.class, () -> Operators.arithmetic(Expr.Operator.DIV, 1L, 0L));
    assertThrows(
        TypeException.class, () -> Operators.arithmetic(Expr.Operator.MUL, Long.MAX_VALUE, 2L));
  }
}
