"""The official Python SDK of Google: generateContent."""

from common import base_url, play, tools
from google import genai
from google.genai import types

HOST = "generativelanguage.googleapis.com"
client = genai.Client(api_key="simulated", http_options=types.HttpOptions(base_url=base_url(HOST), timeout=60_000))

ASK = types.GenerateContentConfig(
    tools=[
        types.Tool(
            function_declarations=[
                types.FunctionDeclaration(name=name, description=name, parameters_json_schema=schema)
                for name, schema in tools()
            ]
        )
    ],
    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
)
MODEL = "gemini-simulated"


class Replies:
    """Puts the replies of a stream together, or the only one."""

    def __init__(self):
        self.text, self.calls, self.stop = "", [], None

    def take(self, reply):
        assert len(reply.candidates) == 1, reply.candidates
        candidate = reply.candidates[0]
        for part in candidate.content.parts or []:
            if part.function_call:
                self.calls.append({"name": part.function_call.name, "arguments": part.function_call.args})
            self.text += part.text or ""
        if candidate.finish_reason:
            self.stop = candidate.finish_reason.value

    def result(self):
        return {"text": self.text, "calls": self.calls, "stop": self.stop}


def whole(prompt):
    found = Replies()
    found.take(client.models.generate_content(model=MODEL, contents=prompt, config=ASK))
    return found.result()


def stream(prompt):
    found = Replies()
    for reply in client.models.generate_content_stream(model=MODEL, contents=prompt, config=ASK):
        found.take(reply)
    return found.result()


async def async_whole(prompt):
    found = Replies()
    found.take(await client.aio.models.generate_content(model=MODEL, contents=prompt, config=ASK))
    return found.result()


async def async_stream(prompt):
    found = Replies()
    async for reply in await client.aio.models.generate_content_stream(model=MODEL, contents=prompt, config=ASK):
        found.take(reply)
    return found.result()


play("gemini", {
    "generate_content": whole,
    "generate_content_stream": stream,
    "async generate_content": async_whole,
    "async generate_content_stream": async_stream,
})
