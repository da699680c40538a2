package dev.sgl.server.reading;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.parameters.Inputs;
import dev.sgl.server.parameters.SamplingReader;
import dev.sgl.server.turn.Served;
import java.util.ArrayList;
import java.util.List;

/// The probabilities of some tokens after a query with an item, in the form of SGLang.
///
/// @param amongAll whether probabilities are among all tokens; else among the named ones
record TokenScores(Texts texts, List<Integer> labels, boolean amongAll, Scheduling scheduling) {
  static TokenScores read(Fields fields, Served served) {
    TokenBackend backend = served.backend();
    List<Integer> labels =
        fields.integers("label_token_ids", 0, backend.card().vocabulary() - 1, Inputs.MOST);
    if (labels.isEmpty()) {
      throw ApiException.invalid("label_token_ids", "invalid_value", "label_token_ids is empty");
    }
    boolean amongAll = !fields.flag("apply_softmax", false);
    boolean itemFirst = fields.flag("item_first", false);
    List<Integer> query = Inputs.read(fields, "query", backend).getFirst().tokens();
    List<List<Integer>> texts = new ArrayList<>();
    for (Inputs.Input item : Inputs.read(fields, "items", backend, itemFirst)) {
      List<Integer> text = new ArrayList<>(itemFirst ? item.tokens() : query);
      text.addAll(itemFirst ? query : item.tokens());
      texts.add(text);
    }
    Scheduling scheduling = SamplingReader.scheduling(fields);
    fields.finish();
    return new TokenScores(new Texts(texts), labels, amongAll, scheduling);
  }

  ObjectNode answer(String model, TokenBackend backend) {
    List<double[]> all = texts.each(text -> backend.next(text, labels, scheduling));
    ObjectNode body = Json.object().put("object", "scoring").put("model", model);
    ArrayNode scores = body.putArray("scores");
    for (double[] logprobs : all) {
      ArrayNode one = scores.addArray();
      double sum = 0;
      for (double logprob : logprobs) {
        sum += Math.exp(logprob);
      }
      for (double logprob : logprobs) {
        one.add(amongAll ? Math.exp(logprob) : Math.exp(logprob) / sum);
      }
    }
    Texts.usage(body, texts.count());
    return body;
  }
}
