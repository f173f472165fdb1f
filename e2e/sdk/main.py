"""Runs every client behind Vigil and prints a table: `main.py VIGIL SIMULATOR PYTHON NODE [FILTER]`."""

import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import behaviour
import cases
import plain
from world import Answerer, World

HERE = Path(__file__).resolve().parent
PYTHON_CLIENTS = ["anthropic_client.py", "openai_chat_client.py", "openai_responses_client.py", "gemini_client.py"]
NODE_CLIENTS = ["anthropic_client.mjs", "openai_client.mjs", "gemini_client.mjs"]
# In base-URL mode one way of each kind is enough: what differs is how the client gets to Vigil.
BASE_URL_VARIANTS = [
    "create", "stream", "create, stream", "generate_content", "generate_content_stream",
    "generateContent", "generateContentStream",
]


def main():
    vigil, simulator, python, node, *wanted = sys.argv[1:]
    started = time.monotonic()
    tally = Tally()
    with World(vigil, simulator) as world:
        # Node looks for packages beside the script.
        shutil.copytree(HERE / "clients", world.dir / "clients")
        (world.dir / "node_modules").symlink_to(os.environ["VIGIL_E2E_NODE_MODULES"])
        answerer = Answerer(world)
        answerer.start()
        first = world.run("true")
        tally.check("vigil run", "starts the daemon", [] if first.returncode == 0 else [first.stderr.decode()])

        runs = [
            (f"{name} {script.split('_client')[0].replace('_', ' ')}{' base URL' if base else ''}", program, script, base)
            for base in (False, True)
            for name, program, scripts in (("Python", python, PYTHON_CLIENTS), ("Node", node, NODE_CLIENTS))
            for script in scripts
        ]
        runs = [run for run in runs if not wanted or any(word in run[0] for word in wanted)]
        with ThreadPoolExecutor(max_workers=3) as pool:
            for lines in pool.map(lambda run: play(world, tally, *run), runs):
                print("\n".join(lines), flush=True)
        for fault in answerer.faults:
            tally.check("vigil approve", "answers", [fault])
        if not wanted:
            record(world, tally)
        answerer.end()
        for name, test in {**plain.tests(python, node), **behaviour.TESTS}.items():
            if not wanted or any(word in name for word in wanted):
                tally.test(name, world, test)
    print(f"\n{time.monotonic() - started:.0f} s")
    return tally.tell()


class Tally:
    def __init__(self):
        self.passed, self.failed, self.asked = 0, [], []

    def check(self, where, what, faults):
        if faults:
            self.failed.append(f"{where}: {what}: {'; '.join(faults)}")
        else:
            self.passed += 1
        return not faults

    def test(self, name, world, test):
        try:
            test(world)
            faults = []
        except Exception as error:  # a failed test must not end the others
            faults = [f"{type(error).__name__}: {error}"]
        print(f"{name:<64} {'ok' if self.check(name, 'test', faults) else 'FAILED'}", flush=True)

    def tell(self):
        for fault in self.failed:
            print(f"FAILED {fault}")
        print(f"{self.passed} passed, {len(self.failed)} failed")
        return 1 if self.failed else 0


def play(world, tally, name, program, script, base):
    """All cases with all variants of one client; gives the lines of its table."""
    given = {
        "cases": [{"name": case.name, "prompt": case.prompt} for case in cases.CASES],
        "tools": {tool: cases.schema(tool) for tool in cases.TOOLS},
    }
    if base:
        given |= {"base": f"http://{world.ready()['proxy']}", "variants": BASE_URL_VARIANTS}
    file = world.dir / f"{name}.json"
    file.write_text(json.dumps(given))
    line = [program, str(world.dir / "clients" / script), str(file)]
    # Without `vigil run` nothing but the base URL puts the client behind Vigil.
    ended = subprocess.run(
        line if base else world.run_line(*line),
        env=world.env(), capture_output=True, timeout=120, stdin=subprocess.DEVNULL,
    )
    seen = {}
    for text in ended.stdout.decode().splitlines():
        observation = json.loads(text)
        seen.setdefault((observation["api"], observation["variant"]), {})[observation["case"]] = observation
    lines = [f"\n{name:<48}" + "".join(f"{case.name:>10}" for case in cases.CASES)]
    if ended.returncode != 0 or not seen:
        tally.check(name, "the client", [f"exit code {ended.returncode}: {ended.stderr.decode()[-2000:]}"])
        lines.append("  FAILED as a whole")
    for (api, variant), by_case in seen.items():
        cells = []
        for case in cases.CASES:
            observation = by_case.get(case.name, {"error": "no observation"})
            cells.append("ok" if tally.check(f"{name}, {api} {variant}", case.name, cases.faults(case, observation)) else "FAIL")
            tally.asked.append(case)
        lines.append(f"  {api + ' · ' + variant:<46}" + "".join(f"{cell:>10}" for cell in cells))
    return lines


def record(world, tally):
    """What was decided is on record, once for each call, and the record verifies."""
    wanted = {}
    for case in tally.asked:
        for tool, arguments in case.asked:
            answered = "user_approve" if cases.APPROVE in json.dumps(arguments) else "timeout_deny"
            decision = {"get_weather": "allow", "wipe_disk": "policy_deny"}.get(tool, answered)
            wanted[decision] = wanted.get(decision, 0) + 1
    found = {decision: len(actions(world, decision)) for decision in wanted}
    tally.check("record", "one decision for each call", [] if found == wanted else [f"{found} instead of {wanted}"])
    document = world.dir / "record.json"
    exported = world.say("export", "--out", str(document))
    tally.check("record", "export", [] if exported.returncode == 0 else [exported.stderr.decode()])
    verified = subprocess.run([world.vigil, "verify", str(document)], env=world.env(), capture_output=True, timeout=60)
    tally.check("record", "verify", [] if verified.returncode == 0 else [verified.stdout.decode() + verified.stderr.decode()])
    print(f"\n{'record: ' + ', '.join(f'{count} {decision}' for decision, count in sorted(found.items()))}")


def actions(world, decision):
    told = world.say("log", "--json", "-n", "100000", "--decision", decision)
    return told.stdout.decode().splitlines()


if __name__ == "__main__":
    sys.exit(main())
