"""The official Python SDK of OpenAI: Chat Completions."""

import json

import openai
from common import base_url, play, tools

TOOLS = [
    {"type": "function", "function": {"name": name, "description": name, "strict": True, "parameters": schema}}
    for name, schema in tools()
]
SETTINGS = {"api_key": "sk-simulated", "base_url": base_url("api.openai.com", "/v1"), "max_retries": 0, "timeout": 60}

client = openai.OpenAI(**SETTINGS)
async_client = openai.AsyncOpenAI(**SETTINGS)
h2_client = openai.OpenAI(**SETTINGS, http_client=openai.DefaultHttpxClient(http2=True))
aiohttp_client = openai.AsyncOpenAI(**SETTINGS, http_client=openai.DefaultAioHttpClient())


def ask(prompt):
    return {"model": "gpt-simulated", "tools": TOOLS, "messages": [{"role": "user", "content": prompt}]}


def seen(completion, **more):
    assert len(completion.choices) == 1, completion.choices
    choice = completion.choices[0]
    calls = [
        {"name": call.function.name, "arguments": json.loads(call.function.arguments)}
        for call in choice.message.tool_calls or []
    ]
    return {"text": choice.message.content or "", "calls": calls, "stop": choice.finish_reason, **more}


def whole(prompt, by=client):
    return seen(by.chat.completions.create(**ask(prompt)))


class Chunks:
    """Puts raw chunks together as a client would that uses no helper."""

    def __init__(self):
        self.text, self.calls, self.stop = "", {}, None

    def take(self, chunk):
        for choice in chunk.choices:
            assert choice.index == 0 and self.stop is None, "nothing comes after the finish reason"
            self.text += choice.delta.content or ""
            for call in choice.delta.tool_calls or []:
                name, arguments = self.calls.get(call.index, ("", ""))
                self.calls[call.index] = (name + (call.function.name or ""), arguments + (call.function.arguments or ""))
            self.stop = choice.finish_reason

    def result(self):
        calls = [{"name": name, "arguments": json.loads(arguments)} for _, (name, arguments) in sorted(self.calls.items())]
        return {"text": self.text, "calls": calls, "stop": self.stop}


def chunks(prompt, by=client):
    found = Chunks()
    for chunk in by.chat.completions.create(**ask(prompt), stream=True):
        found.take(chunk)
    return found.result()


def helper(prompt):
    with client.chat.completions.stream(**ask(prompt)) as stream:
        deltas = "".join(event.delta for event in stream if event.type == "content.delta")
        return seen(stream.get_final_completion(), deltas=deltas)


async def async_whole(prompt):
    return seen(await async_client.chat.completions.create(**ask(prompt)))


async def async_chunks(prompt, by=async_client):
    found = Chunks()
    async for chunk in await by.chat.completions.create(**ask(prompt), stream=True):
        found.take(chunk)
    return found.result()


async def async_helper(prompt):
    async with async_client.chat.completions.stream(**ask(prompt)) as stream:
        deltas = "".join([event.delta async for event in stream if event.type == "content.delta"])
        return seen(await stream.get_final_completion(), deltas=deltas)


def h2_whole(prompt):
    return whole(prompt, h2_client)


def h2_chunks(prompt):
    return chunks(prompt, h2_client)


async def aiohttp_chunks(prompt):
    return await async_chunks(prompt, aiohttp_client)


play("chat", {
    "create": whole,
    "create, stream": chunks,
    "stream": helper,
    "async create": async_whole,
    "async create, stream": async_chunks,
    "async stream": async_helper,
    "HTTP/2 create": h2_whole,
    "HTTP/2 create, stream": h2_chunks,
    "aiohttp create, stream": aiohttp_chunks,
})
