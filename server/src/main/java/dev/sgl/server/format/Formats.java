package dev.sgl.server.format;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.TokenBackend;
import dev.sgl.server.http.Json;
import java.util.List;
import java.util.Optional;

/// The formats of a model, which its chat template shows.
///
/// @param tools how the model writes calls; empty if it knows no tools, or its calls are not known
/// @param thoughts how it thinks; empty if it does not
/// @param channels how it parts an answer into messages; empty if it does not
/// @param calls how the template writes the calls of earlier messages
public record Formats(
    Optional<ToolFormat> tools,
    Optional<ThoughtFormat> thoughts,
    Optional<Channels> channels,
    Calls calls) {

  /// How a chat template writes calls.
  public enum Calls {
    /// Not at all.
    NONE,
    /// Their arguments are objects to it.
    WITH_OBJECTS,
    /// Their arguments are texts to it.
    WITH_TEXT
  }

  /// Of a model without a chat template.
  public static final Formats NONE =
      new Formats(Optional.empty(), Optional.empty(), Optional.empty(), Calls.WITH_OBJECTS);

  /// The formats of a model.
  public static Formats of(TokenBackend backend) {
    Optional<String> template = backend.card().chatTemplate();
    return template.map(source -> new TemplateProbe(source, backend).formats()).orElse(NONE);
  }

  /// Calls as the model writes them, for templates that do not.
  ///
  /// @param all calls of a message, as chat templates get them
  /// @param before the number of calls in earlier messages
  public String written(List<?> all, int before) {
    ToolFormat format = tools.orElseThrow();
    StringBuilder text = new StringBuilder(format.opening());
    for (int i = 0; i < all.size(); i++) {
      JsonNode call = Json.of(all.get(i));
      JsonNode function = call.path("function");
      String begin = i == 0 ? format.call().begin() : format.again();
      String id = call.path("id").asText();
      text.append(
          format.written(
              begin, function.path("name").asText(), function.path("arguments"), before + i, id));
    }
    return text.append(format.close()).toString();
  }
}
