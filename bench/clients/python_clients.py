#!/usr/bin/env python3
"""Clients for Python against a server of ours: each does what its users do first, and what comes back is checked.

usage: python_clients.py URL [CLIENT…]      (all by default; their names are those of the functions below)

Begin the server with a model whose chat template calls tools, such as `./sglc serve Qwen/Qwen3-0.6B`. Each group of
clients is installed into a virtual environment of its own, in the folder for temporary files, and runs in it.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

TOKENS = 300
QUESTION = "What is the capital of France?"
WEATHER = "How is the weather in Rome? Ask the tool."
CITY = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20}}, "required": ["city"]}
MOOD = {"type": "object", "properties": {"mood": {"enum": ["good", "bad"]}}, "required": ["mood"]}
MOODS = ("good", "bad")


def openai(url, model):
    import openai

    client = openai.OpenAI(base_url=url + "/v1", api_key="any", max_retries=0)
    ask = {"model": model, "input": QUESTION, "max_output_tokens": TOKENS, "temperature": 0}
    first = client.responses.create(**ask)
    with client.responses.stream(**ask) as stream:
        assert stream.get_final_response().output_text == first.output_text
    more = client.responses.create(**ask | {"previous_response_id": first.id, "input": "And of Italy?"})
    assert more.usage.input_tokens > first.usage.input_tokens
    assert client.responses.retrieve(first.id).output == first.output
    tool = {"type": "function", "name": "weather", "parameters": CITY, "strict": True}
    called = client.responses.create(**ask | {"input": WEATHER, "tools": [tool], "tool_choice": "required"})
    assert "city" in json.loads(called.output[-1].arguments)
    messages = [{"role": "user", "content": QUESTION}]
    chat = client.chat.completions.create(model=model, messages=messages, max_tokens=TOKENS, temperature=0)
    assert chat.choices[0].message.content == first.output_text
    conversation = client.conversations.create(items=[{"role": "user", "content": "I am Ada."}])
    client.responses.create(**ask | {"conversation": conversation.id})
    assert len(list(client.conversations.items.list(conversation.id))) > 2
    return openai.__version__


def anthropic(url, model):
    import anthropic

    client = anthropic.Anthropic(base_url=url, api_key="any", max_retries=0)
    ask = {"model": model, "max_tokens": TOKENS, "messages": [{"role": "user", "content": QUESTION}]}
    with client.messages.stream(**ask, extra_body={"temperature": 0}) as stream:
        text = "".join(stream.text_stream)
    assert client.messages.create(**ask, extra_body={"temperature": 0}).content[0].text == text
    counted = client.messages.count_tokens(model=model, messages=ask["messages"]).input_tokens
    usage = client.messages.create(**ask).usage
    assert counted == usage.input_tokens + usage.cache_read_input_tokens
    tool = {"name": "weather", "input_schema": CITY}
    ask["messages"] = [{"role": "user", "content": WEATHER}]
    use = client.messages.create(**ask, tools=[tool], tool_choice={"type": "any"})
    assert use.stop_reason == "tool_use" and "city" in use.content[-1].input
    result = {"type": "tool_result", "tool_use_id": use.content[-1].id, "content": "Sunny."}
    ask["messages"] += [{"role": "assistant", "content": use.content}, {"role": "user", "content": [result]}]
    assert client.messages.create(**ask, tools=[tool]).content
    return anthropic.__version__


def ollama(url, model):
    from importlib.metadata import version

    import ollama

    client = ollama.Client(host=url)
    assert model in [one.model for one in client.list().models]
    ask = {"model": model, "think": False, "options": {"temperature": 0, "num_predict": TOKENS}}
    ask["messages"] = [{"role": "user", "content": QUESTION}]
    text = client.chat(**ask).message.content
    assert "".join(part.message.content for part in client.chat(**ask, stream=True)) == text
    assert json.loads(client.chat(**ask, format=MOOD).message.content)["mood"] in MOODS
    assert client.generate(model=model, prompt=QUESTION, options=ask["options"]).response
    assert len(client.embed(model=model, input=["a", "b"]).embeddings) == 2
    return version("ollama")


def litellm(url, model):
    from importlib.metadata import version

    import litellm

    litellm.suppress_debug_info = True
    messages = [{"role": "user", "content": QUESTION}]
    ask = {"messages": messages, "max_tokens": TOKENS, "temperature": 0, "api_key": "any"}
    for name, base in ("openai", url + "/v1"), ("anthropic", url), ("ollama_chat", url):
        whole = litellm.completion(model=f"{name}/{model}", api_base=base, **ask)
        assert whole.choices[0].message.content, name
        pieces = litellm.completion(model=f"{name}/{model}", api_base=base, stream=True, **ask)
        assert "".join(piece.choices[0].delta.content or "" for piece in pieces), name
    long = ask | {"messages": [{"role": "user", "content": "word " * 200_000}]}
    try:
        litellm.completion(model=f"openai/{model}", api_base=url + "/v1", **long)
        raise AssertionError("a prompt of 200,000 words was answered")
    except litellm.ContextWindowExceededError:
        return version("litellm")


def openai_agents(url, model):
    from importlib.metadata import version

    import agents
    import openai

    agents.set_tracing_disabled(True)
    agents.set_default_openai_client(openai.AsyncOpenAI(base_url=url + "/v1", api_key="any", max_retries=0))
    asked = []

    @agents.function_tool
    def weather(city: str) -> str:
        """The weather of a city."""
        asked.append(city)
        return "Sunny."

    settings = agents.ModelSettings(temperature=0, tool_choice="required", max_tokens=4 * TOKENS)
    agent = agents.Agent(name="helper", model=model, tools=[weather], model_settings=settings)
    assert isinstance(agents.Runner.run_sync(agent, WEATHER).final_output, str) and asked
    return version("openai-agents")


def pydantic_ai(url, model):
    from importlib.metadata import version
    from typing import Literal

    import pydantic_ai
    from pydantic import BaseModel
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    class Mood(BaseModel):
        mood: Literal["good", "bad"]

    provider = OpenAIProvider(base_url=url + "/v1", api_key="any")
    settings = {"temperature": 0, "max_tokens": 4 * TOKENS}
    for made in OpenAIResponsesModel(model, provider=provider), OpenAIChatModel(model, provider=provider):
        agent = pydantic_ai.Agent(made, output_type=Mood, model_settings=settings, retries=0)
        assert agent.run_sync("I am happy. How is my mood?").output.mood in MOODS
    return version("pydantic-ai-slim")


def langchain(url, model):
    from importlib.metadata import version

    from langchain_anthropic import ChatAnthropic
    from langchain_ollama import ChatOllama
    from langchain_openai import ChatOpenAI

    keys = {"base_url": url + "/v1", "api_key": "any", "max_tokens": TOKENS, "temperature": 0}
    models = [
        ChatOpenAI(model=model, **keys),
        ChatOpenAI(model=model, use_responses_api=True, **keys),
        ChatAnthropic(model=model, base_url=url, api_key="any", max_tokens=TOKENS),
        ChatOllama(model=model, base_url=url, num_predict=TOKENS, temperature=0),
    ]
    for one in models:
        assert one.invoke(QUESTION).content, one
        assert sum(1 for _ in one.stream(QUESTION)) > 1, one
    return version("langchain-openai")


def instructor(url, model):
    from importlib.metadata import version
    from typing import Literal

    import instructor
    import openai
    from pydantic import BaseModel

    class Mood(BaseModel):
        mood: Literal["good", "bad"]

    messages = [{"role": "user", "content": "I am happy. How is my mood?"}]
    for mode in instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA:
        client = instructor.from_openai(openai.OpenAI(base_url=url + "/v1", api_key="any"), mode=mode)
        ask = {"model": model, "messages": messages, "max_tokens": 4 * TOKENS, "temperature": 0, "max_retries": 0}
        assert client.chat.completions.create(response_model=Mood, **ask).mood in MOODS
    return version("instructor")


GROUPS = [
    (
        ["openai", "anthropic", "ollama", "litellm", "openai-agents", "pydantic-ai-slim[openai]"],
        [openai, anthropic, ollama, litellm, openai_agents, pydantic_ai],
    ),
    (["langchain-openai", "langchain-anthropic", "langchain-ollama"], [langchain]),
    (["instructor", "openai"], [instructor]),
]


def main(url, names):
    failed = False
    with urllib.request.urlopen(url + "/v1/models") as models:
        model = json.load(models)["data"][0]["id"]
    for packages, clients in GROUPS:
        wanted = [client.__name__ for client in clients if not names or client.__name__ in names]
        if wanted:
            python = environment(packages)
            for name in wanted:
                failed |= subprocess.run([python, "-W", "ignore", __file__, "--one", url, name, model]).returncode != 0
    sys.exit(failed)


def environment(packages):
    """The interpreter of an environment with these packages."""
    folder = pathlib.Path(tempfile.gettempdir()) / ("sgl-clients-" + packages[0])
    python = folder / "bin/python"
    if not (folder / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        (folder / "installed").touch()
    return python


def one(url, name, model):
    os.environ |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "OPENAI_API_KEY": "any", "ANTHROPIC_API_KEY": "any"}
    try:
        print(f"{name} {globals()[name](url, model)}: ok", flush=True)
    except Exception as error:  # of whatever kind a client has
        print(f"{name}: {type(error).__name__}: {str(error)[:500]}", flush=True)
        sys.exit(1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:])
    elif len(sys.argv) > 1:
        main(sys.argv[1].rstrip("/"), sys.argv[2:])
    else:
        sys.exit(__doc__)
