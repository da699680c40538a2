package dev.sgl.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Backend;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Selection;
import dev.sgl.program.Role;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import dev.sgl.remote.ServerKind.Ability;
import dev.sgl.remote.http.Cancellation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/// Chooses by the best way that a server has, and says which it was.
///
/// `likelihood`, `unconditional` and `greedy` are exact scores of all choices: this project's
/// server has a route for them; of others that echo prompts they are the log-probabilities of the
/// choices' tokens behind the prompt.
///
/// `walk`: the choices are walked token by token, by the candidates that the server reports.
///
/// `labels`: each choice gets a letter, and the letters' log-probabilities are compared.
///
/// `enum`: the server is held to one of the choices; there are no scores.
final class RemoteSelector {
  private static final int LABELS = 20; // as many as servers report
  static final double NEVER = -100;

  private final Link link;
  private final Endpoint endpoint;
  private final ServerKind server;
  private final Backend backend;
  private final Cancellation wanted = new Cancellation();
  private Reply.Usage usage = Reply.Usage.NONE;

  RemoteSelector(Link link, Backend backend) {
    this.link = link;
    this.endpoint = link.endpoint();
    this.server = link.server();
    this.backend = backend;
  }

  Selection select(Question question) {
    long start = System.nanoTime();
    if (server.can(Ability.SELECT)) {
      return warmed(question, () -> selected(question, start));
    }
    boolean isScored = question.method() != Step.Method.GREEDY;
    if (isScored && server.can(Ability.ECHO)) {
      EchoedScores echoed = new EchoedScores(link, wanted);
      Optional<List<Double>> scores = tried(() -> warmed(question, () -> echoed.of(question)));
      usage = usage.plus(echoed.usage());
      if (scores.isPresent()) {
        String method = question.method().name().toLowerCase(Locale.ROOT);
        return selection(question, scores.get(), method, start);
      }
    }
    if (isScored && server.can(Ability.LOGPROBS) && server.can(Ability.PREFILL)) {
      ChoiceWalk walk = new ChoiceWalk(backend, question);
      Optional<List<Double>> scores = tried(walk::scores).flatMap(found -> found);
      usage = usage.plus(walk.usage());
      if (scores.filter(RemoteSelector::isKnown).isPresent()) {
        return selection(question, scores.get(), "walk", start);
      }
    } else if (isScored && link.known().mayReport() && question.choices().size() <= LABELS) {
      Optional<List<Double>> scores = tried(() -> labels(question));
      if (scores.filter(RemoteSelector::isKnown).isPresent()) {
        return selection(question, scores.get(), "labels", start);
      }
    }
    return choice(question, start);
  }

  /// Whether there is a score at all: else the server reported none of the choices.
  private static boolean isKnown(List<Double> scores) {
    return Collections.max(scores) > NEVER;
  }

  /// A way of choosing; none if the endpoint does not know it.
  private static <T> Optional<T> tried(Supplier<T> way) {
    try {
      return Optional.of(way.get());
    } catch (BackendException e) {
      return Optional.empty(); // the last way says what is wrong
    }
  }

  private <T> T warmed(Question question, Supplier<T> work) {
    Runnable warm = link.warmth().await(question.prompt(), wanted);
    try {
      return work.get();
    } finally {
      warm.run();
    }
  }

  private Selection selection(Question question, List<Double> scores, String method, long start) {
    int best = scores.indexOf(Collections.max(scores));
    return new Selection(best, scores, List.of(), 0, method, usage, timing(start));
  }

  private static Reply.Timing timing(long start) {
    return new Reply.Timing(0, 0, (System.nanoTime() - start) / 1e6);
  }

  // --- exact scores

