"""Has a peer engine answer questions, one at a time, freely or held to their JSON Schemas.

usage: peers.py ENGINE MODE MODEL INPUT OUTPUT [--max-tokens 300] [--limit N] [--device cpu|cuda] [--dtype NAME]

ENGINE and MODE: llama.cpp (a .gguf file) with free or schema; transformers (a model folder or a .gguf file) with free, xgrammar
or llguidance. INPUT has lines {"id", "question", "schema", …}; for transformers they may have "messages" and "tools" instead
of a question. OUTPUT gets {"id", "engine", "mode", "text", "tokens", "finish"}, where tokens counts what was generated without
the token that ends it. Ids that OUTPUT has already are skipped. finish is stop, length, refused (the engine takes no such
schema; the text is empty), or error (its matcher gave up).
"""

import argparse
import json
import pathlib

MODES = {"llama.cpp": ["free", "schema"], "transformers": ["free", "xgrammar", "llguidance"]}


class Refused(Exception):
    """The engine does not take the schema."""


class Free:
    """Allows every token."""

    def mask(self, logits):
        """Leaves the logits as they are."""

    def accept(self, token):
        """Takes note of nothing."""


class XGrammar:
    """Allows what a matcher of xgrammar allows."""

    def __init__(self, compiler, schema):
        """Compiles a schema with the standard settings."""
        import xgrammar

        self.library = xgrammar
        try:
            compiled = compiler.compile_json_schema(json.dumps(schema))
        except Exception as error:
            raise Refused(str(error)) from error
        self.matcher = xgrammar.GrammarMatcher(compiled)
        self.bits = xgrammar.allocate_token_bitmask(1, compiled.tokenizer_info.vocab_size)

    def mask(self, logits):
        """Sets the logits of what is not allowed to minus infinity."""
        self.matcher.fill_next_token_bitmask(self.bits)
        self.library.apply_token_bitmask_inplace(logits, self.bits.to(logits.device))

    def accept(self, token):
        """Goes on behind a token."""
        if not self.matcher.accept_token(token):
            raise RuntimeError(f"xgrammar does not accept token {token}")


class LLGuidance:
    """Allows what a matcher of llguidance allows."""

    def __init__(self, tokenizer, schema):
        """Compiles a schema with the standard settings."""
        import llguidance
        import llguidance.numpy

        self.library = llguidance.numpy
        try:
            self.matcher = llguidance.LLMatcher(tokenizer, llguidance.LLMatcher.grammar_from_json_schema(json.dumps(schema)))
        except Exception as error:
            raise Refused(str(error)) from error
        if self.matcher.is_error():
            raise Refused(self.matcher.get_error())
        self.bits = self.library.allocate_token_bitmask(1, tokenizer.vocab_size)

    def mask(self, logits):
        """Sets the logits of what is not allowed to minus infinity."""
        import torch

        self.library.fill_next_token_bitmask(self.matcher, self.bits)
        if self.matcher.is_error():
            raise RuntimeError(self.matcher.get_error())
        masked = logits.cpu().numpy()
        self.library.apply_token_bitmask_inplace(masked, self.bits)
        logits.copy_(torch.from_numpy(masked))

    def accept(self, token):
        """Goes on behind a token."""
        if not self.matcher.consume_token(token):
            raise RuntimeError(self.matcher.get_error())


def llama_cpp(mode, path, max_tokens):
    """Returns a function that answers an item with llama.cpp."""
    from llama_cpp import Llama, LlamaGrammar

    model = Llama(model_path=path, n_ctx=4096, n_threads=2, n_threads_batch=2, n_gpu_layers=0, seed=0, verbose=False)

    def answer(item):
        """Answers an item: its text, number of tokens and reason to end."""
        grammar = None
        if mode == "schema":
            # not response_format, which takes any JSON in place of a schema that it does not understand
            try:
                grammar = LlamaGrammar.from_json_schema(json.dumps(item["schema"]), verbose=False)
            except Exception as error:
                raise Refused(str(error)) from error
            require_parsed(model, grammar)
        reply = model.create_chat_completion(
            messages=[{"role": "user", "content": item["question"]}],
            temperature=0,
            repeat_penalty=1.0,
            max_tokens=max_tokens,
            grammar=grammar,
        )
        choice = reply["choices"][0]
        return choice["message"]["content"] or "", reply["usage"]["completion_tokens"], choice["finish_reason"]

    return answer


def require_parsed(model, grammar):
    """Refuses a grammar that llama.cpp does not parse, which would end the process later."""
    import llama_cpp

    sampler = llama_cpp.llama_sampler_init_grammar(model._model.vocab, grammar._grammar.encode(), grammar._root.encode())
    if not sampler:
        raise Refused("llama.cpp does not parse the grammar that was made of the schema")
    llama_cpp.llama_sampler_free(sampler)


