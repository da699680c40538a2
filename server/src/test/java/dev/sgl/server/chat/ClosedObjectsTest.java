package dev.sgl.server.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.match.CompiledConstraint;
import dev.sgl.constraint.match.ConstraintCompiler;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.testing.Json;
import dev.sgl.testing.Property;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which objects of a schema are closed.
class ClosedObjectsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // an object, and those in it
        "{'properties':{'a':{'properties':{}}}} | {'properties':{'a':{'properties':{},'additionalProperties':false}},'additionalProperties':false}",
        "{'items':{'properties':{}}} | {'items':{'properties':{},'additionalProperties':false}}",
        "{'anyOf':[{'properties':{}}]} | {'anyOf':[{'properties':{},'additionalProperties':false}]}",
        "{'$ref':'#/$defs/a','$defs':{'a':{'properties':{}}}} | {'$ref':'#/$defs/a','$defs':{'a':{'properties':{},'additionalProperties':false}}}",
        // what says itself which others there are
        "{'properties':{},'additionalProperties':{'type':'integer'}} | {'properties':{},'additionalProperties':{'type':'integer'}}",
        "{'type':'object'} | {'type':'object'}",
        // a property of that name
        "{'properties':{'properties':{'type':'integer'}}} | {'properties':{'properties':{'type':'integer'}},'additionalProperties':false}",
        "{'properties':{'if':{'type':'integer'},'allOf':{}}} | {'properties':{'if':{'type':'integer'},'allOf':{}},'additionalProperties':false}",
        // a property that is required and not named
        "{'properties':{'a':{}},'required':['a','b']} | {'properties':{'a':{},'b':true},'required':['a','b'],'additionalProperties':false}",
        // names by patterns
        "{'patternProperties':{'^a':{'properties':{}}}} | {'patternProperties':{'^a':{'properties':{},'additionalProperties':false}},'additionalProperties':false}",
        // several parts that speak of one object are closed around all of them
        "{'allOf':[{'properties':{'a':{}}},{'properties':{'b':{'properties':{}}}}]} | {'allOf':[{'properties':{'a':{}}},{'properties':{'b':{'properties':{},'additionalProperties':false}}}],'unevaluatedProperties':false}",
        "{'properties':{'a':{}},'anyOf':[{'properties':{}}]} | {'properties':{'a':{}},'anyOf':[{'properties':{}}],'unevaluatedProperties':false}",
        "{'allOf':[{'type':'string'},{'minLength':2}]} | {'allOf':[{'type':'string'},{'minLength':2}]}",
        // a definition that is such a part is closed where it stands alone
        "{'allOf':[{'$ref':'#/$defs/a'}],'items':{'$ref':'#/$defs/a'},'$defs':{'a':{'properties':{}}}} | {'allOf':[{'$ref':'#/$defs/a'}],'items':{'$ref':'#/$defs/a','unevaluatedProperties':false},'$defs':{'a':{'properties':{}}},'unevaluatedProperties':false}",
        // and so on from definition to definition
        "{'allOf':[{'$ref':'#/$defs/a'},{'properties':{'t':{}}}],'$defs':{'a':{'anyOf':[{'$ref':'#/$defs/b'}]},'b':{'properties':{}}}} | {'allOf':[{'$ref':'#/$defs/a'},{'properties':{'t':{}}}],'$defs':{'a':{'anyOf':[{'$ref':'#/$defs/b'}]},'b':{'properties':{}}},'unevaluatedProperties':false}",
        "{'allOf':[{'$ref':'#/$defs/a'}],'$defs':{'a':{'type':'object'}}} | {'allOf':[{'$ref':'#/$defs/a'}],'$defs':{'a':{'type':'object'}}}",
        // alternatives that are told apart, and some that are not
        "{'oneOf':[{'properties':{'k':{'const':1}},'required':['k']},{'properties':{'k':{'const':2}},'required':['k']}]} | {'oneOf':[{'properties':{'k':{'const':1}},'required':['k'],'additionalProperties':false},{'properties':{'k':{'const':2}},'required':['k'],'additionalProperties':false}]}",
        "{'oneOf':[{'properties':{'a':{}}},{'properties':{'b':{}}}]} | {'oneOf':[{'properties':{'a':{}}},{'properties':{'b':{}}}],'unevaluatedProperties':false}",
        // below a condition nothing changes
        "{'properties':{'a':{'properties':{}}},'if':{'properties':{'a':{'properties':{}}}}} | {'properties':{'a':{'properties':{},'additionalProperties':false}},'if':{'properties':{'a':{'properties':{}}}},'unevaluatedProperties':false}",
        // references that are not followed
        "{'properties':{'a':{'properties':{}},'b':{'$ref':'#/properties/a'}}} | {'properties':{'a':{'properties':{}},'b':{'$ref':'#/properties/a'}}}",
        // an old draft cannot say so
        "{'$schema':'http://json-schema.org/draft-07/schema#','allOf':[{'properties':{}}]} | {'$schema':'http://json-schema.org/draft-07/schema#','allOf':[{'properties':{}}]}",
      })
  void objectsAreClosedWhereAllThatSpeaksOfThemIsKnown(String given, String closed) {
    assertEquals(
        Json.parse(closed.replace('\'', '"')),
        ClosedObjects.of(Json.parse(given.replace('\'', '"'))));
  }

  /// On random schemas and values: what the closed schema allows, the given one does.
  @Test
  void whatIsClosedAllowsNothingNew() {
    int[] told = new int[2]; // apart, and of those by how many values
    Property.forAll(
        300,
        (random, size) -> {
          String members =
              schema(random, 3, true) + ",\"$defs\":{\"a\":{" + schema(random, 2, false) + "}}";
          JsonNode schema = Json.parse("{" + members + "}");
          JsonNode closed = ClosedObjects.of(schema);
          if (closed.equals(schema)) {
            return;
          }
          CompiledConstraint open;
          CompiledConstraint tight;
          try {
            Type given = new Type.Schema(schema.toString());
            Types.compiled(given);
            open = ANY_ORDER.compile(Types.constraint(given, JsonStyle.ANY_ORDER));
            tight = Types.compiled(new Type.Schema(closed.toString()));
          } catch (ConstraintException e) {
            return; // it allows nothing, or is too complex: the given schema holds then
          }
          told[0]++;
          for (int i = 0; i < 20; i++) {
            String value = value(random, 2);
            boolean isAllowed = tight.matches(value);
            assertTrue(!isAllowed || open.matches(value), schema + "\n" + closed + "\n" + value);
            told[1] += isAllowed ? 1 : 0;
          }
        });
    assertTrue(told[0] > 50 && told[1] > 50, told[0] + " schemas, " + told[1] + " values");
  }

  private static final ConstraintCompiler ANY_ORDER = new ConstraintCompiler();

  private static final List<String> NAMES = List.of("a", "b", "c");

  private static String name(SplittableRandom random) {
    return NAMES.get(random.nextInt(NAMES.size()));
  }

  /// Members of a schema, without its braces.
  ///
  /// @param refers whether it may refer to the definition
  private static String schema(SplittableRandom random, int depth, boolean refers) {
    if (depth == 0) {
      return random.nextBoolean() ? "\"type\":\"integer\"" : "\"const\":" + random.nextInt(3);
    }
    List<String> members = new ArrayList<>();
    String first = name(random);
    String second = name(random);
    members.add(
        "\"properties\":{\"%s\":{%s}%s}"
            .formatted(
                first,
                schema(random, depth - 1, refers),
                first.equals(second)
                    ? ""
                    : ",\"" + second + "\":{" + schema(random, 0, refers) + "}"));
    if (random.nextInt(3) == 0) {
      members.add("\"required\":[\"" + name(random) + "\"]");
    }
    String inner = "{" + schema(random, depth - 1, refers) + "}";
    String other = refers && random.nextBoolean() ? "{\"$ref\":\"#/$defs/a\"}" : inner;
    switch (random.nextInt(refers ? 8 : 6)) {
      case 0 -> members.add("\"allOf\":[" + other + "," + inner + "]");
      case 1 -> members.add("\"anyOf\":[" + other + "," + inner + "]");
      case 2 -> members.set(0, "\"anyOf\":[" + other + "," + inner + "]");
      case 3 ->
          members.set(0, "\"oneOf\":[" + other + ",{" + schema(random, depth - 1, refers) + "}]");
      case 4 -> members.add("\"if\":" + other + ",\"then\":" + inner);
      case 5 -> members.add("\"not\":" + other);
      case 6 -> members.add("\"$ref\":\"#/$defs/a\"");
      default -> {}
    }
    return String.join(",", members);
  }

  private static String value(SplittableRandom random, int depth) {
    if (depth == 0 || random.nextInt(4) == 0) {
      return "" + random.nextInt(3);
    }
    List<String> members = new ArrayList<>();
    for (String name : NAMES) {
      if (random.nextBoolean()) {
        members.add("\"" + name + "\":" + value(random, depth - 1));
      }
    }
    return "{" + String.join(",", members) + "}";
  }
}
