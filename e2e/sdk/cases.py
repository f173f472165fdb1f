"""What every client is told to ask for, and what must come of it.

The provider simulator reads its orders from the prompt (`!say`, `!call`), the policy below decides by tool, and whoever
answers holds approves those whose memo says so. So the same cases run through every SDK, and one checker reads them all.
"""

import json
from dataclasses import dataclass, field

POLICY = """\
profile = "balanced"

[[rule]]
id = "weather-is-harmless"
effect = "allow"
when = { tool = "get_weather" }

[[rule]]
id = "money-needs-a-person"
effect = "hold"
reason = "money is moved by people"
when = { tool = "send_money" }

[[rule]]
id = "no-wiping"
effect = "block"
reason = "disks are not wiped by programs"
when = { tool = "wipe_disk" }
"""

APPROVE = "please approve"
HOLD_WINDOW_SECONDS = 3

TOOLS = {
    "get_weather": {"city": "string"},
    "send_money": {"to": "string", "amount": "number", "memo": "string"},
    "wipe_disk": {"device": "string"},
}


def schema(tool):
    """The JSON schema of a tool's arguments, in the form that OpenAI calls strict."""
    members = {name: {"type": kind} for name, kind in TOOLS[tool].items()}
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}


@dataclass(frozen=True)
class Case:
    name: str
    say: str
    asked: list = field(default_factory=list)
    delivered: list = field(default_factory=list)
    # What the deny text must hold, for each call that is not delivered.
    told: list = field(default_factory=list)
    # Seconds that the answer takes at least, and at most on a busy machine.
    at_least: float = 0.0

    @property
    def prompt(self):
        lines = [f"!say {self.say}"] if self.say else []
        lines += [f"!call {name} {json.dumps(arguments, ensure_ascii=False)}" for name, arguments in self.asked]
        return "\n".join(lines)


WEATHER = ("get_weather", {"city": "Zürich ☔ \"north\""})
APPROVED = ("send_money", {"to": "Ada", "amount": 12.5, "memo": APPROVE})
LEFT = ("send_money", {"to": "Bob", "amount": 70, "memo": "nobody answers this one"})
WIPE = ("wipe_disk", {"device": "/dev/sda"})

BLOCKED = ["no-wiping", "disks are not wiped by programs"]
HELD = ["money-needs-a-person", "money is moved by people"]

CASES = [
    Case("text", "The sky is blue, and that is all."),
    Case("allowed", "Let me look.", [WEATHER], [WEATHER]),
    Case("approved", "I will pay Ada.", [APPROVED], [APPROVED]),
    Case("denied", "Making room.", [WIPE], [], BLOCKED),
    Case("timeout", "I will pay Bob.", [LEFT], [], HELD, HOLD_WINDOW_SECONDS - 0.5),
    Case("no text", "", [WIPE], [], BLOCKED),
    Case("mixed", "Several things at once.", [WEATHER, WIPE, APPROVED], [WEATHER, APPROVED], BLOCKED),
]

# Whatever stands for "there are calls to run" and "I am done" in each API.
STOPS = {
    "anthropic": ("tool_use", "end_turn"),
    "chat": ("tool_calls", "stop"),
    "responses": ("completed", "completed"),
    "gemini": ("STOP", "STOP"),
}


def faults(case, seen):
    """What is wrong with an observation: a list of sentences, empty when all is well."""
    if "error" in seen:
        return [f"the client failed: {seen['error']}"]
    found = []
    calls = [(call["name"], call["arguments"]) for call in seen["calls"]]
    if calls != case.delivered:
        found.append(f"calls {calls} instead of {case.delivered}")
    text = seen["text"]
    if not text.startswith(case.say):
        found.append(f"text {text!r} does not begin with {case.say!r}")
    rest = text[len(case.say):]
    for words in case.told:
        if words not in rest:
            found.append(f"text {text!r} does not tell {words!r}")
    if not case.told and rest.strip():
        found.append(f"text {text!r} says more than the model did")
    wanted = STOPS[seen["api"]][0 if case.delivered else 1]
    if seen["stop"] != wanted:
        found.append(f"stopped with {seen['stop']!r} instead of {wanted!r}")
    if seen.get("deltas", text) != text:
        found.append(f"the deltas say {seen['deltas']!r}, the whole message {text!r}")
    if seen["seconds"] < case.at_least:
        found.append(f"answered after {seen['seconds']:.1f} s, before the window was over")
    return found
