"""Asks a server the questions of the Berkeley Function-Calling Leaderboard, and scores its calls.

usage: bfcl.py ask URL CATEGORY OUTPUT [--limit N] [--model NAME] [--tool-choice auto|none-free] [--workers N]
                [--prompted [--template FOLDER [--list]]]
       bfcl.py items CATEGORY OUTPUT
       bfcl.py score CATEGORY ANSWERS

CATEGORY is simple (of Python), multiple, parallel or irrelevance; questions and true answers are those of the package
bfcl-eval. URL is that of an OpenAI-compatible server, with or without /v1. OUTPUT gets {"id", "calls", "text", "finish"};
ids that it has already are skipped. What the server refuses has the finish refused, and its words as the text.

--tool-choice none-free sends "none": for servers that show the tools to the model also then, but do not hold it to them.
--prompted reads the calls out of the text of the answer. With --template, the chat template of a Hugging Face folder shows
the tools, and the server is asked at /v1/completions, with the tokens of the prompt and without knowing of any tools:
an answer that nothing holds to anything; with --list, it is held to the schema of a list of calls.

items writes the questions for peers.py, with the schema of a list of calls: so vLLM holds an answer to a call that is
required. score reads the calls out of answers that are only texts.
"""

import argparse
import concurrent.futures
import importlib.resources
import json
import pathlib
import re
import sys
import types
import urllib.error
import urllib.request

FILES = {"simple": "simple_python", "multiple": "multiple", "parallel": "parallel", "irrelevance": "irrelevance"}
TYPES = {"dict": "object", "float": "number", "tuple": "array"}


