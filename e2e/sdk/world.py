"""What the clients run in: a provider simulator, a state directory, Vigil, and somebody who answers holds."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import cases

HOSTS = ["api.anthropic.com", "api.openai.com", "generativelanguage.googleapis.com"]


class World:
    def __init__(self, vigil, simulator):
        self.vigil, self.simulator = str(vigil), str(simulator)
        self.dir = Path(tempfile.mkdtemp(prefix="vigil-sdk-"))
        self.state = self.dir / "state"
        self.config = self.dir / "vigil.toml"
        (self.dir / "home").mkdir()
        root = self.dir / "simulator.pem"
        self.sim = subprocess.Popen([self.simulator, root], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.upstream = json.loads(self.sim.stdout.readline())["address"]
        (self.dir / "policy.toml").write_text(cases.POLICY)
        resolve = "\n".join(f'"{host}:443" = "{self.upstream}"' for host in HOSTS)
        self.config.write_text(
            f'[proxy]\nlisten = "127.0.0.1:0"\n[api]\nlisten = "127.0.0.1:0"\n'
            f'[upstream]\nextra_ca_files = ["{root}"]\n[upstream.resolve]\n{resolve}\n'
            f'[policy]\nfile = "policy.toml"\n'
            f"[hold]\nwindow_seconds = {cases.HOLD_WINDOW_SECONDS}\nkeep_alive_seconds = 1\n"
            f'[vault]\nkey_store = "file"\n'
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end_daemon(self.state)
        self.sim.stdin.close()
        self.sim.wait(10)
        shutil.rmtree(self.dir, ignore_errors=True)

    def env(self, **more):
        """The environment before Vigil: nothing that points at a proxy or at certificates."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {**kept, "HOME": str(self.dir / "home"), **more}

    def run_line(self, *command, state=None, flags=()):
        return [self.vigil, "run", "--state-dir", str(state or self.state), "--config", str(self.config), *flags, "--", *command]

    def run(self, *command, state=None, flags=(), env=None, timeout=120, **more):
        """A command behind Vigil; gives what it wrote and its exit code."""
        line = self.run_line(*map(str, command), state=state, flags=flags)
        more = {"stdin": subprocess.DEVNULL, **more} if "input" not in more else more
        return subprocess.run(line, env=env or self.env(), capture_output=True, timeout=timeout, **more)

    def say(self, *arguments, state=None, **more):
        """Another vigil command on the state directory."""
        line = [self.vigil, *arguments, "--state-dir", str(state or self.state)]
        return subprocess.run(line, env=self.env(), capture_output=True, timeout=60, stdin=subprocess.DEVNULL, **more)

    def ready(self, state=None):
        try:
            return json.loads(((state or self.state) / "daemon.json").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def api(self, path):
        ready = self.ready()
        token = (self.state / "api-token").read_text().strip()
        request = urllib.request.Request(ready["api"] + path, headers={"authorization": f"Bearer {token}"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=20) as response:
            return json.load(response)

    def end_daemon(self, state):
        """Ends the daemon of a state directory and waits until it is gone."""
        ready = self.ready(state)
        if ready is None:
            return
        os.kill(ready["pid"], signal.SIGTERM)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and is_alive(ready["pid"]):
            time.sleep(0.05)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process whose parent has gone is reaped by init, which some containers do not have.
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc/self").exists()


class Answerer(threading.Thread):
    """Approves, with `vigil approve`, each hold whose arguments ask for it, and leaves the others alone."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.done, self.answered, self.faults = world, threading.Event(), set(), []

    def run(self):
        while not self.done.wait(0.05):
            if self.world.ready() is None:
                continue
            try:
                holds = self.world.api("/v1/holds")["holds"]
            except OSError:
                continue
            for hold in holds:
                if hold["id"] not in self.answered and cases.APPROVE in json.dumps(hold["arguments"]):
                    self.answered.add(hold["id"])
                    told = self.world.say("approve", hold["id"])
                    if told.returncode != 0:
                        self.faults.append(f"vigil approve {hold['id']}: {told.stderr.decode()}")

    def end(self):
        self.done.set()
        self.join(20)
