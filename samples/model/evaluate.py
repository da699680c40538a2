"""Measures the demo model on tasks with names that training never saw, and prints a Markdown table.

usage: evaluate.py FOLDER [--count N] [--show]

Every figure is exact match: greedy decoding, without any constraint, of the whole generated
value; for `select` tasks the choice of highest mean log-probability.
"""

import argparse
import random

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import corpus
from tokenizer import BOS, END, ROLES
from words import Words


def ids(tokenizer, talk, parts):
    """Tokens of a finished talk and of the assistant's parts so far, as the runtime makes them."""
    def piece(text):
        return tokenizer.encode(text, add_special_tokens=False)

    special = tokenizer.convert_tokens_to_ids
    out = [special(BOS)]
    for role, said in talk:
        out += [special(ROLES[role])] + [t for part in said for t in piece(part)] + [special(END)]
    out.append(special(ROLES["assistant"]))
    return out + [t for part in parts for t in piece(part)]


@torch.inference_mode()
def complete(model, tokenizer, prompts, limit=160):
    texts = []
    for start in range(0, len(prompts), 64):
        some = prompts[start : start + 64]
        width = max(map(len, some))
        pad = tokenizer.pad_token_id
        tokens = torch.tensor([[pad] * (width - len(p)) + p for p in some], device=model.device)
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in some], device=model.device)
        out = model.generate(tokens, attention_mask=mask, max_new_tokens=limit, do_sample=False)
        for row in out[:, width:].tolist():
            cut = next((i for i, t in enumerate(row) if t in (pad, tokenizer.eos_token_id)), len(row))
            texts.append(tokenizer.decode(row[:cut]))
    return texts


@torch.inference_mode()
def likelihood(model, prompt, choice):
    logits = model(torch.tensor([prompt + choice], device=model.device)).logits[0].float().log_softmax(-1)
    return sum(logits[len(prompt) - 1 + i, t].item() for i, t in enumerate(choice)) / len(choice)


def last_turn(talk):
    """The talk before its last assistant message, and that message's parts."""
    return talk[:-1], talk[-1][1]


def generated(task, prefix_parts=0):
    """A case whose last part is generated, after `prefix_parts` parts that are given."""
    def case(w):
        while True:
            talk, parts = last_turn(task(w))
            if len(parts) == prefix_parts + 1:
                return talk, parts[:prefix_parts], parts[-1]
    return case


def calculator(w):
    while True:
        talk = corpus.agent(w)
        turns = [i for i, (role, parts) in enumerate(talk) if role == "assistant" and '{"tool":"calculate"' in parts[-1]]
        if turns:
            i = w.pick(turns)
            return talk[:i], talk[i][1][:-1] + ['{"tool":"'], talk[i][1][-1][len('{"tool":"'):]


def thought(w):
    talk = corpus.agent(w)
    i = w.pick([i for i, (role, _) in enumerate(talk) if role == "assistant"])
    return talk[:i], talk[i][1][:1], talk[i][1][1].rstrip("\n")


GENERATED = {
    "character to JSON": generated(corpus.character),
    "contact to JSON": generated(corpus.contact),
    "order to JSON": generated(corpus.order),
    "answer from a text": generated(corpus.question),
    "thought of an agent": thought,
    "calculator step (given the thought)": calculator,
    "two-turn chat": generated(corpus.chat),
    "score of one criterion": generated(corpus.judge, 3),
    "mean of three scores": generated(corpus.overall),
}
SELECTED = {
    "sentiment (3 choices)": (corpus.sentiment, ["positive", "negative", "neutral"]),
    "topic (8 choices)": (corpus.theme, list(corpus.TOPICS)),
}


def main():
    args = argparse.ArgumentParser()
    args.add_argument("folder")
    args.add_argument("--count", type=int, default=400)
    args.add_argument("--show", action="store_true")
    args = args.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(args.folder)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = AutoModelForCausalLM.from_pretrained(args.folder, dtype=torch.bfloat16 if device == "cuda" else torch.float32).to(device).eval()
    print(f"| task | exact, of {args.count} |\n|---|---|", flush=True)
    for name, make in GENERATED.items():
        w = Words(random.Random(7), held=True)
        cases = [make(w) for _ in range(args.count)]
        said = complete(model, tokenizer, [ids(tokenizer, talk, parts) for talk, parts, _ in cases])
        wrong = [(s, c) for s, c in zip(said, cases) if s.split("\n")[0].strip() != c[2].strip()]
        print(f"| {name} | {100 * (1 - len(wrong) / args.count):.1f} % |", flush=True)
        for s, (talk, parts, gold) in wrong[:3] if args.show else []:
            print("   ", talk[-1][1], parts, "\n    said", repr(s), "\n    gold", repr(gold))
    for name, (task, choices) in SELECTED.items():
        w = Words(random.Random(7), held=True)
        right = 0
        for _ in range(args.count):
            talk, parts = last_turn(task(w))
            prompt = ids(tokenizer, talk, parts[:-1])
            options = [tokenizer.encode(c, add_special_tokens=False) for c in choices]
            scores = [likelihood(model, prompt, o) for o in options]
            right += choices[scores.index(max(scores))] == parts[-1]
        print(f"| {name} | {100 * right / args.count:.1f} % |", flush=True)


if __name__ == "__main__":
    main()
