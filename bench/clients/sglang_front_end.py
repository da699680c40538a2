#!/usr/bin/env python3
"""SGLang's own front end as a client of a server of ours: its functions run, and what comes back has the asked shape.

usage: sglang_front_end.py URL [VERSION…]      (0.1.24 0.4.6.post5 0.5.17 by default)

Each version is installed into a folder of its own, without the inference runtime, and runs in a process of its own.
Needs numpy, requests, aiohttp, pydantic, IPython, psutil, orjson and pybase64.
"""

import importlib
import pathlib
import re
import subprocess
import sys
import tempfile
import types

VERSIONS = ["0.1.24", "0.4.6.post5", "0.5.17"]
METHODS = ["token_length_normalized", "greedy_token_selection", "unconditional_likelihood_normalized"]
ADJECTIVES = ["nice", "old", "a very old lamp"]


def main(url, versions):
    failed = False
    for version in versions or VERSIONS:
        folder = pathlib.Path(tempfile.gettempdir()) / f"sglang-{version}"
        if not folder.exists():
            pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, f"sglang=={version}"]
            subprocess.run(pip, check=True)
        call = [sys.executable, "-W", "ignore", __file__, "--one", url, str(folder)]
        print(f"sglang {version}", flush=True)
        failed |= subprocess.run(call, cwd=folder).returncode != 0
    sys.exit(failed)


def front_end(folder):
    """The module of the front end; since 0.5 its package would load the inference runtime with it."""
    if (folder / "sglang/lang/api.py").exists():
        package = types.ModuleType("sglang")
        package.__path__ = [str(folder / "sglang")]
        sys.modules["sglang"] = package
        return importlib.import_module("sglang.lang.api")
    sys.path.insert(0, str(folder))
    return importlib.import_module("sglang")


def one(url, folder):
    sgl = front_end(folder)
    backend = importlib.import_module("sglang.lang.backend.runtime_endpoint").RuntimeEndpoint(url)
    sgl.set_default_backend(backend)
    has_methods = (folder / "sglang/lang/choices.py").exists()  # since 0.3; the least tokens of `gen`, too
    choices = importlib.import_module("sglang.lang.choices") if has_methods else None

    @sgl.function
    def answer(s, question, **options):
        s += f"Question: {question}\nAnswer: " + sgl.gen("answer", max_tokens=12, stop="\n", **options)

    @sgl.function
    def choose(s, **options):
        s += "The lamp is " + sgl.select("word", choices=ADJECTIVES, **options)

    @sgl.function
    def typed(s):
        s += "IP: " + sgl.gen("ip", max_tokens=12, regex=r"[0-9]{1,3}\.[0-9]{1,3}")
        s += "; a number: " + sgl.gen_int("number", max_tokens=4)

    @sgl.function
    def tips(s):
        s += "Tips:"
        forks = s.fork(3)
        for i, fork in enumerate(forks):
            fork += f" {i}. " + sgl.gen("tip", max_tokens=8)
        forks.join()
        s += "".join(fork["tip"] for fork in forks)
        s += sgl.user("Which one?") + sgl.assistant(sgl.gen("last", max_tokens=5))

    def runs(name, work, holds):
        try:
            result = work()
            is_right = holds(result)
        except Exception as e:  # whatever a version throws is its result
            result, is_right = f"{type(e).__name__}: {e}", False
        print(f"  {'ok  ' if is_right else 'FAIL'} {name}: {result!r}", flush=True)
        return is_right

    def number(run):
        return run["ip"], run["number"].strip()

    least = {"min_tokens": 2} if has_methods else {}
    batch = [{"question": "why?"}, {"question": "when?"}]
    results = [
        runs("gen", lambda: answer.run(question="what?", temperature=0, **least)["answer"], lambda r: len(r) > 0),
        runs("stream", lambda: "".join(answer.run(question="what?", temperature=0, stream=True).text_iter("answer")), len),
        runs("batch", lambda: [s["answer"] for s in answer.run_batch(batch, num_threads=2)], lambda r: len(r) == 2),
        runs("regex and int", lambda: number(typed.run()), lambda r: re.fullmatch(r"\d+\.\d+ [-+]?\d+", " ".join(r))),
        runs("fork and chat", lambda: tips.run()["last"], lambda r: isinstance(r, str)),
        runs("cache a prefix", lambda: backend.cache_prefix("The lamp"), lambda r: r is None),
    ]
    for method in METHODS if has_methods else [None]:
        options = {"choices_method": getattr(choices, method)} if method else {}
        results.append(runs(f"select {method or ''}", lambda: choose.run(**options)["word"], ADJECTIVES.__contains__))
    if hasattr(backend, "get_server_info"):
        info = runs("server_info", lambda: backend.get_server_info()["max_total_num_tokens"], lambda r: r > 0)
        results.append(info)
    sys.exit(not all(results))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], pathlib.Path(sys.argv[3]))
    elif len(sys.argv) > 1:
        main(sys.argv[1], sys.argv[2:])
    else:
        sys.exit(__doc__)
