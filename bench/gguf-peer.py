#!/usr/bin/env python3
"""GGUF files of real models, by SGL and by llama.cpp on the processor: the same answers, the same perplexity, the memory.

usage: gguf-peer.py [--exact] [--pieces N] [--threads N] FILE.gguf…

Answers: 20 questions of bench/quality, tokenized by both, are continued by 64 tokens greedily (or up to the end of the
answer). Where the two engines differ first, the answer of llama.cpp counts as a tie if the log-probabilities of its two
best tokens are closer than 0.01. With --exact, a third engine tells who is right at every token of llama.cpp's answers:
transformers in single precision, with the numbers that the package `gguf` reads from the file. llama.cpp rounds
activations to 8 bits.

Perplexity: N (40) pieces of 512 tokens of this project's manual, each scored from its second token on.

Memory: the highest resident size of the process, after the answers and at the end, beside 1.3 times the weights and 0.5 GB.

What llama.cpp answered is kept in the temporary folder. It needs the Python packages llama-cpp-python and numpy, and for
--exact torch, transformers and gguf. SGLC names another `sglc` than this checkout's.
"""

import argparse
import functools
import hashlib
import json
import math
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.request

import llama_cpp
import numpy as np

HOME = pathlib.Path(__file__).resolve().parent.parent
FOLDER = pathlib.Path(tempfile.gettempdir()) / "sgl-gguf-peer"
QUESTIONS, TOKENS, TIE = 20, 64, 1e-2
PIECE = 512
SHOWN = 10  # tokens of which a log-probability is kept