  private Selection selected(Question question, long start) {
    ObjectNode body = endpoint.json().createObjectNode().put("model", link.options().model());
    switch (question.prompt()) {
      case Prompt.Raw(var parts) -> body.put("prompt", Prompt.text(parts));
      case Prompt.Chat chat -> Body.conversation(chat, "", body);
    }
    question.choices().forEach(body.putArray("choices")::add);
    body.put("method", question.method().name().toLowerCase(Locale.ROOT));
    body.put("priority", question.scheduling().priority());
    body.put("cache_salt", question.scheduling().cacheSalt());
    JsonNode answer = endpoint.post("select", body, wanted);
    usage = usage.plus(Wire.usage(answer));
    List<Double> scores = new ArrayList<>();
    answer.path("scores").forEach(score -> scores.add(score.asDouble()));
    int index = answer.path("index").asInt(-1);
    if (index < 0 || index >= question.choices().size()) {
      throw new BackendException("the endpoint chose nothing of what there is");
    }
    String method = answer.path("method").asText();
    return new Selection(index, scores, List.of(), 0, method, usage, timing(start));
  }

  // --- labels

  private List<Double> labels(Question question) {
    StringBuilder asked = new StringBuilder("Which of these is it? Answer with the letter alone.");
    for (int i = 0; i < question.choices().size(); i++) {
      asked.append('\n').append(label(i)).append(") ").append(question.choices().get(i));
    }
    Sampling sampling = Sampling.GREEDY.withMaxTokens(1).withLogprobs(OptionalInt.of(LABELS));
    Request request =
        new Request(
            told(question.prompt(), asked.toString()), Type.TEXT, sampling, question.scheduling());
    try (Generation generation = backend.generate(request)) {
      Reply reply = answered(generation);
      usage = usage.plus(reply.usage());
      if (reply.logprobs().isEmpty()) {
        link.known().reportsNothing();
        throw new BackendException("the endpoint gives no log-probabilities");
      }
      List<Double> scores = new ArrayList<>();
      for (int i = 0; i < question.choices().size(); i++) {
        String label = label(i);
        scores.add(
            reply.logprobs().getFirst().top().stream()
                .filter(candidate -> candidate.token().strip().equals(label))
                .mapToDouble(Reply.Candidate::logprob)
                .max()
                .orElse(NEVER));
      }
      return scores;
    }
  }

  /// A reply with log-probabilities, or one without them by a server that does not know the word.
  private Reply answered(Generation generation) {
    try {
      return generation.reply();
    } catch (BackendException e) {
      if (e.getCause() instanceof Endpoint.Refused) {
        link.known().reportsNothing();
      }
      throw e;
    }
  }

  private static String label(int index) {
    return String.valueOf((char) ('A' + index));
  }

  private static Prompt told(Prompt prompt, String words) {
    return switch (prompt) {
      case Prompt.Raw(var parts) -> {
        List<Prompt.Part> all = new ArrayList<>(parts);
        all.add(new Prompt.Part.Written("\n\n" + words + "\n"));
        yield new Prompt.Raw(all);
      }
      case Prompt.Chat(var messages, var open, var variables) -> {
        List<Prompt.Message> all = new ArrayList<>(messages);
        if (!open.isEmpty()) {
          all.add(new Prompt.Message(Role.ASSISTANT, open));
        }
        all.add(new Prompt.Message(Role.USER, List.of(new Prompt.Part.Written(words))));
        yield new Prompt.Chat(all, List.of(), variables);
      }
    };
  }

  // --- one of the choices

  private Selection choice(Question question, long start) {
    List<Type> literals = new ArrayList<>();
    question.choices().stream()
        .distinct()
        .forEach(choice -> literals.add(new Type.Literal(choice)));
    Request request =
        new Request(
            question.prompt(), new Type.OneOf(literals), Sampling.GREEDY, question.scheduling());
    try (Generation generation = backend.generate(request)) {
      Reply reply = generation.reply();
      int index = question.choices().indexOf(reply.text());
      if (index < 0) {
        throw new BackendException("the endpoint chose nothing of what there is: " + reply.text());
      }
      boolean isGreedy = server.can(Ability.REGEX) && question.method() == Step.Method.GREEDY;
      String method = isGreedy ? "greedy" : "enum";
      return new Selection(
          index, List.of(), List.of(), 0, method, usage.plus(reply.usage()), timing(start));
    }
  }
}
