package dev.sgl.remote;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// The servers that speak OpenAI's protocol, and what each can do beyond it.
public enum ServerKind {
  /// This project's own.
  SGL(EnumSet.allOf(Ability.class)),
  VLLM(EnumSet.complementOf(EnumSet.of(Ability.SELECT))),
  SGLANG(
      EnumSet.of(
          Ability.SCHEMA,
          Ability.ANY_ROOT,
          Ability.REGEX,
          Ability.GRAMMAR,
          Ability.PREFILL,
          Ability.COMPLETIONS,
          Ability.LOGPROBS,
          Ability.SAMPLING)),
  LLAMA_CPP(
      EnumSet.of(
          Ability.SCHEMA,
          Ability.ANY_ROOT,
          Ability.GRAMMAR,
          Ability.PREFILL,
          Ability.COMPLETIONS,
          Ability.LOGPROBS,
          Ability.SAMPLING)),
  /// It puts the model's template around raw text, so it does not continue it.
  OLLAMA(EnumSet.of(Ability.SCHEMA, Ability.PREFILL)),
  OPENAI(EnumSet.of(Ability.SCHEMA, Ability.LOGPROBS)),
  AZURE(EnumSet.of(Ability.SCHEMA, Ability.LOGPROBS)),
  /// Nothing is known of it but the protocol.
  UNKNOWN(EnumSet.of(Ability.SCHEMA));

  /// What a server may be able to do.
  public enum Ability {
    /// `response_format: json_schema`.
    SCHEMA,
    /// A schema's outermost value may be any.
    ANY_ROOT,
    /// Regular expressions.
    REGEX,
    /// Grammars.
    GRAMMAR,
    /// An assistant's message that is begun is gone on from.
    PREFILL,
    /// Raw text is continued.
    COMPLETIONS,
    /// Log-probabilities.
    LOGPROBS,
    /// Log-probabilities of given tokens, and the tokens of conversations: choices can be scored.
    ECHO,
    /// A route of its own that chooses among choices.
    SELECT,
    /// Sampling options that OpenAI's protocol does not have.
    SAMPLING
  }

  private final Set<Ability> abilities;

  ServerKind(Set<Ability> abilities) {
    this.abilities = Set.copyOf(abilities);
  }

  /// Whether servers of this kind have an ability.
  public boolean can(Ability ability) {
    return abilities.contains(ability);
  }

  /// The kind's name as it is typed, such as `llama-cpp`.
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// The kind that a word names.
  public static Optional<ServerKind> parse(String word) {
    for (ServerKind kind : values()) {
      if (kind.word().equals(word)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  /// The kind of the server at a host, if the host says so.
  static Optional<ServerKind> ofHost(String host) {
    if (isOf(host, "openai.com")) {
      return Optional.of(OPENAI);
    }
    return isOf(host, "azure.com") ? Optional.of(AZURE) : Optional.empty();
  }

  private static boolean isOf(String host, String domain) {
    return host.equals(domain) || host.endsWith("." + domain);
  }

  /// The kind of a server whose list of models says `owner` of a model.
  static ServerKind ofOwner(String owner) {
    return switch (owner.toLowerCase(Locale.ROOT)) {
      case "sgl" -> SGL;
      case "vllm" -> VLLM;
      case "sglang" -> SGLANG;
      case "llamacpp" -> LLAMA_CPP;
      case "library" -> OLLAMA;
      case "openai", "system", "openai-internal" -> OPENAI;
      default -> UNKNOWN;
    };
  }

  /// Whether a begun message is marked as such; others take the last message for it.
  boolean marksPrefill() {
    return switch (this) {
      case SGL, VLLM, SGLANG -> true;
      case LLAMA_CPP, OLLAMA, OPENAI, AZURE, UNKNOWN -> false;
    };
  }
}
