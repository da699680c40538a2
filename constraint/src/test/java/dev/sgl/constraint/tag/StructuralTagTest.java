package dev.sgl.constraint.tag;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.match.CompiledConstraint;
import dev.sgl.constraint.match.ConstraintCompiler;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StructuralTagTest {
  private static CompiledConstraint compiled(String tag) {
    return new ConstraintCompiler().compile(new Constraint.Grammar(tag.replace('\'', '"')));
  }

  /// The file is written by `src/test/fixtures/structural_tags.py`.
  @Test
  void theSameTextsAreAllowedAsXGrammarAllows() throws IOException {
    List<String> different = new ArrayList<>();
    int allowed = 0;
    for (String line : Files.readAllLines(Path.of("src/test/resources/structural-tags.jsonl"))) {
      JsonNode json = Json.parse(line);
      CompiledConstraint constraint = compiled(json.path("tag").toString());
      for (var text : json.path("texts").properties()) {
        allowed += text.getValue().asBoolean() ? 1 : 0;
        if (constraint.matches(text.getKey()) != text.getValue().asBoolean()) {
          different.add(json.path("tag") + " " + text);
        }
      }
    }
    assertEquals("", String.join("\n", different));
    assertTrue(allowed > 800, "texts that are allowed: " + allowed);
  }

  @Test
  void charactersAreCountedAsCodePoints() {
    CompiledConstraint three = compiled("{'format':{'type':'any_text','max_chars':3}}");
    assertTrue(three.matches("äö😀"));
    assertEquals(false, three.matches("äö😀x"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'dispatch','rules':[['a',{'type':'any_text'}],['aa',{'type':'any_text'}]]}",
        "{'type':'dispatch','rules':[['e',{'type':'any_text'}]],'excludes':['e']}"
      })
  void aTriggerThatNeverComesIsLeftOut(String format) {
    assertTrue(compiled("{'format':" + format + "}").matches("b"));
  }

  @Test
  void noExcludesAreNothing() {
    String tags =
        "{'format':{'type':'triggered_tags','triggers':['<f'],'excludes':[],'tags':[{'begin':'<f>','end':'</f>','content':{'type':'any_text','excludes':null}}]}}";
    assertTrue(compiled(tags).matches("a <f>b</f> c"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "{}",
        "{'format':{}}",
        "{'format':{'type':'text'}}",
        "{'format':{'type':'const_string'}}",
        "{'format':{'type':'sequence','elements':[]}}",
        "{'format':{'type':'token','token':5}}",
        "{'format':{'type':'any_text','max_tokens':5}}",
        "{'format':{'type':'any_text','excludes':['']}}",
        "{'format':{'type':'any_text','excludes':'no'}}",
        "{'format':{'type':'any_text'}} and more",
        "{'format':{'type':'any_text','max_char':3}}",
        "{'format':{'type':'repeat','min':1,'max':2001,'content':{'type':'any_text'}}}",
        "{'format':{'type':'repeat','min':1,'max':50,'content':{'type':'repeat','min':1,'max':50,'content':{'type':'any_text'}}}}",
        "{'structures':[{'begin':'<f>','schema':'{}','end':'</f>'}],'triggers':['<f']}",
        "{'structures':[{'begin':'<f>','schem':{},'end':'</f>'}],'triggers':['<f']}",
        "{'format':{'type':'repeat','min':3,'max':2,'content':{'type':'any_text'}}}",
        "{'format':{'type':'repeat','min':0,'max':9000000,'content':{'type':'any_text'}}}",
        "{'format':{'type':'json_schema','style':'qwen_xml','json_schema':{}}}",
        "{'format':{'type':'regex','pattern':'('}}",
        "{'structures':[{'begin':'<f>','schema':{},'end':'</f>'}],'triggers':['<g']}",
        "{'structures':[{'begin':'<f>','schema':{},'end':'</f>'}],'triggers':['<','<f']}",
        "{'structures':[{'begin':'<f>','schema':{},'end':'</f>'}],'triggers':['<f','<g']}",
      })
  void whatCannotBeFollowedIsRefused(String tag) {
    assertThrows(ConstraintException.class, () -> compiled(tag));
  }
}
