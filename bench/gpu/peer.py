"""Measures transformers' continuous batching beside us, on the same machine, shapes and prompts.

usage: peer.py [FOLDER]   (of the random models that the other measurements wrote; standard: /tmp/sgl-random-models)

Prints tokens a second: the shape of Llama-3.1-8B with one sequence behind 128 tokens and with 64 behind 1,024 (without
the time that the prompts take), and the offline benchmark on the shape of Qwen3-0.6B, of whose answers it makes only a
quarter each, to be done in a minute.
"""

import pathlib
import random
import sys
import time

import torch
import transformers
from transformers import AutoModelForCausalLM, GenerationConfig

HERE = pathlib.Path(__file__).parent
OFFLINE = [p for p in (HERE / "classes", HERE.parent / "src/main/resources") if p.exists()][0] / "dev/sgl/bench/offline.txt"


def load(folder):
    torch.set_default_device("cuda")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16, attn_implementation="sdpa", device_map="cuda").eval()
    model.generation_config = GenerationConfig(do_sample=False, eos_token_id=-1, pad_token_id=0)
    return model


def seconds(model, requests):
    """Seconds for requests (prompt, tokens), all asked at once."""
    config = GenerationConfig(do_sample=False, eos_token_id=-1, pad_token_id=0, max_new_tokens=max(n for _, n in requests))
    manager = model.init_continuous_batching(generation_config=config)
    manager.start()
    try:
        # what is slow the first time only: some steps with as many sequences
        waiting = {manager.add_request(prompt[:64], max_new_tokens=8) for prompt, _ in requests}
        collect(manager, waiting)
        begin = time.perf_counter()
        waiting = {manager.add_request(prompt, max_new_tokens=n) for prompt, n in requests}
        tokens = collect(manager, waiting)
        taken = time.perf_counter() - begin
    finally:
        manager.stop(block=True)
    wanted = sum(n for _, n in requests)
    if tokens != wanted:
        raise SystemExit(f"the peer made {tokens} tokens, not {wanted}")
    return taken


def decoding(model, prompts, count):
    """Tokens a second behind prompts: of `count` each, less what the prompts and the first token take."""
    first = seconds(model, [(prompt, 1) for prompt in prompts])
    return len(prompts) * (count - 1) / (seconds(model, [(prompt, count) for prompt in prompts]) - first)


def collect(manager, waiting):
    tokens = 0
    while waiting:
        result = manager.get_result(timeout=1)
        if result is not None and result.request_id in waiting and result.is_finished():
            if result.error:
                raise SystemExit(f"the peer failed: {result.error}")
            waiting.remove(result.request_id)
            tokens += len(result.generated_tokens)
    return tokens


def prompt(generator, length):
    return [generator.randrange(10_000) for _ in range(length)]


@torch.inference_mode()
def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/sgl-random-models")
    generator = random.Random(0)
    print(f"transformers {transformers.__version__}, sdpa, continuous batching")
    model = load(root / "8B-bf16")
    print(f"8B, 1 sequence: {decoding(model, [prompt(generator, 128)], 64):.1f} tokens a second", flush=True)
    print(f"8B, 64 behind 1,024: {decoding(model, [prompt(generator, 1024) for _ in range(64)], 48):.0f} tokens a second", flush=True)
    del model
    torch.cuda.empty_cache()
    lengths = [[int(n) for n in line.split()] for line in OFFLINE.read_text().splitlines()[:2]]
    model = load(root / "0.6B-bf16")
    requests = [(prompt(generator, length), count // 4) for length, count in zip(*lengths)]
    tokens = sum(count for _, count in requests)
    print(f"0.6B, offline benchmark: {tokens / seconds(model, requests):.0f} tokens a second", flush=True)


if __name__ == "__main__":
    main()