def transformers(mode, folder, max_tokens, device, dtype):
    """Returns a function that answers an item with transformers."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    dtype = dtype or ("bfloat16" if device == "cuda" else "float32")
    path = pathlib.Path(folder)
    named = {"gguf_file": path.name} if path.suffix == ".gguf" else {}
    source = path.parent if named else path
    tokenizer = AutoTokenizer.from_pretrained(source, **named)
    model = AutoModelForCausalLM.from_pretrained(source, dtype=getattr(torch, dtype), **named).to(device).eval()
    stops = end_tokens(model, tokenizer)
    rules = rule_maker(mode, tokenizer, model.config.vocab_size, stops)

    def answer(item):
        """Answers an item: its text, number of tokens and reason to end."""
        rule = rules(item["schema"])
        messages = item.get("messages") or [{"role": "user", "content": item["question"]}]
        tools = item.get("tools")
        prompt = tokenizer.apply_chat_template(messages, tools=tools, add_generation_prompt=True, tokenize=False)
        ids = tokenizer(prompt, add_special_tokens=False).input_ids
        tokens, finish = generate(model, ids, stops, max_tokens, rule)
        return tokenizer.decode(tokens, skip_special_tokens=True), len(tokens), finish

    return answer


def end_tokens(model, tokenizer):
    """Returns the ids of all tokens that end an answer."""
    ends = model.generation_config.eos_token_id
    ends = ends if isinstance(ends, list) else [ends]
    return sorted({end for end in [*ends, tokenizer.eos_token_id] if end is not None})


def rule_maker(mode, tokenizer, vocabulary, stops):
    """Returns a function that makes what holds an answer to a schema."""
    if mode == "xgrammar":
        import xgrammar

        info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=vocabulary, stop_token_ids=stops)
        compiler = xgrammar.GrammarCompiler(info)
        return lambda schema: XGrammar(compiler, schema)
    if mode == "llguidance":
        import llguidance.hf

        wrapped = llguidance.hf.from_tokenizer(tokenizer, n_vocab=vocabulary, eos_token=stops[0])
        return lambda schema: LLGuidance(wrapped, schema)
    return lambda schema: Free()


def generate(model, ids, stops, max_tokens, rule):
    """Generates the likeliest allowed tokens, with the reason to end."""
    import torch
    from transformers import DynamicCache

    cache = DynamicCache(config=model.config)
    tokens, following = [], ids
    with torch.inference_mode():
        while len(tokens) < max_tokens:
            given = torch.tensor([following], device=model.device)
            output = model(given, past_key_values=cache, use_cache=True, logits_to_keep=1)
            logits = output.logits[:, -1].float()
            try:
                rule.mask(logits)
                token = int(logits.argmax())
                if token in stops:
                    return tokens, "stop"
                rule.accept(token)
            except (RuntimeError, ValueError) as error:
                print(f"the matcher gave up: {error}", flush=True)
                return tokens, "error"
            tokens.append(token)
            following = [token]
    return tokens, "length"


def read_lines(path):
    """Reads a file of JSON Lines."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def known_ids(path):
    """Returns the ids that a file of answers has already."""
    return {line["id"] for line in read_lines(path)} if pathlib.Path(path).exists() else set()


def arguments():
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="Has a peer engine answer questions.")
    parser.add_argument("engine", choices=MODES)
    parser.add_argument("mode")
    parser.add_argument("model")
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--max-tokens", type=int, default=300)
    parser.add_argument("--limit", type=int, help="only the first N lines of the input")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="of transformers")
    parser.add_argument("--dtype", help="of transformers; standard: float32 on cpu, bfloat16 on cuda")
    given = parser.parse_args()
    if given.mode not in MODES[given.engine]:
        parser.error(f"the modes of {given.engine} are {', '.join(MODES[given.engine])}")
    return given


def main():
    """Answers all items that have no answer yet."""
    given = arguments()
    known = known_ids(given.output)
    items = [item for item in read_lines(given.input)[: given.limit] if item["id"] not in known]
    if given.engine == "llama.cpp":
        answer = llama_cpp(given.mode, given.model, given.max_tokens)
    else:
        answer = transformers(given.mode, given.model, given.max_tokens, given.device, given.dtype)
    with open(given.output, "a", encoding="utf-8") as file:
        for item in items:
            try:
                text, tokens, finish = answer(item)
            except Refused as error:
                print(f"{item['id']} is refused: {error}", flush=True)
                text, tokens, finish = "", 0, "refused"
            line = {"id": item["id"], "engine": given.engine, "mode": given.mode}
            line |= {"text": text, "tokens": tokens, "finish": finish}
            print(json.dumps(line, ensure_ascii=False), file=file, flush=True)


if __name__ == "__main__":
    main()
