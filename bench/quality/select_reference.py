"""Scores choices with transformers, by three methods, as a reference.

usage: select_reference.py MODEL INPUT OUTPUT [--limit N] [--device cpu|cuda] [--dtype float32|bfloat16]

MODEL is a Hugging Face folder with a byte-level tokenizer. INPUT has lines {"id", "prompt", "chat", "choices"}; OUTPUT gets
{"id", "likelihood": […], "greedy": […], "unconditional": […]}. Ids that OUTPUT has already are skipped.

The last token of a raw prompt is taken back where a longer token begins with its bytes; the choices are then tokenized with
its text in front. A first token that is that same token again belongs to the prompt and is not scored.
"""

import argparse
import bisect
import json
import pathlib

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def byte_of_letter():
    """Returns the byte that each letter of a byte-level vocabulary stands for."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + i): byte for i, byte in enumerate(others)}


def token_bytes(tokenizer):
    """Returns the bytes of each ordinary token by its id."""
    letters = byte_of_letter()
    added = set(tokenizer.added_tokens_decoder)
    vocabulary = tokenizer.get_vocab().items()
    return {i: bytes(letters[c] for c in token) for token, i in vocabulary if i not in added and set(token) <= set(letters)}


def prompt_tokens(tokenizer, item):
    """Returns the tokens of an item's prompt."""
    if not item["chat"]:
        return tokenizer(item["prompt"]).input_ids
    message = [{"role": "user", "content": item["prompt"]}]
    text = tokenizer.apply_chat_template(message, add_generation_prompt=True, tokenize=False)
    return tokenizer(text, add_special_tokens=False).input_ids


def tail_text(token, own_bytes, ordered):
    """Returns the text of a token if it may be taken back, else nothing."""
    raw = own_bytes.get(token)
    if not raw:
        return None
    after = bisect.bisect_right(ordered, raw)
    if after == len(ordered) or not ordered[after].startswith(raw):
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def healed(tokenizer, item, own_bytes, ordered):
    """Returns the prompt's tokens, the token taken back or None, and the tokens of each choice."""
    prompt = prompt_tokens(tokenizer, item)
    tail = None
    if not item["chat"] and len(prompt) >= 2:
        tail = tail_text(prompt[-1], own_bytes, ordered)
    taken = None if tail is None else prompt[-1]
    choices = [tokenizer.encode((tail or "") + choice, add_special_tokens=False) for choice in item["choices"]]
    return prompt if taken is None else prompt[:-1], taken, choices


def log_probabilities(model, context, tokens):
    """Returns the log-probability of each token behind the context and those before it."""
    logits = model(torch.tensor([context + tokens], device=model.device)).logits[0].float()
    steps = logits.log_softmax(-1)[len(context) - 1 : -1]
    return [float(step[token]) for step, token in zip(steps, tokens, strict=True)]


def mean(numbers):
    """Returns the mean, 0 of none."""
    return sum(numbers) / len(numbers) if numbers else 0.0


def likelihoods(model, prompt, taken, choices, start):
    """Returns the likelihood of each choice, and what it gains over having no prompt."""
    likely, gained = [], []
    for tokens in choices:
        known = 1 if taken is not None and tokens[:1] == [taken] else 0
        own = tokens[known:]
        score = mean(log_probabilities(model, prompt + tokens[:known], own))
        likely.append(score)
        gained.append(score - mean(log_probabilities(model, [start], own)))
    return likely, gained


def walk(model, prompt, choices, ends):
    """Returns the tokens of the choice at which the likeliest way through all choices ends."""
    way = []
    while True:
        alive = [tokens for tokens in choices if tokens[: len(way)] == way]
        options = {tokens[len(way)] for tokens in alive if len(tokens) > len(way)}
        is_whole = any(tokens == way for tokens in alive)
        if not options:
            return way
        logits = model(torch.tensor([prompt + way], device=model.device)).logits[0, -1].float()
        best = max(sorted(options), key=lambda token: float(logits[token]))
        if is_whole and max(float(logits[end]) for end in ends) > float(logits[best]):
            return way
        way.append(best)


def shared(one, other):
    """Returns how many tokens two lists begin with in common."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count


def greedy(model, prompt, taken, choices, ends):
    """Returns how much of the walked way each choice shares, and one more for where it ended."""
    way = walk(model, prompt, choices, ends)
    scores = []
    for tokens in choices:
        score = shared(tokens, way)
        if score and tokens[0] == taken:
            score -= 1
        scores.append(score + (tokens == way))
    return scores


def end_tokens(model, tokenizer):
    """Returns the ids of all tokens that end a text."""
    ends = model.generation_config.eos_token_id
    ends = ends if isinstance(ends, list) else [ends]
    return sorted({end for end in [*ends, tokenizer.eos_token_id] if end is not None})


def start_token(tokenizer):
    """The token that stands for a prompt where there is none: that with which texts begin, or else end."""
    return tokenizer.eos_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id


def read_lines(path):
    """Reads a file of JSON Lines."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


@torch.inference_mode()
def main():
    """Scores all items that have no scores yet."""
    parser = argparse.ArgumentParser(description="Scores choices with transformers.")
    parser.add_argument("model")
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--limit", type=int, help="only the first N lines of the input")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    given = parser.parse_args()
    known = {line["id"] for line in read_lines(given.output)} if pathlib.Path(given.output).exists() else set()
    tokenizer = AutoTokenizer.from_pretrained(given.model)
    model = AutoModelForCausalLM.from_pretrained(given.model, dtype=given.dtype).to(given.device).eval()
    ends, start = end_tokens(model, tokenizer), start_token(tokenizer)
    own_bytes = token_bytes(tokenizer)
    ordered = sorted(set(own_bytes.values()))
    with open(given.output, "a", encoding="utf-8") as file:
        for item in read_lines(given.input)[: given.limit]:
            if item["id"] in known:
                continue
            prompt, taken, choices = healed(tokenizer, item, own_bytes, ordered)
            likely, gained = likelihoods(model, prompt, taken, choices, start)
            line = {"id": item["id"], "likelihood": likely}
            line |= {"greedy": greedy(model, prompt, taken, choices, ends), "unconditional": gained}
            print(json.dumps(line), file=file, flush=True)


if __name__ == "__main__":
    main()
