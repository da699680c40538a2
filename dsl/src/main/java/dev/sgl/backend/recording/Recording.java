package dev.sgl.backend.recording;

import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Selection;
import dev.sgl.program.Type;
import dev.sgl.program.Values;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/// The answers of a model, by request, so that they can be given again without it.
///
/// A request is the text of the prompt, the type and the options, the seed among them; tokens
/// do not count. Equal requests get their answers in the order of the recording.
public final class Recording {
  /// An answer.
  ///
  /// @param asked the key of the request, a hash
  /// @param text the text that was generated or chosen
  /// @param cancelled whether somebody ended the generation before it had an end
  /// @param cutStrings and `closed`: the parts that are missing, see [Reply.Cuts]
  /// @param failure why there is no answer; empty if there is one
  /// @param scores of the choices, if it was a choice
  /// @param method how the choice was made
  public record Answer(
      String asked,
      String text,
      boolean cancelled,
      String failure,
      Reply.Finish finish,
      int cutStrings,
      boolean closed,
      Reply.Usage usage,
      List<Double> scores,
      String method) {
    public Answer {
      // a file that was changed by hand may leave something out
      Stream.of(asked, text, failure, finish, usage, method).forEach(Objects::requireNonNull);
      scores = List.copyOf(scores);
    }

    static Answer said(String asked, Reply reply) {
      return new Answer(
          asked,
          reply.text(),
          false,
          "",
          reply.finish(),
          reply.cuts().strings(),
          reply.cuts().closed(),
          reply.usage(),
          List.of(),
          "");
    }

    private static Answer without(String asked, String text, boolean cancelled, String failure) {
      return new Answer(
          asked,
          text,
          cancelled,
          failure,
          Reply.Finish.END,
          0,
          false,
          Reply.Usage.NONE,
          List.of(),
          "");
    }

    static Answer cancelled(String asked, String text) {
      return without(asked, text, true, "");
    }

    static Answer failed(String asked, String text, String failure) {
      return without(asked, text, false, failure);
    }

    static Answer chosen(String asked, String text, Selection best) {
      return new Answer(
          asked,
          text,
          false,
          "",
          Reply.Finish.END,
          0,
          false,
          best.usage(),
          best.scores(),
          best.method());
    }
  }

  private final List<Answer> answers;

  /// A recording that begins with `answers`, in order; it may be empty.
  public Recording(List<Answer> answers) {
    this.answers = new ArrayList<>(answers);
  }

  /// The answers that were not taken yet.
  public synchronized List<Answer> answers() {
    return List.copyOf(answers);
  }

  synchronized void add(Answer answer) {
    answers.add(answer);
  }

  /// Takes the first answer to the request of this key.
  synchronized Optional<Answer> take(String key) {
    Optional<Answer> first = answers.stream().filter(a -> a.asked().equals(key)).findFirst();
    first.ifPresent(answers::remove);
    return first;
  }

  // --- what is asked

  static String key(Request request) {
    Sampling sampling = request.sampling();
    List<Object> rare = new ArrayList<>(sampling.stops().patterns());
    if (!sampling.words().areAll()) {
      rare.add(new TreeSet<>(sampling.words().allowed()));
      rare.add(sampling.words().banned());
    }
    return key(
        request.prompt(),
        request.type(),
        rare,
        sampling.length().maxTokens(),
        sampling.length().minTokens(),
        sampling.choice().temperature(),
        sampling.choice().topP(),
        sampling.choice().topK(),
        sampling.choice().minP(),
        sampling.stops().texts(),
        sampling.penalties().frequency(),
        sampling.penalties().presence(),
        sampling.penalties().repetition(),
        new TreeMap<>(sampling.penalties().logitBias()),
        sampling.stops().ignoreEos(),
        sampling.logprobs(),
        sampling.choice().seed());
  }

  static String key(Question question) {
    return key(question.prompt(), Type.TEXT, List.of(), question.choices(), question.method());
  }

  /// @param rare options that are not part of the key unless they are set
  private static String key(Prompt prompt, Type type, List<Object> rare, Object... options) {
    List<Object> asked = new ArrayList<>();
    switch (prompt) {
      case Prompt.Raw(var parts) -> asked.add(text(parts));
      case Prompt.Chat(var messages, var open, _) -> {
        messages.forEach(message -> asked.add(message.role().word() + ":" + text(message.parts())));
        asked.add("open:" + text(open));
      }
    }
    asked.add(type.toString());
    for (Object option : options) {
      asked.add(option.toString());
    }
    rare.forEach(option -> asked.add(option.toString()));
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] hash = digest.digest(Values.json(asked).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  private static String text(List<Prompt.Part> parts) {
    StringBuilder text = new StringBuilder();
    for (Prompt.Part part : parts) {
      text.append(part instanceof Prompt.Part.Image(String url) ? "\0" + url + "\0" : part.text());
    }
    return text.toString();
  }
}
