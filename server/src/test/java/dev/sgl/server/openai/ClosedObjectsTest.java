package dev.sgl.server.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sgl.testing.Json;
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
        // names by patterns
        "{'patternProperties':{'^a':{'properties':{}}}} | {'patternProperties':{'^a':{'properties':{},'additionalProperties':false}},'additionalProperties':false}",
        // several parts that speak of one object are closed around all of them
        "{'allOf':[{'properties':{'a':{}}},{'properties':{'b':{'properties':{}}}}]} | {'allOf':[{'properties':{'a':{}}},{'properties':{'b':{'properties':{},'additionalProperties':false}}}],'unevaluatedProperties':false}",
        "{'properties':{'a':{}},'anyOf':[{'properties':{}}]} | {'properties':{'a':{}},'anyOf':[{'properties':{}}],'unevaluatedProperties':false}",
        "{'allOf':[{'type':'string'},{'minLength':2}]} | {'allOf':[{'type':'string'},{'minLength':2}]}",
        // a definition that is such a part is closed where it stands alone
        "{'allOf':[{'$ref':'#/$defs/a'}],'items':{'$ref':'#/$defs/a'},'$defs':{'a':{'properties':{}}}} | {'allOf':[{'$ref':'#/$defs/a'}],'items':{'$ref':'#/$defs/a','unevaluatedProperties':false},'$defs':{'a':{'properties':{}}},'unevaluatedProperties':false}",
        // an old draft cannot say so
        "{'$schema':'http://json-schema.org/draft-07/schema#','allOf':[{'properties':{}}]} | {'$schema':'http://json-schema.org/draft-07/schema#','allOf':[{'properties':{}}]}",
      })
  void objectsAreClosedWhereNothingElseSpeaksOfThem(String given, String closed) {
    assertEquals(
        Json.parse(closed.replace('\'', '"')),
        ClosedObjects.of(Json.parse(given.replace('\'', '"'))));
  }
}
