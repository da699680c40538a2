package dev.sgl.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Members that clients send and that no code here reads, with the values that have no effect:
/// they request nothing, or the standard behaviour. Such a member counts as missing.
///
/// Reference: the requests of OpenAI's API, of vLLM (`ChatCompletionRequest`,
/// `CompletionRequest`, `EmbeddingRequest`) and of SGLang (the same, and `GenerateReqInput`,
/// `SamplingParams`).
final class NoEffect {
  /// A line each: the name with its path, where `[]` is any item of a list, and the values as JSON;
  /// `*` is any value, for what only says something of the client's own.
  private static final Map<String, List<JsonNode>> VALUES =
      read(
          """
          user *
          store *
          metadata *
          client_metadata *
          prediction *
          prompt_cache_options *
          diagnostics *
          service_tier *
          safety_identifier *
          prompt_cache_key *
          prompt_cache_retention *
          verbosity "low" "medium" "high"
          text.verbosity "low" "medium" "high"
          modalities ["text"] []
          functions []
          function_call "none" "auto"
          tools []
          tool_choice "none" "auto"
          tool_choice.type "function"
          parallel_tool_calls true
          stream false
          stream_options {}
          stream_options.include_obfuscation *
          n 1
          best_of 1
          echo false
          suffix ""
          stop [] ""
          logprobs false
          top_logprobs 0
          logit_bias {}
          response_format {"type":"text"}
          response_format.json_schema.name *
          response_format.json_schema.description *
          frequency_penalty 0
          presence_penalty 0
          repetition_penalty 1
          length_penalty 1
          min_p 0
          typical_p 1
          top_a 0
          mirostat 0
          options.mirostat 0
          options.mirostat_eta *
          options.mirostat_tau *
          min_tokens 0
          min_new_tokens 0
          stop_token_ids []
          stop_regex [] ""
          bad_words []
          allowed_token_ids []
          ignore_eos false
          no_stop_trim false
          include_stop_str_in_output false
          skip_special_tokens true
          spaces_between_special_tokens *
          add_special_tokens false
          continue_final_message false
          use_beam_search false
          early_stopping false
          return_tokens_as_token_ids false
          return_token_ids false
          return_prompt_token_ids false
          return_prompt_text false
          return_hidden_states false
          return_routed_experts false
          return_cached_tokens_details *
          return_meta_info false
          return_entropy false
          return_bytes false
          return_text_in_logprobs *
          token_ids_logprob []
          include_reasoning true
          separate_reasoning true
          stream_reasoning true
          require_reasoning false
          stream_interval 1
          documents []
          chat_template ""
          chat_template_kwargs {}
          mm_processor_kwargs {}
          media_io_kwargs {}
          image_data []
          video_data []
          audio_data []
          use_audio_in_video false
          guided_decoding_backend *
          custom_params {}
          logits_processors []
          custom_logit_processor ""
          structural_tag ""
          lora_path "" []
          session_params {}
          kv_transfer_params {}
          vllm_xargs {}
          background false
          log_metrics *
          no_logs *
          custom_labels *
          cache_prompt true
          timings_per_token false
          keep_alive *
          transforms []
          priority 0
          cache_salt ""
          encoding_format "float"
          embed_dtype "float32"
          endianness "native" "little"
          messages[].annotations *
          messages[].cache_control *
          messages[].id *
          messages[].images []
          messages[].parsed *
          messages[].provider_specific_fields *
          messages[].reasoning ""
          messages[].reasoning_content ""
          messages[].reasoning_details *
          messages[].refusal ""
          messages[].thinking_blocks *
          messages[].tool_call_id ""
          messages[].tool_calls []
          messages[].content[].annotations *
          messages[].content[].cache_control *
          messages[].content[].uuid *
          messages[].content[].image_url.detail *
          messages[].tool_calls[].extra_content *
          messages[].tool_calls[].index *
          messages[].tool_calls[].provider_specific_fields *
          messages[].tool_calls[].function.provider_specific_fields *
          messages[].tool_calls[].function.parsed_arguments *
          tools[].cache_control *
          tools[].eager_input_streaming *
          tools[].input_examples *
          tools[].defer_loading *
          tools[].allowed_callers ["direct"]
          cache_control *
          system[].cache_control *
          system[].citations *
          messages[].content[].citations *
          messages[].content[].caller *
          messages[].content[].content[].cache_control *
          messages[].content[].content[].citations *
          options.repeat_penalty 1
          options.repeat_last_n 64 -1
          options.typical_p 1
          options.tfs_z 1
          options.penalize_newline *
          context []
          template ""
          messages[].tool_name ""
          mcp_servers []
          inference_geo *
          input[].phase *
          input[].content[].annotations *
          input[].content[].logprobs *
          input[].content[].detail *
          input[].output[].detail *
          items[].content[].annotations *
          items[].content[].logprobs *
          items[].content[].detail *
          """);

  private NoEffect() {}

  private static Map<String, List<JsonNode>> read(String lines) {
    return lines
        .lines()
        .map(line -> line.split(" "))
        .collect(Collectors.toMap(words -> words[0], NoEffect::parsed));
  }

  private static List<JsonNode> parsed(String[] words) {
    return words[1].equals("*")
        ? List.of()
        : Arrays.stream(words)
            .skip(1)
            .map(value -> Json.read(value.getBytes(StandardCharsets.UTF_8)))
            .toList();
  }

  /// What a member may be that has no effect; none if it is not known at all, and an empty list if
  /// it may be anything.
  ///
  /// @param name with its path
  static Optional<List<JsonNode>> values(String name) {
    String plain = name.replaceAll("\\[[0-9]+]", "[]").replaceFirst("^sampling_params\\.", "");
    return Optional.ofNullable(VALUES.get(plain));
  }
}
