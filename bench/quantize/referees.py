"""Compares models that `sglc quantize` wrote as other programs read them with this engine.

usage: referees.py MODEL WRITTEN URL

MODEL is a folder in 16 or 32 bits, WRITTEN a GGUF file or a folder made of it, and URL is `sglc serve --model WRITTEN --device cpu`.
Needs `torch transformers gguf compressed-tensors requests`, and for files `llama-cpp-python`.

A file: each tensor has the bytes that the package `gguf` makes of the rows of MODEL; llama.cpp has the tokens of the prompts; at
each of the engine's greedy tokens, the distribution of llama.cpp (whose activations have 8 bits) is compared with the engine's.
A folder: the same with transformers in single precision, which does not quantize inputs here.

The KL divergence is that of the engine's 20 likeliest tokens, and of all others as one.
"""

import glob
import json
import math
import sys

import numpy as np
import requests

PROMPTS = ["The capital of France is", "def fibonacci(n):", "Once upon a time, there was a", "The three largest planets are", "Dear Sir or Madam,"]
TOKENS = 48
CLOSE = 0.25  # two tokens whose log-probabilities differ by less may change places


def engine(url, prompt):
    """The prompt's tokens, and of each greedy token the likeliest tokens with their log-probabilities."""
    answer = requests.post(url + "/generate", json={
        "text": prompt, "return_logprob": True, "logprob_start_len": 0, "top_logprobs_num": 20,
        "sampling_params": {"temperature": 0, "max_new_tokens": TOKENS}}).json()
    meta = answer["meta_info"]
    read = [token for _, token, *_ in meta["input_token_logprobs"]]
    written = [token for _, token, *_ in meta["output_token_logprobs"]]
    tops = [{token: logprob for logprob, token, *_ in top} for top in meta["output_top_logprobs"]]
    return read, written, tops


def divergence(top, logprobs):
    """The KL divergence of some tokens and the rest."""
    rest = max(1e-12, 1 - sum(math.exp(p) for p in top.values()))
    other = max(1e-12, 1 - sum(math.exp(logprobs[token]) for token in top))
    return sum(math.exp(p) * (p - logprobs[token]) for token, p in top.items()) + rest * math.log(rest / other)


def compare(url, tokenize, logits):
    """`logits` gives those of all positions of some tokens."""
    divergences, same, close, apart = [], 0, 0, 0
    for prompt in PROMPTS:
        read, written, tops = engine(url, prompt)
        assert tokenize(prompt) == read, (prompt, tokenize(prompt), read)
        rows = np.asarray(logits(read + written), dtype=np.float64)[len(read) - 1 : -1]
        logprobs = rows - np.log(np.exp(rows - rows.max(1, keepdims=True)).sum(1, keepdims=True)) - rows.max(1, keepdims=True)
        for token, top, row in zip(written, tops, logprobs):
            divergences.append(divergence(top, row))
            best = int(row.argmax())
            same += best == token
            close += best != token and top[token] - top.get(best, -math.inf) < CLOSE
            apart += best != token and top[token] - top.get(best, -math.inf) >= CLOSE
    print(f"greedy tokens: {same} the same, {close} nearly as likely, {apart} others; "
          f"KL divergence: mean {np.mean(divergences):.2e}, worst {max(divergences):.2e}")
    return apart


def interleaved(weight, heads):
    """Rows in the order in which llama.cpp rotates neighbouring numbers."""
    rows = weight.shape[0]
    return weight.reshape(heads, 2, rows // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def tensors(model, file):
    """Compares each tensor with what the package `gguf` makes of it."""
    import gguf
    from safetensors import safe_open

    config = json.load(open(f"{model}/config.json"))
    reader = gguf.GGUFReader(file)
    arch = reader.fields["general.architecture"].contents()
    kinds = {text: number for number, text in gguf.MODEL_ARCH_NAMES.items()}
    names = gguf.get_tensor_name_map(kinds[arch], config["num_hidden_layers"])
    originals = {}
    for shard in glob.glob(f"{model}/*.safetensors"):
        with safe_open(shard, "pt") as opened:
            for key in opened.keys():
                originals[names.get_name(key, try_suffixes=(".weight", ".bias"))] = (key, opened.get_tensor(key).float().numpy())
    counts = {}
    for tensor in reader.tensors:
        if tensor.name == "rope_freqs.weight":
            continue
        key, weight = originals.pop(tensor.name)
        if arch == "llama" and (".q_proj." in key or ".k_proj." in key):
            weight = interleaved(weight, config["num_attention_heads" if ".q_proj." in key else "num_key_value_heads"])
        if ".conv.conv." in key:
            weight = weight.squeeze(1)
        wanted = gguf.quants.quantize(weight, tensor.tensor_type)
        assert wanted.tobytes() == tensor.data.tobytes(), tensor.name
        counts[tensor.tensor_type.name] = counts.get(tensor.tensor_type.name, 0) + 1
    print("tensors with the bytes of the package gguf:", counts, "not in the file:", sorted(originals))


def main():
    model, written, url = sys.argv[1:]
    if written.endswith(".gguf"):
        import llama_cpp

        tensors(model, written)
        llama = llama_cpp.Llama(written, n_ctx=512, logits_all=True, verbose=False)

        def logits(tokens):
            llama.reset()
            llama.eval(tokens)
            return llama.scores[: len(tokens)]

        sys.exit(compare(url, lambda text: llama.tokenize(text.encode(), add_bos=False, special=True), logits))
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    config = AutoConfig.from_pretrained(written)
    for group in config.quantization_config["config_groups"].values():
        group["input_activations"] = None
    loaded = AutoModelForCausalLM.from_pretrained(written, config=config, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(written)
    with torch.no_grad():
        sys.exit(compare(url, lambda text: tokenizer(text).input_ids, lambda tokens: loaded(torch.tensor([tokens])).logits[0].numpy()))


if __name__ == "__main__":
    main()
