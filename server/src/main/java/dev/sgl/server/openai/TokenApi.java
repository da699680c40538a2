package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.TokenBackend.Token;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.parameters.Conversations;
import dev.sgl.server.turn.Served;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// `POST /tokenize` and `POST /detokenize`, and `GET /tokenizer_info`.
///
/// Reference: vLLM documentation, "OpenAI-Compatible Server", "Tokenizer API".
public final class TokenApi {
  private final Served served;

  /// The routes of the model that is served.
  public TokenApi(Served served) {
    this.served = served;
  }

  /// The tokens of a text, or of messages as the model sees them.
  public void tokenize(Call call) throws IOException {
    Fields fields = call.fields();
    fields.text("model").ifPresent(served::requireName);
    boolean whole = fields.flag("add_special_tokens", true);
    boolean names = fields.flag("return_token_strs", false);
    List<Integer> tokens;
    if (fields.has("messages")) {
      ToolReader tools = ToolReader.read(fields, served.formats(), call);
      Prompt prompt = new Conversations(served).read(fields, tools.tools().all());
      tokens = served.backend().tokens(prompt);
    } else {
      String text = fields.text("text").orElseGet(() -> fields.requiredText("prompt"));
      tokens = served.backend().tokens(text, whole);
    }
    fields.finish();
    ObjectNode body = Json.object().put("count", tokens.size());
    body.put("max_model_len", served.backend().card().context());
    ArrayNode ids = body.putArray("tokens");
    tokens.forEach(ids::add);
    if (names) {
      ArrayNode texts = body.putArray("token_strs");
      tokens.forEach(id -> texts.add(served.backend().token(id).map(Token::text).orElse("")));
    }
    call.answer(body);
  }

  /// Answers with the special tokens and the chat template.
  public void info(Call call) throws IOException {
    ObjectNode body = Json.object();
    served.backend().roles().forEach(body::put);
    served.backend().card().chatTemplate().ifPresent(source -> body.put("chat_template", source));
    body.put("model_max_length", served.backend().card().context());
    call.answer(body);
  }

  /// The text of tokens.
  public void detokenize(Call call) throws IOException {
    Fields fields = call.fields();
    fields.text("model").ifPresent(served::requireName);
    int last = served.backend().card().vocabulary() - 1;
    List<Integer> tokens = fields.integers("tokens", 0, last, 1 << 20);
    boolean skips = fields.flag("skip_special_tokens", false);
    fields.finish();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int id : tokens) {
      Token token = served.backend().token(id).orElseThrow();
      token.bytes().forEach(bytes::write);
      if (token.bytes().isEmpty() && !skips) {
        bytes.writeBytes(token.text().getBytes(StandardCharsets.UTF_8));
      }
    }
    String text = bytes.toString(StandardCharsets.UTF_8);
    call.answer(Json.object().put("prompt", text).put("text", text));
  }
}
