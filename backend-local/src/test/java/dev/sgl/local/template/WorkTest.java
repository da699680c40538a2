package dev.sgl.local.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Templates that would not end, would take all memory, or throw what is no error of a template.
class WorkTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static String render(String source, Map<String, Object> variables) {
    return Template.parse(source, LocalDateTime::now).render(variables);
  }

  private static String render(String source) {
    return render(source, Map.of());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% for a in range(100000) if range(100000)|list|length %}{% endfor %}",
        "{% for a in range(100000) %}{% if 'abc'.replace('', 'x' * 100000) %}{% endif %}{% endfor %}",
        "{% macro a() %}{% endmacro %}{% macro b() %}{{ a() }}{{ a() }}{% endmacro %}"
            + "{% for i in range(100000) %}{% for j in range(100000) %}{{ b() }}{% endfor %}{% endfor %}",
        "{% set n = namespace(l=[1]) %}{% for i in range(100) %}{% set n.l = n.l + n.l %}{% endfor %}",
        "{% set n = namespace(l=[1]) %}{% for i in range(100) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l }}",
        "{% set n = namespace(l=[1]) %}{% for i in range(100) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l|tojson }}",
        "{% set n = namespace(l=[1], m=[1]) %}{% for i in range(100) %}{% set n.l = [n.l, n.l] %}"
            + "{% set n.m = [n.m, n.m] %}{% endfor %}{{ n.l == n.m }}",
        "{% set n = namespace(s='x') %}{% for i in range(100) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
        "{% set s = 'x' * 1000000 %}{% set t = s.replace('x', s) %}",
        "{% set s = 'x' * 1000000 %}{% set t = s|replace('x', s) %}",
        "{% set s = 'x' * 1000000 %}{% set t = s.join(range(100000)) %}",
        "{% set s = 'x' * 1000000 %}{% set t = range(100000)|join(s) %}",
        "{% set s = 'x' * 1000000 %}{% set t = '%s' * 1000000 %}{{ t % ([s] * 5) }}{{ '{0}' * 100000 }}"
            + "{{ ('{0}' * 100000).format(s) }}",
        "{{ [1, [2]]|tojson(indent=2000000000) }}",
        "{{ ('x' * 1000000) * 1000000 }}",
        "{{ 'a\nb'|indent(2000000000) }}",
        "{% set s = 'a' * 1000000 %}{% for i in range(1000) %}{{ s[999999] }}{{ s.upper()|length }}{% endfor %}",
        "{% set s = 'a' * 10000000 %}{% set t = 'a' * 5000000 ~ 'b' %}{{ t in s }}{{ s.find(t) }}",
        "{{ 9 ** 9 ** 9 }}"
      })
  void endsWithinItsBound(String source) {
    TemplateException e =
        assertTimeoutPreemptively(
            PATIENCE, () -> assertThrows(TemplateException.class, () -> render(source)));
    assertTrue(String.valueOf(e.getMessage()).startsWith("chat template, line "), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      quoteCharacter = '`',
      value = {
        "{{ 1 is divisibleby(0) }} => division by zero",
        "{% for x in [1] %}{{ loop.cycle() }}{% endfor %} => no items for cycling given",
        "{{ 'abc'.rsplit('') }} => empty separator",
        "{{ 'abc'.split('') }} => empty separator",
        "{{ '\\uZZZZ' }} => a backslash and `u` need four hexadecimal digits",
        "{{ {[1]: 2} }} => unhashable type: list",
        "{% set m['role'] = 1 %} => `[` cannot stand here",
        "{{ 1 | nosuchfilter }} => No filter named 'nosuchfilter'.",
        "{{ none.x() }} => None has no attribute 'x'",
      })
  void isAnErrorOfTheTemplate(String source, String message) {
    String escaped = source.replace("\\\\", "\\");
    TemplateException e = assertThrows(TemplateException.class, () -> render("\n\n" + escaped));
    assertTrue(
        String.valueOf(e.getMessage()).startsWith("chat template, line 3: "), e.getMessage());
  }

  @Test
  void whatIsNestedTooDeeplyIsSaid() {
    for (String source :
        List.of(
            "{{ " + "not ".repeat(50_000) + "1 }}",
            "{{ " + "-".repeat(50_000) + "1 }}",
            "{{ " + "(".repeat(50_000) + "1 }}",
            "{{ 1" + " ** 1".repeat(50_000) + " }}",
            "{{ 1" + " + 1".repeat(50_000) + " }}",
            "{% if x %}" + "{% elif y %}".repeat(50_000) + "{% endif %}",
            "{% for x in [] %}".repeat(50_000))) {
      assertThrows(TemplateException.class, () -> render(source));
    }
  }

  /// As Python and Hugging Face's `tojson` have them.
  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      quoteCharacter = '`',
      value = {
        "{{ 99999999999999999999 }} => 99999999999999999999",
        "{{ 9223372036854775807 + 1 }} => 9223372036854775808",
        "{{ 2 ** 70 // 2 ** 69 }} => 2",
        "{{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} => -4 2 -2",
        "{{ 2 ** -1 }} => 0.5",
        "{{ [0.0001, 0.00001, 12345678.5, 10000000000000000.0, 100.0, -2.5] }} => [0.0001, 1e-05, 12345678.5, 1e+16, 100.0, -2.5]",
        "{{ '100000000000000000000'|from_json }} => 100000000000000000000",
        "{{ '18446744073709551615'|from_json }} => 18446744073709551615",
        "{{ 9007199254740993 == 9007199254740992 }} => False",
        "{{ {'é': 1}|tojson(ensure_ascii=True) }} => {\"\\u00e9\": 1}",
        "{{ {'é': 1}|tojson }} => {\"é\": 1}",
        "{{ {'b': 1, 'a': [1, 2]}|tojson(sort_keys=True, separators=(',', ':')) }} => {\"a\":[1,2],\"b\":1}",
        "{{ 'x'|indent(-1) }} => x",
        "{{ 'abc'.replace('', '-') }} => -a-b-c-",
        "{{ 'abc'.replace('', 'x', 9223372036854775807) }} => xaxbxcx",
        "{{ 'aaa'.replace('a', 'b', 2) }} => bba",
        "{{ 'a-b-c'.rsplit('-', 1) }} => ['a-b', 'c']",
        "{{ 'a-b-c'.split('-', 1) }} => ['a', 'b-c']",
        "{{ 'aaaa'.count('aa') }} => 2",
        "{{ [1, 2] == [1, 2.0] }} {{ {'a': [1]} == {'a': [1]} }} => True True"
      })
  void isAsInPython(String source, String expected) {
    assertEquals(expected, render(source));
  }

  @Test
  void whatTheCallerGaveStaysAsItWas() {
    Map<String, Object> message = new LinkedHashMap<>(Map.of("role", "user"));
    List<Object> messages = new ArrayList<>(List.of(message));
    assertThrows(
        TemplateException.class,
        () ->
            render(
                "{% for m in messages %}{% set m['role'] = 'x' %}{% endfor %}",
                Map.of("messages", messages)));
    assertThrows(
        TemplateException.class,
        () ->
            render(
                "{% for m in messages %}{% set m.role = 'x' %}{% endfor %}",
                Map.of("messages", messages)));
    assertEquals(Map.of("role", "user"), message);
  }

  @Test
  void longConversationsAreRendered() {
    List<Object> messages = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      messages.add(
          Map.of("role", i % 2 == 0 ? "user" : "assistant", "content", "word ".repeat(50)));
    }
    String source =
        "{% set n = namespace(all='') %}{% for m in messages %}"
            + "{{ '<|' ~ m.role ~ '|>' + m['content'] | trim + '\n' }}"
            + "{% if '</think>' in m.content %}{{ m.content.split('</think>')[-1] }}{% endif %}{% endfor %}";
    assertEquals(
        20_000 * (249 + 11) - 10_000 * 5 + 10_000 * 5,
        render(source, Map.of("messages", messages)).length(),
        200_000);
  }
}