def data(name):
    """Reads a file of the package's data by its name."""
    text = importlib.resources.files("bfcl_eval").joinpath("data", name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def questions(category):
    """Returns the questions of a category."""
    return data(f"BFCL_v4_{FILES[category]}.json")


def truths(category):
    """Returns the true answers of a category by their ids."""
    return {line["id"]: line["ground_truth"] for line in data(f"possible_answer/BFCL_v4_{FILES[category]}.json")}


def schema(described):
    """Returns the JSON Schema of a described parameter."""
    made = {key: value for key, value in described.items() if key != "optional"}
    kind = described.get("type")
    if kind == "any":
        del made["type"]
    elif kind is not None:
        made["type"] = TYPES.get(kind, kind)
    if isinstance(described.get("properties"), dict):
        made["properties"] = {name: schema(inner) for name, inner in described["properties"].items()}
    if isinstance(described.get("items"), dict):
        made["items"] = schema(described["items"])
    return made


def tool(function):
    """Returns a described function in OpenAI's form."""
    name, text = function["name"].replace(".", "_"), function["description"]
    return {"type": "function", "function": {"name": name, "description": text, "parameters": schema(function["parameters"])}}


def post(url, body):
    """Posts JSON and returns the JSON of the answer."""
    data_sent = json.dumps(body).encode()
    request = urllib.request.Request(url, data_sent, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=3600) as reply:
        return json.load(reply)


def written_arguments(call):
    """Returns the arguments of a call that was written as JSON, or None if it is no call."""
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        return None
    given = call.get("arguments")
    if given is None and set(call) <= {"type", "name", "parameters"}:
        given = call.get("parameters")
    return read_arguments(given) if isinstance(given, (dict, str)) else None


def read_arguments(given):
    """Returns arguments as an object, or as they are if they are none."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except ValueError:
        return given


def calls_in(text):
    """Returns the calls that are written in a piece of text as JSON objects, alone or in lists."""
    decoder, calls, place = json.JSONDecoder(), [], text.find("{")
    while place >= 0:
        after = place + 1
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            value, end = None, after
        arguments = written_arguments(value)
        if arguments is not None:
            calls.append({"name": value["name"], "arguments": arguments})
            after = end
        place = text.find("{", after)
    return calls


def written_calls(text):
    """Returns the calls of an answer: between tags, else between fences, else anywhere."""
    for pattern in (r"<tool_call>(.*?)(?:</tool_call>|$)", r"```\w*\n(.*?)(?:```|$)"):
        calls = [call for piece in re.findall(pattern, text, re.DOTALL) for call in calls_in(piece)]
        if calls:
            return calls
    return calls_in(text)


def told_calls(message):
    """Returns the calls that the server reports, as far as they are whole: max_tokens may cut the last one off."""
    functions = [call["function"] for call in message.get("tool_calls") or []]
    calls = [{"name": f["name"], "arguments": read_arguments(f["arguments"])} for f in functions]
    return [call for call in calls if isinstance(call["arguments"], dict)]


def asker(given):
    """Returns a function that asks the server a question."""
    base = given.url.rstrip("/").removesuffix("/v1") + "/v1"
    common = {"temperature": 0, "max_tokens": 256} | ({"model": given.model} if given.model else {})
    tokenizer = None
    if given.template:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(given.template)

    def chat(entry):
        """Asks in a conversation with tools; returns calls, text and finish."""
        choice = "none" if given.tool_choice == "none-free" else "auto"
        tools = [tool(function) for function in entry["function"]]
        body = {"messages": entry["question"][0], "tools": tools, "tool_choice": choice}
        reply = post(base + "/chat/completions", common | body)["choices"][0]
        text, calls = reply["message"].get("content") or "", told_calls(reply["message"])
        if given.prompted and not calls:
            calls = written_calls(text)
        return calls, text, reply["finish_reason"]

    def complete(entry):
        """Asks with the tools as text in a raw prompt; returns calls, text and finish."""
        tools = [tool(function) for function in entry["function"]]
        prompt = tokenizer.apply_chat_template(entry["question"][0], tools=tools, add_generation_prompt=True, tokenize=False)
        ids = tokenizer(prompt, add_special_tokens=False).input_ids
        held = {"guided_json": list_of_calls(tools)} if given.list else {}
        reply = post(base + "/completions", common | held | {"prompt": ids})["choices"][0]
        return written_calls(reply["text"]), reply["text"], reply["finish_reason"]

    def ask(entry):
        """Asks a question and returns the line of its answer."""
        try:
            calls, text, finish = complete(entry) if tokenizer else chat(entry)
        except urllib.error.HTTPError as error:
            if error.code not in (400, 422):
                raise
            calls, text, finish = [], error.read().decode(errors="replace"), "refused"
        return {"id": entry["id"], "calls": calls, "text": text, "finish": finish}

    return ask


def read_lines(path):
    """Reads a file of JSON Lines."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def ask_all(given):
    """Asks all questions that have no answer yet."""
    known = {line["id"] for line in read_lines(given.output)} if pathlib.Path(given.output).exists() else set()
    entries = [entry for entry in questions(given.category)[: given.limit] if entry["id"] not in known]
    ask = asker(given)
    with open(given.output, "a", encoding="utf-8") as file, concurrent.futures.ThreadPoolExecutor(given.workers) as pool:
        for line in pool.map(ask, entries):
            print(json.dumps(line, ensure_ascii=False), file=file, flush=True)


def list_of_calls(tools):
    """Returns the schema of a list of calls of tools."""
    calls = [
        {
            "type": "object",
            "properties": {"name": {"const": tool["function"]["name"]}, "arguments": tool["function"]["parameters"]},
            "required": ["name", "arguments"],
            "additionalProperties": False,
        }
        for tool in tools
    ]
    return {"type": "array", "minItems": 1, "items": {"anyOf": calls}}


def write_items(given):
    """Writes the questions of a category for peers.py."""
    with open(given.output, "w", encoding="utf-8") as file:
        for entry in questions(given.category):
            tools = [tool(function) for function in entry["function"]]
            item = {"id": entry["id"], "messages": entry["question"][0], "tools": tools, "schema": list_of_calls(tools)}
            print(json.dumps(item, ensure_ascii=False), file=file)


def load_checker():
    """Loads the package's checker of calls, told that dots in names have become underscores.

    It asks the package's list of models only for that; the list itself would need the client of every vendor.
    """
    models = types.ModuleType("bfcl_eval.constants.model_config")
    models.MODEL_CONFIG_MAPPING = {"asked": types.SimpleNamespace(underscore_to_dot=True)}
    sys.modules[models.__name__] = models
    from bfcl_eval.constants.enums import Language
    from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker

    def check(functions, calls, truth, category):
        """Says whether calls are right."""
        made = [{call["name"]: call["arguments"]} for call in calls]
        if not all(isinstance(call["arguments"], dict) for call in calls):
            return False
        try:
            return ast_checker(functions, made, truth, Language.PYTHON, FILES[category], "asked")["valid"]
        except (TypeError, AttributeError, KeyError) as error:
            # the checker expects of values inside of lists and objects that they have their types
            print(f"the checker failed, which counts as wrong: {error!r}", file=sys.stderr)
            return False

    return check


def score(given):
    """Prints how many answers are right, of those that the file has."""
    answers = [{"calls": written_calls(answer["text"])} | answer for answer in read_lines(given.answers)]
    if given.category == "irrelevance":
        right = sum(not answer["calls"] and answer["finish"] != "refused" for answer in answers)
    else:
        check, truth = load_checker(), truths(given.category)
        functions = {entry["id"]: entry["function"] for entry in questions(given.category)}
        right = sum(check(functions[a["id"]], a["calls"], truth[a["id"]], given.category) for a in answers)
    print(f"{given.category} {right}/{len(answers)}")


def main():
    """Asks or scores."""
    parser = argparse.ArgumentParser(description="Asks and scores the Berkeley Function-Calling Leaderboard.")
    actions = parser.add_subparsers(required=True)
    asking = actions.add_parser("ask")
    asking.set_defaults(action=ask_all)
    asking.add_argument("url")
    asking.add_argument("category", choices=FILES)
    asking.add_argument("output")
    asking.add_argument("--limit", type=int, help="only the first N questions")
    asking.add_argument("--model")
    asking.add_argument("--tool-choice", choices=["auto", "none-free"], default="auto")
    asking.add_argument("--workers", type=int, default=1)
    asking.add_argument("--prompted", action="store_true", help="read the calls out of the text")
    asking.add_argument("--template", help="with --prompted: the folder whose chat template shows the tools")
    asking.add_argument("--list", action="store_true", help="with --template: hold the answer to a list of calls")
    writing = actions.add_parser("items")
    writing.set_defaults(action=write_items)
    writing.add_argument("category", choices=FILES)
    writing.add_argument("output")
    scoring = actions.add_parser("score")
    scoring.set_defaults(action=score)
    scoring.add_argument("category", choices=FILES)
    scoring.add_argument("answers")
    given = parser.parse_args()
    if getattr(given, "template", None) and not given.prompted or getattr(given, "list", False) and not given.template:
        parser.error("--template needs --prompted, and --list needs --template")
    given.action(given)


if __name__ == "__main__":
    main()
