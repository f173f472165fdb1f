"""Plays all cases with all variants of a client, and prints each observation as one JSON line."""

import asyncio
import inspect
import json
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

with open(sys.argv[1], encoding="utf-8") as file:
    GIVEN = json.load(file)

# Set when the client is to talk to Vigil itself (`http://127.0.0.1:PORT/p/HOST`) instead of going through the proxy.
BASE = GIVEN.get("base")


def base_url(host, path=""):
    return f"{BASE}/p/{host}{path}" if BASE else None


def tools():
    return GIVEN["tools"].items()


def play(api, variants):
    """`variants`: name to function of a prompt, plain or async, that gives text, calls, stop (and deltas)."""
    wanted = GIVEN.get("variants")
    variants = {name: call for name, call in variants.items() if not wanted or name in wanted}
    plain = {name: call for name, call in variants.items() if not inspect.iscoroutinefunction(call)}
    with ThreadPoolExecutor(max_workers=len(GIVEN["cases"]) * max(1, len(plain))) as pool:
        jobs = [pool.submit(one, api, name, call, case) for name, call in plain.items() for case in GIVEN["cases"]]
        asyncio.run(play_async(api, {name: call for name, call in variants.items() if name not in plain}))
        for job in jobs:
            job.result()


async def play_async(api, variants):
    await asyncio.gather(
        *(one_async(api, name, call, case) for name, call in variants.items() for case in GIVEN["cases"])
    )


def one(api, name, call, case):
    started = time.monotonic()
    try:
        seen = call(case["prompt"])
    except Exception as error:  # whatever an SDK throws is a finding
        seen = failure(error)
    tell(api, name, case, seen, started)


async def one_async(api, name, call, case):
    started = time.monotonic()
    try:
        seen = await call(case["prompt"])
    except Exception as error:
        seen = failure(error)
    tell(api, name, case, seen, started)


def failure(error):
    causes = []
    seen = error
    while seen is not None and len(causes) < 5:
        causes.append(f"{type(seen).__name__}: {seen}")
        seen = seen.__cause__ or seen.__context__
    frames = traceback.extract_tb(error.__traceback__)[-1:]
    return {"error": " < ".join(causes) + "".join(f" ({frame.filename}:{frame.lineno})" for frame in frames)}


def tell(api, name, case, seen, started):
    line = {"api": api, "variant": name, "case": case["name"], "seconds": time.monotonic() - started, **seen}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
