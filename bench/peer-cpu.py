#!/usr/bin/env python3
"""llama.cpp and SGL side by side on the processor: a prompt of 512 tokens, one sequence, 16 together.

usage: peer-cpu.py [FORMAT…]      (bf16 q8_0 q4_0 by default; q4_k and others that the package `gguf` can write; q4_k_m,
the mixture of llama.cpp: Q6_K for the head and for half of the matrices that it finds most sensitive, Q4_K for the others)

Writes a model of the shape of Llama-3.2-1B with random weights as a GGUF file, once for each format, and measures both
on the same file, in turn. It needs the Python packages llama-cpp-python (built for this processor: CMAKE_ARGS), gguf
and numpy, and classes that Maven has built.
"""

import ctypes
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import gguf
import llama_cpp as llama
import numpy as np
import random_gguf

HOME = pathlib.Path(__file__).resolve().parent.parent
FOLDER = pathlib.Path(tempfile.gettempdir()) / "sgl-random-models"
VOCABULARY = 128_256
SHAPE = random_gguf.Shape(hidden=2048, inner=8192, layers=16, heads=32, kv_heads=8, head=64)
PROMPT, CHUNK, CONTEXT, STEPS, TOGETHER, ROUNDS = 512, 256, 64, 16, 16, 3


def tensors():
    """The names and shapes of all tensors, and the layers of matrices of layers."""
    yield "token_embd.weight", (VOCABULARY, SHAPE.hidden), None
    yield "output_norm.weight", (SHAPE.hidden,), None
    for layer in range(SHAPE.layers):
        yield f"blk.{layer}.attn_norm.weight", (SHAPE.hidden,), None
        yield f"blk.{layer}.ffn_norm.weight", (SHAPE.hidden,), None
        for name, rows, columns in SHAPE.matrices(layer):
            yield name, (rows, columns), layer


def format_of(name, layer, kind):
    """The format of a matrix in a file of a kind."""
    is_head = layer is None
    if kind == "q4_k_m":
        return gguf.GGMLQuantizationType.Q6_K if is_head else SHAPE.format_in_q4_k_m(name, layer)
    return gguf.GGMLQuantizationType["Q8_0" if is_head and kind.startswith("q") else kind.upper()]


def write(kind):
    """The file of a format; of blocks that the package cannot quantize, random bits with a small scale."""
    path = FOLDER / f"1.2B.{kind}.gguf"
    if path.exists():
        return path
    FOLDER.mkdir(exist_ok=True)
    out = random_gguf.writer(path.with_suffix(".part"), SHAPE)
    out.add_vocab_size(VOCABULARY)
    out.add_tokenizer_model("no_vocab")
    out.add_file_type(0)
    rng = np.random.default_rng(1)
    for name, shape, layer in tensors():
        if len(shape) == 1:
            out.add_tensor(name, np.ones(shape, np.float32))
            continue
        of = format_of(name, layer, kind)
        row = rng.standard_normal((64, shape[1]), np.float32) / shape[1] ** 0.5
        if of.name.endswith("_K"):
            some = random_gguf.blocks(shape[1], of, rng)
        else:
            some = gguf.quants.quantize(row, of)
        out.add_tensor(name, np.tile(some, (shape[0] // 64, 1)), raw_dtype=of)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    os.replace(path.with_suffix(".part"), path)
    return path


def median(numbers):
    return statistics.median(numbers)


class Peer:
    def __init__(self, path, threads):
        llama.llama_backend_init()
        self.quiet = llama.llama_log_callback(lambda *_: None)
        llama.llama_log_set(self.quiet, ctypes.c_void_p(0))
        of = llama.llama_model_default_params()
        self.model = llama.llama_model_load_from_file(str(path).encode(), of)
        options = llama.llama_context_default_params()
        options.n_ctx = TOGETHER * (PROMPT + STEPS + 32)
        options.n_batch = options.n_ubatch = CHUNK
        options.n_seq_max = TOGETHER
        options.n_threads = options.n_threads_batch = threads
        options.kv_unified = True
        self.context = llama.llama_init_from_model(self.model, options)
        self.batch = llama.llama_batch_init(CHUNK, 0, TOGETHER)

    def forward(self, rows, wanted):
        """`rows` are a token, its position and its sequence."""
        b = self.batch
        b.n_tokens = len(rows)
        for i, (token, position, sequence) in enumerate(rows):
            b.token[i], b.pos[i], b.n_seq_id[i] = token, position, 1
            b.seq_id[i][0] = sequence
            b.logits[i] = i in wanted
        if llama.llama_decode(self.context, b) != 0:
            raise RuntimeError("llama_decode failed")
        llama.llama_synchronize(self.context)

    def clear(self):
        llama.llama_memory_clear(llama.llama_get_memory(self.context), True)

    def measure(self):
        rates = []
        for _ in range(ROUNDS + 1):  # the first is not counted
            self.clear()
            start = time.perf_counter()
            for first in range(0, PROMPT, CHUNK):
                last = {CHUNK - 1} if first + CHUNK == PROMPT else set()
                self.forward([((first + i) * 7 % VOCABULARY, first + i, 0) for i in range(CHUNK)], last)
            prefill = PROMPT / (time.perf_counter() - start)
            some = []
            for sequences in (1, TOGETHER):
                self.clear()
                for s in range(sequences):
                    self.forward([(i, i, s) for i in range(CONTEXT)], set())
                start = time.perf_counter()
                for step in range(STEPS):
                    self.forward([(s, CONTEXT + step, s) for s in range(sequences)], set(range(sequences)))
                some.append(sequences * STEPS / (time.perf_counter() - start))
            rates.append((prefill, *some))
        return [median(r[i] for r in rates[1:]) for i in range(3)]


def ours(path):
    command = [str(HOME / "bench/run"), "Speed", str(ROUNDS), str(path)]
    line = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()[-1]
    return [float(cell) for cell in line.strip("| ").split("|")[1:4]]


def main():
    if sys.argv[1:2] == ["--peer"]:
        print(json.dumps(Peer(sys.argv[2], os.cpu_count()).measure()))
        return
    print("| weights | | prefill of 512 | one sequence | 16 sequences |\n|---|---|---|---|---|")
    for kind in sys.argv[1:] or ["bf16", "q8_0", "q4_0"]:
        path = write(kind)
        peer = json.loads(
            subprocess.run([sys.executable, __file__, "--peer", str(path)], capture_output=True, text=True, check=True).stdout
        )
        own = ours(path)
        for name, numbers in (("llama.cpp", peer), ("SGL", own), ("ratio", [o / p for o, p in zip(own, peer)])):
            digits = 2 if name == "ratio" else 1
            print(f"| {kind} | {name} | " + " | ".join(f"{n:.{digits}f}" for n in numbers) + " |", flush=True)


main()
