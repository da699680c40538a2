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
        // several parts that speak of one object
        "{'allOf':[{'properties':{}}]} | {'allOf':[{'properties':{}}]}",
        "{'properties':{'a':{}},'anyOf':[{'properties':{}}]} | {'properties':{'a':{}},'anyOf':[{'properties':{}}]}",
      })
  void objectsAreClosedWhereNothingElseSpeaksOfThem(String given, String closed) {
    assertEquals(
        Json.parse(closed.replace('\'', '"')),
        ClosedObjects.of(Json.parse(given.replace('\'', '"'))));
  }
}
