"""Compares constrained answers with the free ones of the same engine.

usage: table.py QUESTIONS FREE CONSTRAINED…

A free answer counts if it holds exactly one JSON text that satisfies the question's schema, with properties in the order of
the schema. It is bare if it is nothing but that text, fenced if the text stands in a code block. Kept are those whose
constrained answer is the same value. The log-probability is the mean of the tokens', as the model has it without a type.
Schemas are checked by the package jsonschema.
"""

import json
import pathlib
import sys

import jsonschema


def lines(path):
    """The objects of a file of JSON lines, by their ids."""
    return {line["id"]: line for line in map(json.loads, pathlib.Path(path).read_text().splitlines())}


def value(text):
    """The value of a JSON text in a list, or an empty list."""
    try:
        return [json.loads(text)]
    except ValueError:
        return []


def parts(answer):
    """Whether a free answer has a code block, and the text of its JSON."""
    text = answer.strip()
    if "```" not in text:
        return "bare", text
    return "fenced", text.split("```", 1)[1].partition("\n")[2].rsplit("```", 1)[0]


def ordered(schema, found):
    """Whether properties stand in the order of the schema."""
    if isinstance(found, dict):
        known = list(schema.get("properties", {}))
        places = [known.index(name) for name in found if name in known]
        inner = [(schema["properties"][name], found[name]) for name in found if name in known]
        return places == sorted(places) and all(ordered(s, v) for s, v in inner)
    if isinstance(found, list):
        return all(ordered(schema.get("items", {}), item) for item in found)
    return True


def fits(schema, found):
    """Whether a value satisfies a schema, in the schema's order."""
    return not list(jsonschema.Draft202012Validator(schema).iter_errors(found)) and ordered(schema, found)


def row(questions, free, name, constrained):
    """A line of the table."""
    kept = {"bare": [0, 0], "fenced": [0, 0]}
    valid = 0
    for key, answer in constrained.items():
        schema = questions[key]["schema"]
        found = value(answer["text"])
        valid += bool(found) and fits(schema, found[0])
        kind, text = parts(free[key]["text"])
        wanted = value(text)
        if wanted and fits(schema, wanted[0]):
            kept[kind][0] += found == wanted
            kept[kind][1] += 1
    tokens = sum(answer["tokens"] for answer in constrained.values()) / max(1, len(constrained))
    cut = sum(answer["finish"] == "length" for answer in constrained.values())
    told = [answer["logprob"] for answer in constrained.values() if "logprob" in answer]
    likely = f"{sum(told) / len(told):.3f}" if told else "–"
    print(
        f"| {name} | {kept['bare'][0]} of {kept['bare'][1]} | {kept['fenced'][0]} of {kept['fenced'][1]} "
        f"| {valid} of {len(constrained)} | {cut} | {tokens:.0f} | {likely} |"
    )


def main():
    """Prints the table."""
    questions, free = lines(sys.argv[1]), lines(sys.argv[2])
    print("| answers | bare, kept | fenced, kept | valid | at max_tokens | tokens | log-probability |")
    print("|---|---|---|---|---|---|---|")
    for path in sys.argv[3:]:
        row(questions, free, pathlib.Path(path).stem, lines(path))


if __name__ == "__main__":
    main()
