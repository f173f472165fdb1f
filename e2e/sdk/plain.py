"""Programs without an SDK: each trusts the CA, goes through the proxy and meets the gate."""

import json

import cases

BODY = json.dumps({
    "model": "claude-simulated",
    "max_tokens": 64,
    "tools": [{"name": tool, "input_schema": cases.schema(tool)} for tool in cases.TOOLS],
    "messages": [{"role": "user", "content": cases.Case("", "Making room.", [cases.WIPE]).prompt}],
})
URL = "https://api.anthropic.com/v1/messages"
# The version that each way must speak with Vigil.
PYTHON = {
    "urllib": "HTTP/1.1",
    "requests": "HTTP/1.1",
    "httpx": "HTTP/1.1",
    "httpx http2=True": "HTTP/2",
    "httpx2": "HTTP/1.1",
    "httpx2 http2=True": "HTTP/2",
    "aiohttp trust_env=True": "HTTP/1.1",
}
NODE = {"fetch": "HTTP/1.1", "https": "HTTP/1.1"}


def tests(python, node):
    return {
        **{f"Python without an SDK: {way}": library(python, "plain.py", way, version) for way, version in PYTHON.items()},
        **{f"Node without an SDK: {way}": library(node, "plain.mjs", way, version) for way, version in NODE.items()},
        "curl, HTTP/1.1": lambda world: by_curl(world, "1.1", "--http1.1"),
        "curl, HTTP/2": lambda world: by_curl(world, "2", "--http2"),
        "curl to a host that is no provider's: a tunnel, the own certificate": tunnel,
    }


def gated(body, name):
    reply = json.loads(body)
    text = "".join(block.get("text", "") for block in reply["content"])
    assert [block["type"] for block in reply["content"]] == ["text"] * len(reply["content"]), f"{name}: {body}"
    assert all(words in text for words in cases.BLOCKED), f"{name}: {text!r}"
    assert reply["stop_reason"] == "end_turn", f"{name}: {reply['stop_reason']}"


_seen = {}


def library(program, script, way, version):
    """All ways of a script run in one process; each test reads its own line."""

    def test(world):
        if script not in _seen:
            file = world.dir / "plain.json"
            file.write_text(json.dumps({"body": BODY, "cases": [], "tools": {}}))
            ended = world.run(program, world.dir / "clients" / script, file)
            assert ended.returncode == 0, ended.stderr.decode()[-2000:]
            lines = map(json.loads, ended.stdout.decode().splitlines())
            _seen[script] = {line["variant"]: line for line in lines}
        seen = _seen[script][way]
        assert "error" not in seen, seen["error"]
        assert seen["version"] == version, seen["version"]
        gated(seen["body"], way)

    return test


def by_curl(world, version, *flags):
    header = ["-H", "content-type: application/json", "-H", "x-api-key: simulated", "-H", "anthropic-version: 2023-06-01"]
    line = ["curl", "-sS", "--fail", *flags, "-w", "\n%{http_version} %{proxy_ssl_verify_result} %{ssl_verify_result}"]
    ended = world.run(*line, *header, "-d", BODY, URL)
    assert ended.returncode == 0, ended.stderr.decode()
    body, told = ended.stdout.decode().rsplit("\n", 1)
    assert told.split()[0] == version and told.split()[-1] == "0", told
    gated(body, "curl")


def tunnel(world):
    """The simulator answers to any name, but its root is not trusted: only Vigil's own certificate would be."""
    ended = world.run("curl", "-sS", "-o", "/dev/null", f"https://localhost:{world.upstream.rsplit(':', 1)[1]}/", "--noproxy", "")
    # 60: the certificate is the upstream's, and nobody here trusts it.
    assert ended.returncode == 60, f"{ended.returncode}: {ended.stderr.decode()}"
