"""GGUF files of random weights in the shape of a Llama model, for benchmarks."""

import dataclasses

import gguf
import numpy as np

SCALES = {"Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,)}  # where a block has numbers in half precision


@dataclasses.dataclass(frozen=True)
class Shape:
    hidden: int
    inner: int
    layers: int
    heads: int
    kv_heads: int
    head: int

    def matrices(self, layer):
        """The names, rows and columns of the matrices of a layer."""
        block = f"blk.{layer}."
        yield block + "attn_q.weight", self.heads * self.head, self.hidden
        yield block + "attn_k.weight", self.kv_heads * self.head, self.hidden
        yield block + "attn_v.weight", self.kv_heads * self.head, self.hidden
        yield block + "attn_output.weight", self.hidden, self.heads * self.head
        yield block + "ffn_gate.weight", self.inner, self.hidden
        yield block + "ffn_up.weight", self.inner, self.hidden
        yield block + "ffn_down.weight", self.hidden, self.inner

    def format_in_q4_k_m(self, name, layer):
        """The format that llama.cpp gives a matrix of a layer in Q4_K_M: values and last products have 6 bits in some."""
        eighth = self.layers // 8
        is_wide = layer < eighth or layer >= 7 * eighth or (layer - eighth) % 3 == 2
        is_sensitive = ".attn_v." in name or ".ffn_down." in name
        return gguf.GGMLQuantizationType.Q6_K if is_sensitive and is_wide else gguf.GGMLQuantizationType.Q4_K


def writer(path, shape):
    """A writer that has the shape among its keys."""
    out = gguf.GGUFWriter(path, "llama")
    out.add_context_length(8192)
    out.add_embedding_length(shape.hidden)
    out.add_feed_forward_length(shape.inner)
    out.add_block_count(shape.layers)
    out.add_head_count(shape.heads)
    out.add_head_count_kv(shape.kv_heads)
    out.add_rope_freq_base(500_000.0)
    out.add_rope_dimension_count(shape.head)
    out.add_layer_norm_rms_eps(1e-5)
    return out


def blocks(columns, kind, rng):
    """64 rows of random codes with small scales, for blocks that the package cannot quantize."""
    numbers, size = gguf.GGML_QUANT_SIZES[kind]
    rows = rng.integers(0, 256, (64 * columns // numbers, size), np.uint8)
    for at in SCALES[kind.name]:
        rows[:, at : at + 2] = np.frombuffer(np.float16(1e-4).tobytes(), np.uint8)
    return rows.reshape(64, -1)
