"""The official Python SDK of Anthropic."""

import anthropic
from common import base_url, play, tools

TOOLS = [{"name": name, "description": name, "input_schema": schema} for name, schema in tools()]
SETTINGS = {"api_key": "sk-ant-simulated", "base_url": base_url("api.anthropic.com"), "max_retries": 0, "timeout": 60}

client = anthropic.Anthropic(**SETTINGS)
async_client = anthropic.AsyncAnthropic(**SETTINGS)
h2_client = anthropic.Anthropic(**SETTINGS, http_client=anthropic.DefaultHttpxClient(http2=True))
async_h2_client = anthropic.AsyncAnthropic(**SETTINGS, http_client=anthropic.DefaultAsyncHttpxClient(http2=True))
aiohttp_client = anthropic.AsyncAnthropic(**SETTINGS, http_client=anthropic.DefaultAioHttpClient())


def ask(prompt):
    return {
        "model": "claude-simulated",
        "max_tokens": 1024,
        "tools": TOOLS,
        "messages": [{"role": "user", "content": prompt}],
    }


def seen(message, **more):
    text = "".join(block.text for block in message.content if block.type == "text")
    calls = [{"name": block.name, "arguments": block.input} for block in message.content if block.type == "tool_use"]
    assert all(block.type in ("text", "tool_use") for block in message.content), message.content
    return {"text": text, "calls": calls, "stop": message.stop_reason, **more}


def whole(prompt):
    return seen(client.messages.create(**ask(prompt)))


class Events:
    """Puts raw events together as a client would that uses no helper."""

    def __init__(self):
        self.order, self.blocks, self.stop = [], {}, None

    def take(self, event):
        self.order.append(event.type)
        if event.type == "content_block_start":
            assert event.index == len(self.blocks), "blocks are numbered without a gap"
            self.blocks[event.index] = (event.content_block, [])
        elif event.type == "content_block_delta":
            self.blocks[event.index][1].append(event.delta)
        elif event.type == "message_delta":
            self.stop = event.delta.stop_reason

    def result(self):
        import json

        assert self.order[0] == "message_start" and self.order[-1] == "message_stop", self.order
        text, calls = "", []
        for block, deltas in self.blocks.values():
            if block.type == "text":
                text += "".join(delta.text for delta in deltas)
            else:
                arguments = "".join(delta.partial_json for delta in deltas)
                calls.append({"name": block.name, "arguments": json.loads(arguments)})
        return {"text": text, "calls": calls, "stop": self.stop}


def events(prompt):
    found = Events()
    for event in client.messages.create(**ask(prompt), stream=True):
        found.take(event)
    return found.result()


def helper(prompt, by=client):
    with by.messages.stream(**ask(prompt)) as stream:
        deltas = "".join(stream.text_stream)
        return seen(stream.get_final_message(), deltas=deltas)


async def async_whole(prompt):
    return seen(await async_client.messages.create(**ask(prompt)))


async def async_events(prompt):
    found = Events()
    async for event in await async_client.messages.create(**ask(prompt), stream=True):
        found.take(event)
    return found.result()


async def async_helper(prompt, by=async_client):
    async with by.messages.stream(**ask(prompt)) as stream:
        deltas = "".join([text async for text in stream.text_stream])
        return seen(await stream.get_final_message(), deltas=deltas)


def h2_whole(prompt):
    raw = h2_client.messages.with_raw_response.create(**ask(prompt))
    assert raw.http_response.http_version == "HTTP/2", raw.http_response.http_version
    return seen(raw.parse())


def h2_stream(prompt):
    return helper(prompt, h2_client)


async def async_h2_stream(prompt):
    return await async_helper(prompt, async_h2_client)


async def aiohttp_stream(prompt):
    return await async_helper(prompt, aiohttp_client)


play("anthropic", {
    "create": whole,
    "create, stream": events,
    "stream": helper,
    "async create": async_whole,
    "async create, stream": async_events,
    "async stream": async_helper,
    "HTTP/2 create": h2_whole,
    "HTTP/2 stream": h2_stream,
    "HTTP/2 async stream": async_h2_stream,
    "aiohttp stream": aiohttp_stream,
})
