"""The official Python SDK of OpenAI: Responses."""

import json

import openai
from common import base_url, play, tools

TOOLS = [
    {"type": "function", "name": name, "description": name, "strict": True, "parameters": schema}
    for name, schema in tools()
]
SETTINGS = {"api_key": "sk-simulated", "base_url": base_url("api.openai.com", "/v1"), "max_retries": 0, "timeout": 60}

client = openai.OpenAI(**SETTINGS)
async_client = openai.AsyncOpenAI(**SETTINGS)
h2_client = openai.OpenAI(**SETTINGS, http_client=openai.DefaultHttpxClient(http2=True))


def ask(prompt):
    return {"model": "gpt-simulated", "tools": TOOLS, "input": [{"role": "user", "content": prompt}]}


def seen(response, **more):
    calls = [
        {"name": item.name, "arguments": json.loads(item.arguments)}
        for item in response.output
        if item.type == "function_call"
    ]
    assert all(item.type in ("message", "function_call") for item in response.output), response.output
    return {"text": response.output_text, "calls": calls, "stop": response.status, **more}


def whole(prompt, by=client):
    return seen(by.responses.create(**ask(prompt)))


class Events:
    """Puts raw events together, and holds them against the response that the last one carries."""

    def __init__(self):
        self.order, self.items, self.deltas, self.final = [], {}, "", None

    def take(self, event):
        self.order.append(event.type)
        if event.type == "response.output_item.added":
            assert event.output_index == len(self.items), "items are numbered without a gap"
            self.items[event.output_index] = event.item
        elif event.type == "response.output_item.done":
            self.items[event.output_index] = event.item
        elif event.type == "response.output_text.delta":
            self.deltas += event.delta
        elif event.type == "response.completed":
            self.final = event.response

    def result(self):
        assert self.order[0] == "response.created" and self.order[-1] == "response.completed", self.order
        done = [item.model_dump() for _, item in sorted(self.items.items())]
        assert done == [item.model_dump() for item in self.final.output], "the items are those of the whole response"
        return seen(self.final, deltas=self.deltas)


def events(prompt, by=client):
    found = Events()
    for event in by.responses.create(**ask(prompt), stream=True):
        found.take(event)
    return found.result()


def helper(prompt):
    with client.responses.stream(**ask(prompt)) as stream:
        deltas = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        return seen(stream.get_final_response(), deltas=deltas)


async def async_whole(prompt):
    return seen(await async_client.responses.create(**ask(prompt)))


async def async_events(prompt):
    found = Events()
    async for event in await async_client.responses.create(**ask(prompt), stream=True):
        found.take(event)
    return found.result()


async def async_helper(prompt):
    async with async_client.responses.stream(**ask(prompt)) as stream:
        deltas = "".join([event.delta async for event in stream if event.type == "response.output_text.delta"])
        return seen(await stream.get_final_response(), deltas=deltas)


def h2_whole(prompt):
    return whole(prompt, h2_client)


def h2_events(prompt):
    return events(prompt, h2_client)


play("responses", {
    "create": whole,
    "create, stream": events,
    "stream": helper,
    "async create": async_whole,
    "async create, stream": async_events,
    "async stream": async_helper,
    "HTTP/2 create": h2_whole,
    "HTTP/2 create, stream": h2_events,
})
