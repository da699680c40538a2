package dev.sgl.server.parameters;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Prompt;
import dev.sgl.description.Description;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.server.chat.Schemas;
import dev.sgl.server.chat.StructuralTags;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads the type of an answer from the parameters of a call: `response_format`, and the
/// extensions for regular expressions, grammars and choices, by the names that vLLM and SGLang
/// gave them. A parameter that is not understood is refused, never ignored.
public final class FormatReader {
  private static final int MOST_CHOICES = 10_000;

  private final List<Named> found = new ArrayList<>();

  private record Named(String name, Type type) {}

  private FormatReader() {}

  /// The type of the answer; free text if the call has no format.
  ///
  /// @throws ApiException if there are several formats, or one that cannot be followed
  public static Type read(Fields fields) {
    return read(fields, Optional.empty());
  }

  /// The same of a call that has its format elsewhere than in `response_format`.
  ///
  /// @param format flat, as the Responses API has it: the members of `json_schema` beside `type`
  public static Type read(Fields fields, Optional<Fields> format) {
    FormatReader reader = new FormatReader();
    format.ifPresent(reader::flat);
    fields.object("response_format").ifPresent(reader::format);
    for (String name : List.of("regex", "guided_regex")) {
      fields.text(name).ifPresent(regex -> reader.add(name, new Type.Pattern(regex)));
    }
    for (String name : List.of("ebnf", "guided_grammar")) {
      fields.text(name).ifPresent(text -> reader.add(name, new Type.Grammar(text)));
    }
    for (String name : List.of("guided_json", "json_schema")) {
      fields.any(name).ifPresent(schema -> reader.add(name, Schemas.type(Schemas.closed(schema))));
    }
    fields
        .any("structural_tag")
        .filter(tag -> !tag.isTextual() || !tag.textValue().isEmpty())
        .ifPresent(tag -> reader.tag("structural_tag", tag));
    fields.text("dtype").ifPresent(name -> reader.number(fields.name("dtype"), name));
    reader.choices("guided_choice", fields);
    fields.object("structured_outputs").ifPresent(reader::structured);
    return reader.only();
  }

  /// The conversation with a description of the type behind the user's last message, where every
  /// chat template has room for it; as it is if `describe` does not ask for that.
  public static Prompt.Chat described(Type type, Fields fields, Prompt.Chat chat) {
    if (!fields.flag("describe", false)) {
      return chat;
    }
    int last = chat.messages().size() - 1;
    while (last >= 0 && chat.messages().get(last).role() != Role.USER) {
      last--;
    }
    if (Types.isFree(type) || last < 0) {
      throw ApiException.invalid(
          "describe", "describe needs a type, such as response_format, and a message of the user");
    }
    Prompt.Message asked = chat.messages().get(last);
    List<Prompt.Part> parts = new ArrayList<>(asked.parts());
    parts.add(new Prompt.Part.Written("\n\n" + Description.asking(type)));
    List<Prompt.Message> messages = new ArrayList<>(chat.messages());
    messages.set(last, new Prompt.Message(asked.role(), parts, asked.fields()));
    return new Prompt.Chat(messages, chat.open(), chat.variables());
  }

  private void format(Fields format) {
    if (format.text("type").equals(Optional.of("json_schema"))) {
      Fields inner = format.object("json_schema").orElseThrow(() -> format.missing("json_schema"));
      schema(inner);
      inner.finish();
    } else {
      flat(format);
    }
    format.finish();
  }

  /// A structural tag, which may also come as its text.
  private void tag(String name, JsonNode tag) {
    add(name, StructuralTags.type(tag, name));
  }

  private void flat(Fields format) {
    String name = format.name("type");
    switch (format.requiredText("type")) {
      case "text" -> {}
      case "json_schema" -> schema(format);
      case "json_object" -> {
        if (format.has("schema")) { // as llama.cpp's server and others have it
          schema(format);
        } else {
          add(name, new Type.Schema("{\"type\":\"object\"}"));
        }
      }
      case "structural_tag" -> {
        ObjectNode tag = Json.object();
        for (String member : StructuralTags.MEMBERS) {
          format.any(member).ifPresent(value -> tag.set(member, value));
        }
        tag(name, tag);
      }
      case "regex" -> add(name, new Type.Pattern(format.requiredText("regex")));
      case "ebnf", "grammar" -> add(name, new Type.Grammar(format.requiredText("grammar")));
      case String other ->
          throw ApiException.invalid(
              name,
              "invalid_value",
              name
                  + " must be text, json_object, json_schema, structural_tag, regex or grammar, not "
                  + other);
    }
  }

  /// A schema, whose objects are closed unless `strict` says otherwise.
  private void schema(Fields format) {
    boolean isClosed = format.flag("strict", true);
    JsonNode schema = format.any("schema").orElseThrow(() -> format.missing("schema"));
    add(format.name("schema"), Schemas.type(isClosed ? Schemas.closed(schema) : schema));
  }

  /// The type of `gen_int` in SGLang's front end of version 0.1.
  private void number(String field, String name) {
    if (!name.equals("int")) {
      throw ApiException.invalid(field, "unsupported_value", field + " can only be int");
    }
    add(field, new Type.Pattern("[-+]?[0-9]+"));
  }

  private void structured(Fields given) {
    int before = found.size();
    given
        .any("json")
        .ifPresent(schema -> add(given.name("json"), Schemas.type(Schemas.closed(schema))));
    given.text("regex").ifPresent(regex -> add(given.name("regex"), new Type.Pattern(regex)));
    given.text("grammar").ifPresent(text -> add(given.name("grammar"), new Type.Grammar(text)));
    given.any("structural_tag").ifPresent(tag -> tag(given.name("structural_tag"), tag));
    choices("choice", given);
    given.finish();
    if (found.size() == before) {
      throw ApiException.invalid(
          "structured_outputs",
          "structured_outputs asks for nothing; it needs json, regex, grammar, structural_tag or choice");
    }
  }

  private void choices(String name, Fields fields) {
    List<Type> choices = new ArrayList<>();
    fields.texts(name, MOST_CHOICES).forEach(text -> choices.add(new Type.Literal(text)));
    if (fields.has(name) && choices.isEmpty()) {
      throw ApiException.invalid(fields.name(name), fields.name(name) + " has nothing to choose");
    }
    if (!choices.isEmpty()) {
      add(fields.name(name), new Type.OneOf(choices));
    }
  }

  private void add(String name, Type type) {
    found.add(new Named(name, type));
  }

  private Type only() {
    Optional<Named> one = found.stream().findFirst();
    for (Named other : found) { // guidance sends the same under two names
      if (!other.type().equals(one.orElseThrow().type())) {
        throw ApiException.invalid(
            other.name(), one.get().name() + " and " + other.name() + " cannot both be asked for");
      }
    }
    one.ifPresent(named -> Schemas.require(named.name(), named.type()));
    return one.map(Named::type).orElse(Type.TEXT);
  }
}