class Sgl:
    """A server of this project."""

    def __init__(self, path, threads):
        program = os.environ.get("SGLC", str(HOME / "sglc"))
        command = [program, "serve", "--device", "cpu", "--threads", str(threads), "--port", "0"]
        start = time.time()
        self.process = subprocess.Popen([*command, "--model", str(path)], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("ready: "):
            raise RuntimeError("the server does not start")
        self.address = line.split()[1]
        self.seconds = time.time() - start

    def call(self, route, **body):
        """The answer to a call."""
        request = urllib.request.Request(self.address + route, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def prompt(self, question):
        """The tokens of a question, as the chat template has them."""
        return self.call("/tokenize", messages=[{"role": "user", "content": question}])["tokens"]

    def tokens(self, text):
        """The tokens of a text, without those that begin it."""
        return self.call("/tokenize", prompt=text, add_special_tokens=False)["tokens"]

    def generate(self, ids):
        """The likeliest tokens behind others."""
        sampling = {"temperature": 0, "max_new_tokens": TOKENS}
        return self.call("/generate", input_ids=ids, sampling_params=sampling)["output_ids"]

    def scores(self, ids, top=0):
        """Of each token but the first: its log-probability, and the likeliest tokens in its place."""
        sampling = {"max_new_tokens": 0}
        answer = self.call(
            "/generate", input_ids=ids, sampling_params=sampling, return_logprob=True, logprob_start_len=0, top_logprobs_num=top
        )["meta_info"]
        chosen = [one[0] for one in answer["input_token_logprobs"][1:]]
        return chosen, [[token for _, token, _ in tops or []] for tops in answer["input_top_logprobs"][1:]]

    def peak(self):
        """The highest resident size so far, in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024

    def close(self):
        """Ends the server."""
        self.process.terminate()
        self.process.wait()


class LlamaCpp:
    """llama.cpp in this process."""

    def __init__(self, path, threads):
        self.model = llama_cpp.Llama(
            str(path), n_ctx=1024, n_threads=threads, n_threads_batch=threads, n_gpu_layers=0, logits_all=True, verbose=False
        )

    def text(self, question):
        """A question in the chat template of the file."""
        source = self.model.metadata["tokenizer.chat_template"]
        end = self.model._model.token_get_text(self.model.token_eos())
        template = llama_cpp.llama_chat_format.Jinja2ChatFormatter(source, end, "")
        return template(messages=[{"role": "user", "content": question}]).prompt

    def tokens(self, text):
        """The tokens of a text, which may name special ones."""
        return self.model.tokenize(text.encode(), add_bos=False, special=True)

    def is_end(self, token):
        """Whether a token ends an answer."""
        return llama_cpp.llama_vocab_is_eog(self.model._model.vocab, token)

    def generate(self, ids):
        """The likeliest tokens behind others, with that of the end: the best ones of each place, best first."""
        self.model.reset()
        self.model.eval(ids)
        places = []
        while len(places) < TOKENS:
            row = logprobs(self.model.scores[self.model.n_tokens - 1])
            best = np.argsort(-row)[:SHOWN]
            places.append([(int(token), float(row[token])) for token in best])
            token = int(best[0])
            if self.is_end(token):
                break
            self.model.eval([token])
        return places

    def scores(self, ids):
        """The log-probability of each token but the first."""
        self.model.reset()
        self.model.eval(ids)
        return [float(logprobs(self.model.scores[i])[token]) for i, token in enumerate(ids[1:])]


class Exact:
    """The numbers of the file in single precision."""

    def __init__(self, path):
        import torch
        import transformers

        self.torch = torch
        self.model = transformers.AutoModelForCausalLM.from_pretrained(
            path.parent, gguf_file=path.name, dtype=torch.float32
        ).eval()

    def rows(self, ids, first):
        """The log-probabilities of the tokens from `first` on."""
        with self.torch.inference_mode():
            logits = self.model(self.torch.tensor([ids])).logits[0, first - 1 : -1]
        return [logprobs(row) for row in logits.numpy()]


def logprobs(logits):
    """Logarithms of probabilities."""
    logits = logits.astype(np.float64)
    return logits - logits.max() - math.log(np.exp(logits - logits.max()).sum())


def questions():
    """Questions of all fields and languages."""
    lines = (HOME / "bench/quality/questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines[:: len(lines) // QUESTIONS]]


@functools.cache
def manual():
    """The text that is scored: as it is when the script begins."""
    files = [HOME / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")]
    files += sorted((HOME / "docs").glob("*.md")) + sorted((HOME / "docs/decisions").glob("*.md"))
    return "".join(file.read_text(encoding="utf-8") for file in files)


def pieces(tokens, count):
    """Pieces of the text, all of one length."""
    return [tokens[i * PIECE : (i + 1) * PIECE] for i in range(count)]


def perplexity(scores):
    """Of all pieces together."""
    return math.exp(-np.mean([number for piece in scores for number in piece]))


def peer_answers(path, threads, count):
    """What llama.cpp makes of a file: prompts, the best tokens at each place of its answers, the text, its perplexity."""
    text = hashlib.sha256(manual().encode()).hexdigest()[:8]
    kept = FOLDER / f"{path.name}.{path.stat().st_size}.{count}.{text}.json"
    if not kept.exists():
        peer = LlamaCpp(path, threads)
        prompts = [peer.tokens(peer.text(question)) for question in questions()]
        answers = [peer.generate(ids) for ids in prompts]
        text = peer.tokens(manual())
        scores = [peer.scores(ids) for ids in pieces(text, count)]
        shown = [peer.model.detokenize([place[0][0] for place in places]).decode(errors="replace") for places in answers]
        is_whole = [peer.is_end(places[-1][0][0]) for places in answers]
        found = {"prompts": prompts, "answers": answers, "is_whole": is_whole, "shown": shown, "text": text}
        FOLDER.mkdir(exist_ok=True)
        kept.write_text(json.dumps(found | {"perplexity": perplexity(scores)}))
        peer.model.close()
    return json.loads(kept.read_text())


def own_answers(path, peer, threads, count):
    """What SGL makes of the same file: its answers, its choice at each place of the peer's answers, its perplexity."""
    own = Sgl(path, threads)
    try:
        answers = [own.generate(ids) for ids in peer["prompts"]]
        memory = own.peak()
        choices = []
        for ids, places in zip(peer["prompts"], peer["answers"]):
            tokens = [place[0][0] for place in places]
            choices.append([best[0] for best in own.scores(ids + tokens, 1)[1][len(ids) - 1 :]])
        return {
            "seconds": own.seconds,
            "answers": answers,
            "choices": choices,
            "prompts": [own.prompt(question) for question in questions()],
            "text": own.tokens(manual()),
            "perplexity": perplexity([own.scores(ids)[0] for ids in pieces(peer["text"], count)]),
            "memory": [memory, own.peak()],
        }
    finally:
        own.close()


def is_tie(place):
    """Whether the two best tokens are as good."""
    return place[0][1] - place[1][1] < TIE


def first_difference(one, other):
    """The first place where two lists differ; none if they are the same."""
    return next((i for i, (a, b) in enumerate(zip(one + [None], other + [None])) if a != b), None)


def compare(path, threads, count, exact):
    """A line of the table; what it does not say is printed."""
    peer = peer_answers(path, threads, count)
    own = own_answers(path, peer, threads, count)
    third = Exact(path) if exact else None
    print(f"\n{path.name}: ready after {own['seconds']:.1f} s", flush=True)
    alike = sum(map(list.__eq__, own["prompts"], peer["prompts"]))
    manual_alike = own["text"] == peer["text"]
    print(f"tokenized alike: {alike} of {QUESTIONS} prompts; the manual, {len(own['text']):,} tokens: {manual_alike}")
    others = {"tie": 0, "SGL is right": 0, "llama.cpp is right": 0, "not told": 0}
    places = same = right = peer_right = 0
    for i, answer in enumerate(peer["answers"]):
        tokens = [place[0][0] for place in answer]
        choices = own["choices"][i]
        prompt = peer["prompts"][i]
        best = [int(row.argmax()) for row in third.rows(prompt + tokens, len(prompt))] if third else []
        places += len(tokens)
        same += sum(map(int.__eq__, tokens, choices))
        right += sum(map(int.__eq__, best, choices))
        peer_right += sum(map(int.__eq__, best, tokens))
        wanted = tokens[:-1] if peer["is_whole"][i] else tokens
        at = first_difference(wanted, own["answers"][i])
        if at is None:
            continue
        kind = "tie" if is_tie(answer[at]) else "not told"
        if third and kind == "not told":
            kind = "SGL is right" if best[at] == choices[at] else "llama.cpp is right"
        others[kind] += 1
        exactly = best[at : at + 1]
        print(f"answer {i + 1}, token {at + 1}: SGL {choices[at]}, llama.cpp {answer[at][:2]}, exact {exactly}: {kind}")
    print("answers:", " | ".join(one.replace("\n", " ")[:100] for one in peer["shown"][:5]))
    first, last = (bytes / 1e9 for bytes in own["memory"])
    different = ", ".join(f"{count} {kind}" for kind, count in others.items() if count)
    limit = 1.3 * path.stat().st_size / 1e9 + 0.5
    return (
        f"| {path.name} | {QUESTIONS - sum(others.values())} of {QUESTIONS} | {different} | {same:,} of {places:,} | "
        f"{f'{right:,} and {peer_right:,}' if exact else ''} | {own['perplexity']:.4f} | {peer['perplexity']:.4f} | "
        f"{own['perplexity'] / peer['perplexity'] - 1:+.2%} | {first:.2f}, {last:.2f} | {limit:.2f} |"
    )


def main():
    """Compares all files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--exact", action="store_true", help="ask transformers in single precision who is right")
    parser.add_argument("--pieces", type=int, default=40, help="of 512 tokens, whose perplexity is measured")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of both engines")
    given = parser.parse_args()
    lines = [compare(path.resolve(), given.threads, given.pieces, given.exact) for path in given.files]
    print("\n| file | answers alike | the others differ first at | tokens alike ", end="")
    print("| as the exact model: SGL and llama.cpp | perplexity of SGL | of llama.cpp | ", end="")
    print("| GB after the answers, at the end | 1.3 × the file + 0.5 GB |\n" + "|---" * 10 + "|")
    print("\n".join(lines))


main()
