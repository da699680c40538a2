"""Trains the demo model from scratch: corpus, tokenizer, weights, all from this folder's scripts.

usage: train.py FOLDER [--minutes M] [--documents N]
"""

import argparse
import math
import multiprocessing
import os
import pathlib
import random
import time

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

import corpus
import tokenizer as tok

CONTEXT = 512
BATCH = 256


def shape(tokenizer):
    ends = [tokenizer.token_to_id(tok.END), tokenizer.token_to_id(tok.EOS)]
    return LlamaConfig(
        vocab_size=tok.VOCABULARY, hidden_size=384, intermediate_size=1024, num_hidden_layers=6,
        num_attention_heads=6, num_key_value_heads=2, head_dim=64, max_position_embeddings=2048,
        rope_theta=10000.0, rms_norm_eps=1e-5, tie_word_embeddings=True, attention_bias=False,
        bos_token_id=tokenizer.token_to_id(tok.BOS), eos_token_id=ends[0], pad_token_id=ends[1],
    )


def documents(job):
    """`count` conversations as one run of token ids and learning weights."""
    folder, seed, count = job
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    rng = random.Random(seed)
    ids, learn = [], []
    for _ in range(count):
        i, l = tok.encode(tokenizer, corpus.conversation(rng), whole=rng.random() < 0.05)
        ids += i
        learn += l
    return np.array(ids, np.uint16), np.array(learn, bool)


def learning_rate(done, peak=2e-3):
    """Warm-up, then a cosine to a fiftieth of the peak; `done` is the share of training done."""
    if done < 0.02:
        return peak * done / 0.02
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1, done))))


def main():
    args = argparse.ArgumentParser()
    args.add_argument("folder")
    args.add_argument("--minutes", type=float, default=6)
    args.add_argument("--documents", type=int, default=1_600_000)
    args = args.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(1)
    torch.set_float32_matmul_precision("high")

    tokenizer = tok.train(args.folder)
    cores = os.cpu_count()
    each = args.documents // (cores * 4) + 1
    start = time.time()
    with multiprocessing.get_context("fork").Pool(cores) as pool:
        made = pool.map(documents, [(args.folder, 1000 + i, each) for i in range(cores * 4)], chunksize=1)
    ids = torch.from_numpy(np.concatenate([m[0] for m in made]).astype(np.int32)).to(device)
    learn = torch.from_numpy(np.concatenate([m[1] for m in made])).to(device)
    starts = torch.nonzero(ids[: -CONTEXT - 1] == tokenizer.token_to_id(tok.BOS)).flatten()
    print(f"corpus: {len(ids) / 1e6:.0f}M tokens in {time.time() - start:.0f} s", flush=True)

    config = shape(tokenizer)
    model = LlamaForCausalLM(config).to(device)
    print(f"parameters: {sum(p.numel() for p in model.parameters()) / 1e6:.2f}M", flush=True)
    decay = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}],
        lr=1e-3, betas=(0.9, 0.97), fused=device == "cuda",
    )
    forward = torch.compile(model) if device == "cuda" else model
    offsets = torch.arange(CONTEXT + 1, device=device)
    start, step, seen = None, 0, 0
    while True:
        done = 0 if start is None else (time.time() - start) / (60 * args.minutes)
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(done)
        at = starts[torch.randint(len(starts), (BATCH,), device=device)][:, None] + offsets
        window, weight = ids[at].long(), learn[at[:, 1:]] * 0.98 + 0.02
        with torch.autocast(device, torch.bfloat16):
            logits = forward(window[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), window[:, 1:].flatten(), reduction="none")
        loss = (loss * weight.flatten()).sum() / weight.sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step, seen = step + 1, seen + window[:, 1:].numel()
        if start is None:
            start = time.time()  # the first step compiles
        if step % 500 == 0:
            print(f"step {step}: loss {loss.item():.4f}, {seen / 1e6:.0f}M tokens, {time.time() - start:.0f} s", flush=True)
    model.to(torch.bfloat16)
    model.generation_config = GenerationConfig(
        bos_token_id=config.bos_token_id, eos_token_id=[config.eos_token_id, config.pad_token_id], pad_token_id=config.pad_token_id
    )
    model.save_pretrained(args.folder, max_shard_size="12MB")
    size = sum(f.stat().st_size for f in pathlib.Path(args.folder).iterdir())
    print(f"saved {args.folder}: {size / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
