package dev.sgl.server.parameters;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Writing;
import dev.sgl.backend.Writing.OnLength;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle.Layout;
import dev.sgl.constraint.match.PatternSearch;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/// Reads sampling options from the parameters of a call: those of OpenAI's API, and the extensions
/// that vLLM and SGLang share.
public final class SamplingReader {
  private static final int MOST_STOPS = 64;
  public static final int MOST_LOGPROBS = 20;
  private static final int MOST_BIASES = 1024;
  private static final int MOST_PATTERNS = 16;
  private static final int LONGEST_PATTERN = 1_000; // characters
  private static final int MOST_BANNED = 256;
  private static final int LONGEST_BANNED = 256; // characters

  private SamplingReader() {}

  /// The sampling options of a call; options that are absent keep their defaults.
  ///
  /// @param vocabulary tokens of the model
  /// @param logprobs how many candidates are reported, or none
  /// @throws ApiException if an option is outside its range
  public static Sampling read(Fields fields, int vocabulary, OptionalInt logprobs) {
    return read(fields, vocabulary, logprobs, maxTokens(fields, 1));
  }

  /// The same of a call that has another name for the most tokens of an answer.
  public static Sampling read(
      Fields fields, int vocabulary, OptionalInt logprobs, OptionalInt maxTokens) {
    List<String> stops = fields.texts("stop", MOST_STOPS);
    if (stops.contains("")) {
      throw ApiException.invalid(fields.name("stop"), "a stop text must not be empty");
    }
    return new Sampling(
        new Sampling.Length(maxTokens, OptionalInt.empty(), minTokens(fields)),
        new Sampling.Stops(
            stops,
            patterns(fields),
            fields.integers("stop_token_ids", 0, vocabulary - 1, MOST_STOPS),
            fields.flag("ignore_eos", false)),
        new Sampling.Choice(
            fields.number("temperature", 0, 2),
            fields.number("top_p", 0, 1),
            topK(fields),
            fields.number("min_p", 0, 1),
            seed(fields)),
        new Sampling.Penalties(
            fields.number("frequency_penalty", -2, 2).orElse(0),
            fields.number("presence_penalty", -2, 2).orElse(0),
            fields.number("repetition_penalty", 0.01, 10),
            bias(fields, vocabulary)),
        new Sampling.Words(
            Set.copyOf(fields.integers("allowed_token_ids", 0, vocabulary - 1, vocabulary)),
            banned(fields)),
        logprobs);
  }

  /// SGLang's name is another.
  private static OptionalLong seed(Fields fields) {
    OptionalLong sglangs = fields.whole("sampling_seed", Long.MIN_VALUE, Long.MAX_VALUE);
    OptionalLong seed = fields.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE);
    return seed.isPresent() ? seed : sglangs;
  }

  private static List<String> patterns(Fields fields) {
    List<String> patterns = fields.texts("stop_regex", MOST_PATTERNS);
    String name = fields.name("stop_regex");
    for (String pattern : patterns) {
      if (pattern.length() > LONGEST_PATTERN) {
        throw ApiException.invalid(
            name, name + " has more than " + LONGEST_PATTERN + " characters");
      }
      try {
        new PatternSearch(pattern);
      } catch (ConstraintException e) {
        throw ApiException.invalid(name, name + ": " + e.getMessage());
      }
    }
    return patterns;
  }

  private static List<String> banned(Fields fields) {
    List<String> banned = fields.texts("bad_words", MOST_BANNED);
    if (banned.stream().anyMatch(text -> text.isEmpty() || text.length() > LONGEST_BANNED)) {
      String name = fields.name("bad_words");
      throw ApiException.invalid(
          name, name + " must be texts of 1 to " + LONGEST_BANNED + " characters");
    }
    return banned;
  }

  /// The most tokens of an answer; -1 is as many as fit.
  ///
  /// @param least the smallest number that is allowed
  public static OptionalInt maxTokens(Fields fields, int least) {
    boolean isAll = fields.any("max_tokens").filter(given -> given.asInt() == -1).isPresent();
    OptionalInt old = fields.integer("max_tokens", isAll ? -1 : least, Integer.MAX_VALUE);
    OptionalInt now = fields.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
    return now.isPresent() || isAll ? now : old;
  }

  /// SGLang's name is another.
  private static int minTokens(Fields fields) {
    OptionalInt sglangs = fields.integer("min_new_tokens", 0, Integer.MAX_VALUE);
    return fields.integer("min_tokens", 0, Integer.MAX_VALUE).orElse(sglangs.orElse(0));
  }

  /// -1 is all tokens, too.
  private static OptionalInt topK(Fields fields) {
    OptionalInt topK = fields.integer("top_k", -1, Integer.MAX_VALUE);
    return topK.isPresent() ? OptionalInt.of(Math.max(0, topK.getAsInt())) : topK;
  }

  private static Map<Integer, Double> bias(Fields fields, int vocabulary) {
    Map<Integer, Double> bias = new HashMap<>();
    Fields given = fields.object("logit_bias").orElse(null);
    if (given == null) {
      return bias;
    }
    List<String> names = given.names();
    if (names.size() > MOST_BIASES) {
      throw ApiException.invalid(
          "logit_bias", "logit_bias has more than " + MOST_BIASES + " tokens");
    }
    for (String name : names) {
      if (!name.matches("[0-9]{1,9}") || Integer.parseInt(name) >= vocabulary) {
        throw ApiException.invalid(
            given.name(name), "the model has no token " + name + " of its " + vocabulary);
      }
      bias.put(Integer.parseInt(name), given.number(name, -100, 100).orElse(0));
    }
    return bias;
  }

  /// The `priority` of a call, 0 by default, and the `cache_salt` that separates its cache.
  ///
  /// @throws ApiException if the priority is not from -1000 to 1000
  public static Scheduling scheduling(Fields fields) {
    return new Scheduling(
        fields.integer("priority", -1000, 1000).orElse(0), fields.text("cache_salt").orElse(""));
  }

  /// How typed answers and arguments of calls are written: `json_layout` and `on_length`.
  ///
  /// @throws ApiException if a member is none of the known words
  public static Writing writing(Fields fields) {
    Optional<Layout> layout = one(fields, "json_layout", Layout.values());
    return new Writing(layout, one(fields, "on_length", OnLength.values()));
  }

  /// The constant that a member names.
  private static <E extends Enum<E>> Optional<E> one(Fields fields, String name, E[] all) {
    Optional<String> given = fields.text(name);
    Optional<E> found =
        given.flatMap(
            word ->
                Arrays.stream(all)
                    .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(word))
                    .findFirst());
    if (given.isPresent() && found.isEmpty()) {
      String words = Arrays.toString(all).toLowerCase(Locale.ROOT);
      throw ApiException.invalid(fields.name(name), fields.name(name) + " must be one of " + words);
    }
    return found;
  }

  /// Numbers of tokens to report, from a member that OpenAI's API has.
  public static OptionalInt logprobs(JsonNode node, String name) {
    double count = node.isNumber() ? node.doubleValue() : -1;
    if (count != Math.rint(count) || count < 0 || count > MOST_LOGPROBS) {
      throw ApiException.invalid(
          name, "invalid_value", name + " must be an integer from 0 to " + MOST_LOGPROBS);
    }
    return OptionalInt.of((int) count);
  }
}
