#!/usr/bin/env python3
"""The memory that a large GGUF file takes: the shape of Llama-3.1-8B in Q4_K_M, with random weights.

usage: gguf-memory.py FILE.gguf      whose tokenizer and chat template the large file gets

Writes the file (4.9 GB) to the temporary folder, once; has `sglc serve` load it on the processor and generate 16 tokens; and
prints the highest resident size of the process. The weights are random codes, so the text says nothing. It needs the Python
packages gguf and numpy. SGLC names another `sglc` than this checkout's.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

import gguf
import numpy as np
import random_gguf

HOME = pathlib.Path(__file__).resolve().parent.parent
PATH = pathlib.Path(tempfile.gettempdir()) / "sgl-random-models/8B.q4_k_m.gguf"
SHAPE = random_gguf.Shape(hidden=4096, inner=14_336, layers=32, heads=32, kv_heads=8, head=128)
VOCABULARY = 128_256
Q4, Q6 = gguf.GGMLQuantizationType.Q4_K, gguf.GGMLQuantizationType.Q6_K


def matrices(vocabulary):
    """The names, shapes and formats of all matrices."""
    yield "token_embd.weight", vocabulary, SHAPE.hidden, Q4
    yield "output.weight", vocabulary, SHAPE.hidden, Q6
    for layer in range(SHAPE.layers):
        for name, rows, columns in SHAPE.matrices(layer):
            yield name, rows, columns, SHAPE.format_in_q4_k_m(name, layer)


def blocks(rows, columns, kind, rng):
    """Rows of random codes; 64 of them over and over."""
    return np.tile(random_gguf.blocks(columns, kind, rng), ((rows + 63) // 64, 1))[:rows]


def write(tokenizer):
    """Writes the file, tensor by tensor."""
    PATH.parent.mkdir(exist_ok=True)
    part = PATH.with_suffix(".part")
    out = random_gguf.writer(part, SHAPE)
    out.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_K_M)
    fields = gguf.GGUFReader(tokenizer).fields
    for name, field in fields.items():
        if name.startswith("tokenizer."):
            inner = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
            out.add_key_value(name, field.contents(), field.types[0], inner)
    # no fewer than the tokenizer has, as models have them
    vocabulary = max(VOCABULARY, -(-len(fields["tokenizer.ggml.tokens"].contents()) // 64) * 64)
    out.add_vocab_size(vocabulary)
    rng = np.random.default_rng(1)
    norms = [f"blk.{i}.{norm}_norm.weight" for i in range(SHAPE.layers) for norm in ("attn", "ffn")]
    for norm in ["output_norm.weight", *norms]:
        out.add_tensor_info(norm, (SHAPE.hidden,), np.dtype(np.float32), 4 * SHAPE.hidden)
    for name, rows, columns, kind in matrices(vocabulary):
        numbers, size = gguf.GGML_QUANT_SIZES[kind]
        width = columns // numbers * size
        out.add_tensor_info(name, (rows, width), np.dtype(np.uint8), rows * width, raw_dtype=kind)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_ti_data_to_file()
    for _ in range(1 + len(norms)):
        out.write_tensor_data(np.ones(SHAPE.hidden, np.float32))
    for _, rows, columns, kind in matrices(vocabulary):
        out.write_tensor_data(blocks(rows, columns, kind, rng))
    out.close()
    os.replace(part, PATH)


def main():
    """Writes the file if it is missing, and runs it."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if not PATH.exists():
        write(sys.argv[1])
    command = [os.environ.get("SGLC", str(HOME / "sglc")), "serve", "--device", "cpu", "--port", "0", "--model", str(PATH)]
    start = time.time()
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        ready = server.stdout.readline()
        seconds = time.time() - start
        body = json.dumps({"messages": [{"role": "user", "content": "Hello."}], "max_tokens": 16, "ignore_eos": True})
        request = urllib.request.Request(
            ready.split()[1] + "/v1/chat/completions", body.encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            tokens = json.load(answer)["usage"]["completion_tokens"]
        status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
        peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
        print(f"{PATH.stat().st_size / 1e9:.2f} GB in the file; ready after {seconds:.1f} s; {tokens} tokens in", end=" ")
        print(f"{time.time() - start - seconds:.1f} s; at most {peak / 1e9:.2f} GB resident")
    finally:
        server.terminate()
        server.wait()


main()
