package dev.sgl.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Writing;
import dev.sgl.constraint.JsonStyle.Layout;
import dev.sgl.description.Description;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Asks a model the questions of `bench/quality`, freely or held to their schemas, and writes its
/// answers, a line of JSON each.
///
/// Usage: `Quality MODEL MODE QUESTIONS ANSWERS [MOST [AT_A_TIME]]`. The mode is `unconstrained`,
/// or a layout of JSON: `free`, `spaced` or `compact`; with `-described` behind it, the type is
/// described in the question. A question that has an answer is not asked again.
public final class Quality {
  static final int MAX_TOKENS = 300;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String UNCONSTRAINED = "unconstrained";
  private static final String DESCRIBED = "-described";
  private static final int AT_A_TIME = 16;

  private Quality() {}

  /// An answer.
  ///
  /// @param mode of the request
  /// @param tokens that were generated
  /// @param logprob the mean log-probability of the tokens, as the model has it without a type
  record Answer(
      String id,
      String engine,
      String mode,
      String text,
      int tokens,
      String finish,
      double logprob) {}

  public static void main(String[] args) throws IOException, InterruptedException {
    List<JsonNode> questions = lines(Path.of(args[2]));
    int most = args.length > 4 ? Integer.parseInt(args[4]) : questions.size();
    int atATime = args.length > 5 ? Integer.parseInt(args[5]) : AT_A_TIME;
    Path out = Path.of(args[3]);
    Map<String, Answer> known = answers(out);
    try (LocalBackend backend =
            LocalBackend.open(Path.of(args[0]), LocalOptions.DEFAULT, Progress.SILENT);
        ExecutorService callers = Executors.newFixedThreadPool(atATime)) {
      List<Future<Answer>> asked = new ArrayList<>();
      for (JsonNode question : questions.subList(0, Math.min(most, questions.size()))) {
        if (!known.containsKey(question.get("id").asText())) {
          asked.add(callers.submit(() -> ask(backend, question, args[1])));
        }
      }
      for (Future<Answer> one : asked) {
        write(out, one);
      }
    }
  }

  private static Answer ask(LocalBackend backend, JsonNode question, String mode) {
    String base = mode.replace(DESCRIBED, "");
    boolean free = base.equals(UNCONSTRAINED);
    Type type = new Type.Schema(question.get("schema").toString());
    String words = mode.equals(base) ? "" : "\n\n" + Description.asking(type);
    Request request =
        new Request(
            prompt(question, words),
            free ? Type.TEXT : type,
            Sampling.GREEDY.withMaxTokens(MAX_TOKENS).withLogprobs(OptionalInt.of(0)));
    if (!free) {
      Layout layout = Layout.valueOf(base.toUpperCase(Locale.ROOT));
      request = request.withWriting(Writing.DEFAULT.withLayout(layout));
    }
    try (Generation generation = backend.generate(request)) {
      Reply reply = generation.reply();
      return new Answer(
          question.get("id").asText(),
          "sgl",
          mode,
          reply.text(),
          reply.usage().generatedTokens(),
          reply.finish().name().toLowerCase(Locale.ROOT),
          reply.logprobs().stream().mapToDouble(Reply.Logprob::logprob).average().orElse(0));
    }
  }

  /// @param words behind the question
  private static Prompt prompt(JsonNode question, String words) {
    String text = question.get("question").asText() + words;
    return new Prompt.Chat(
        List.of(new Prompt.Message(Role.USER, List.of(new Prompt.Part.Written(text)))), List.of());
  }

  private static void write(Path out, Future<Answer> answer)
      throws IOException, InterruptedException {
    try {
      Files.writeString(
          out,
          JSON.writeValueAsString(answer.get()) + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (ExecutionException e) {
      System.err.println("not answered: " + e.getCause());
    }
  }

  /// The answers of a file by their ids; none if there is no file.
  static Map<String, Answer> answers(Path file) throws IOException {
    Map<String, Answer> answers = new LinkedHashMap<>();
    for (JsonNode line : Files.exists(file) ? lines(file) : List.<JsonNode>of()) {
      Answer answer = JSON.treeToValue(line, Answer.class);
      answers.put(answer.id(), answer);
    }
    return answers;
  }

  static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.isBlank()) {
        lines.add(JSON.readTree(line));
      }
    }
    return lines;
  }
}
