"""HTTP libraries of Python without any SDK: each must trust the CA, go through the proxy and meet the gate."""

import asyncio
import json
import urllib.request

import aiohttp
import httpx
import httpx2
import requests
from common import GIVEN, failure

URL = "https://api.anthropic.com/v1/messages"
HEADERS = {"content-type": "application/json", "x-api-key": "simulated", "anthropic-version": "2023-06-01"}
BODY = GIVEN["body"].encode()


def by_urllib():
    request = urllib.request.Request(URL, BODY, HEADERS)
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.read().decode(), "HTTP/1.1"


def by_requests():
    response = requests.post(URL, BODY, headers=HEADERS, timeout=30)
    response.raise_for_status()
    return response.text, "HTTP/1.1"


def by_httpx(library, http2):
    with library.Client(http2=http2) as client:
        response = client.post(URL, content=BODY, headers=HEADERS, timeout=30)
        response.raise_for_status()
        return response.text, response.http_version


async def fetched_by_aiohttp():
    async with aiohttp.ClientSession(trust_env=True) as session:
        async with session.post(URL, data=BODY, headers=HEADERS) as response:
            response.raise_for_status()
            return await response.text(), "HTTP/1.1"


WAYS = {
    "urllib": by_urllib,
    "requests": by_requests,
    "httpx": lambda: by_httpx(httpx, False),
    "httpx http2=True": lambda: by_httpx(httpx, True),
    "httpx2": lambda: by_httpx(httpx2, False),
    "httpx2 http2=True": lambda: by_httpx(httpx2, True),
    "aiohttp trust_env=True": lambda: asyncio.run(fetched_by_aiohttp()),
}

for name, way in WAYS.items():
    try:
        body, version = way()
        seen = {"body": body, "version": version}
    except Exception as error:
        seen = failure(error)
    print(json.dumps({"variant": name, **seen}), flush=True)
