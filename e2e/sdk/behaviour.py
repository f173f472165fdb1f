"""How `vigil run` treats the program that it runs: its exit code, signals, streams and environment."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from world import is_alive

OURS, BUNDLE = "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"


def exit_codes(world):
    for command, code in [
        (["true"], 0),
        (["sh", "-c", "exit 7"], 7),
        (["sh", "-c", "kill -TERM $$"], 128 + signal.SIGTERM),
        (["sh", "-c", "kill -KILL $$"], 128 + signal.SIGKILL),
        (["/no/such/program"], 127),
        (["no-such-program-anywhere"], 127),
        ([world.dir], 126),
    ]:
        ended = world.run(*command)
        assert ended.returncode == code, f"{command}: {ended.returncode} instead of {code}: {ended.stderr.decode()}"
    assert b"cannot be run" in ended.stderr, ended.stderr


def signals(world):
    """Each signal reaches the command, whose own answer to it becomes the exit code."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT):
        name = number.name.removeprefix("SIG")
        script = f"trap 'echo got {name}; exit 42' {name}; echo ready; while :; do sleep 0.05; done"
        running = subprocess.Popen(
            world.run_line("sh", "-c", script), env=world.env(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        )
        assert running.stdout.readline() == b"ready\n"
        running.send_signal(number)
        out, _ = running.communicate(timeout=20)  # the command is told as soon as it runs: nothing may be lost then
        assert (running.returncode, out) == (42, f"got {name}\n".encode()), f"{name}: {running.returncode}, {out}"


def signal_ends(world):
    """A command that does not catch a signal dies of it, and the exit code tells which."""
    running = subprocess.Popen(
        world.run_line("sh", "-c", "echo ready; exec sleep 30"), env=world.env(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )
    assert running.stdout.readline() == b"ready\n"
    running.terminate()
    assert running.wait(20) == 128 + signal.SIGTERM, running.returncode


def streams(world):
    """Binary data passes as it is, both ways, and Vigil writes nothing of its own."""
    data = bytes(range(256)) * 4096 + b"\r\n\x00\xff"
    ended = world.run("cat", input=data)
    assert ended.stdout == data, f"{len(ended.stdout)} bytes instead of {len(data)}"
    assert ended.stderr == b"", ended.stderr
    ended = world.run("sh", "-c", "printf '\\377\\000err' >&2")
    assert ended.stderr == b"\xff\x00err", ended.stderr


def arguments(world):
    """Words that look like options of Vigil, empty ones and bytes that are no text arrive as they are."""
    ended = world.run("printf", "%s|", "--print-env", "", "a b", "--", "$HOME", os.fsdecode(b"\xff"))
    assert ended.stdout == b"--print-env||a b|--|$HOME|\xff|", ended.stdout


def one_daemon(world):
    """The daemon that runs is used again, and outlives the command."""
    before = world.ready()["pid"]
    ended = world.run("sh", "-c", "echo $HTTPS_PROXY")
    assert ended.stdout.decode().strip() == f"http://{world.ready()['proxy']}", ended.stdout
    assert ended.stderr == b"", ended.stderr
    assert world.ready()["pid"] == before and is_alive(before)


def two_at_once(world):
    """Several `vigil run` on a fresh state directory end up with one daemon."""
    state = world.dir / "fresh"
    line = world.run_line("sh", "-c", "echo $HTTPS_PROXY", state=state)
    running = [
        subprocess.Popen(line, env=world.env(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    told = [(one.communicate(timeout=60), one.returncode) for one in running]
    try:
        assert [code for _, code in told] == [0] * 4, told
        assert len({out for (out, _), _ in told}) == 1, told
        assert sum(b"started the daemon" in err for (_, err), _ in told) == 1, told
    finally:
        world.end_daemon(state)


def after_a_kill(world):
    """A daemon that was killed leaves its ready file behind; the next `vigil run` starts another."""
    state = world.dir / "killed"
    assert world.run("true", state=state).returncode == 0
    first = world.ready(state)["pid"]
    os.kill(first, signal.SIGKILL)
    while is_alive(first):
        time.sleep(0.02)
    try:
        ended = world.run("true", state=state)
        assert ended.returncode == 0, ended.stderr.decode()
        assert world.ready(state)["pid"] != first
    finally:
        world.end_daemon(state)


def bad_config(world):
    """A config that is none: the command does not run, and the reason is told."""
    config = world.dir / "bad.toml"
    config.write_text("[proxi]\nlisten = 1\n")
    line = [world.vigil, "run", "--state-dir", str(world.dir / "bad"), "--config", str(config), "--", "echo", "ran"]
    ended = subprocess.run(line, env=world.env(), capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
    told = ended.stderr.decode()
    assert ended.returncode in (1, 2) and ended.stdout == b"", f"{ended.returncode}: {ended.stdout}"
    assert "proxi" in told and "proxy" in told, told


def print_env(world):
    """What `--print-env` prints is what the command gets, in a form that a shell reads back."""
    ended = world.run("false", flags=["--print-env"])
    assert ended.returncode == 0, ended.stderr.decode()
    script = f"{ended.stdout.decode()}\nenv -0"
    read_back = variables(subprocess.run(["sh", "-c", script], env=world.env(), capture_output=True).stdout)
    given = variables(world.run("env", "-0").stdout)
    for name in given:
        if name not in ("_", "PWD", "SHLVL", "OLDPWD"):
            assert read_back.get(name) == given[name], f"{name}: {read_back.get(name)} instead of {given[name]}"
    return given


def variables(text):
    return dict(line.split("=", 1) for line in text.decode().split("\0") if line)


def certificates(world):
    """The own certificate alone for variables that add, a bundle with the system's roots for those that replace."""
    given = variables(world.run("env", "-0").stdout)
    ours = Path(world.ready()["ca"]).read_text()
    assert Path(given[OURS]).read_text() == ours
    bundle = Path(given[BUNDLE]).read_text()
    assert ours.strip() in bundle and bundle.count("BEGIN CERTIFICATE") > 20
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "CODEX_CA_CERTIFICATE"):
        assert os.path.isabs(given[name]) and ours.strip() in Path(given[name]).read_text(), name
    assert "SSL_CERT_DIR" not in given and "NODE_TLS_REJECT_UNAUTHORIZED" not in given


def inherited(world):
    """What the user had set is kept beside ours: certificates, hosts to reach directly, everything else."""
    theirs = world.dir / "simulator.pem"
    given = variables(
        world.run(
            "env", "-0",
            env=world.env(
                SSL_CERT_FILE=str(theirs), NODE_EXTRA_CA_CERTS=str(theirs), NO_PROXY="intranet.example,*",
                HTTPS_PROXY="http://old.example:3128", KEPT="as it is",
            ),
        ).stdout
    )
    pem = theirs.read_text().strip()
    ours = Path(world.ready()["ca"]).read_text().strip()
    for name in (BUNDLE, OURS):
        text = Path(given[name]).read_text()
        assert pem in text and ours in text, name
    assert pem not in Path(given["CURL_CA_BUNDLE"]).read_text(), "curl was never told to trust it"
    assert given["NO_PROXY"] == given["no_proxy"] == "intranet.example,localhost,127.0.0.1,::1", given["NO_PROXY"]
    assert given["HTTPS_PROXY"] == f"http://{world.ready()['proxy']}" and given["KEPT"] == "as it is"


def within_itself(world):
    """`vigil run` within `vigil run` gives the same set, not one on top of the other."""
    once = variables(world.run("env", "-0").stdout)
    inner = world.run_line("env", "-0")
    twice = variables(world.run(*inner).stdout)
    assert once[BUNDLE] == twice[BUNDLE] and once[OURS] == twice[OURS], (once[BUNDLE], twice[BUNDLE])
    ours = Path(world.ready()["ca"]).read_text().strip()
    assert Path(twice[BUNDLE]).read_text().count(ours) == 1, "the bundle holds the own certificate twice"


def colours(world):
    """No colours where there is no terminal."""
    for arguments in (["status"], ["log"], ["holds"], ["status", "--help"]):
        told = world.say(*arguments)
        assert told.returncode == 0 and b"\x1b" not in told.stdout + told.stderr, told
    told = world.say("approve", "no-such-hold")
    assert told.returncode == 1 and b"\x1b" not in told.stderr and b"vigil holds" in told.stderr, told.stderr


def no_color(world):
    """On a terminal there are colours, and with NO_COLOR there are none."""
    line = f"'{world.vigil}' status --state-dir '{world.state}'"
    shown = {}
    for wish in ("", "1"):
        env = world.env(NO_COLOR=wish, TERM="xterm-256color")
        shown[wish] = subprocess.run(["script", "-qec", line, "/dev/null"], env=env, capture_output=True, timeout=30).stdout
    assert b"\x1b[" in shown[""] and b"\x1b[" not in shown["1"], shown


def broken_pipe(world):
    """`vigil log | head -1` is a quiet success."""
    line = f"'{world.vigil}' log -n 1000 --json --state-dir '{world.state}' | head -n 1"
    ended = subprocess.run(["bash", "-c", f"set -o pipefail; {line}"], env=world.env(), capture_output=True, timeout=30)
    assert ended.returncode == 0 and ended.stderr == b"", f"{ended.returncode}: {ended.stderr.decode()}"


def events_of_shutdown(world):
    """SIGTERM: exit code 0, the ready file is gone, the record is sealed and verifies."""
    state = world.dir / "ending"
    line = [world.vigil, "up", "--config", str(world.config), "--state-dir", str(state)]
    daemon = subprocess.Popen(line, env=world.env(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    ready = json.loads(daemon.stdout.readline())
    assert ready["ready"] is True and ready["pid"] == daemon.pid and os.path.isabs(ready["ca"])
    daemon.terminate()
    assert daemon.communicate(timeout=20)[0] == b"" and daemon.returncode == 0, daemon.returncode
    assert world.ready(state) is None
    document = world.dir / "ending.json"
    assert world.say("export", "--out", str(document), state=state).returncode == 0
    assert subprocess.run([world.vigil, "verify", str(document)], capture_output=True).returncode == 0
    assert world.say("status", state=state).returncode == 3


TESTS = {
    "vigil run: exit codes 0, 7, 126, 127, 128 + n": exit_codes,
    "vigil run: TERM, INT, HUP, USR1, QUIT reach the command": signals,
    "vigil run: a command dies of a signal": signal_ends,
    "vigil run: binary stdin, stdout, stderr untouched": streams,
    "vigil run: arguments untouched": arguments,
    "vigil run: the daemon that runs is used again": one_daemon,
    "vigil run: four at once on a fresh state directory": two_at_once,
    "vigil run: after the daemon was killed": after_a_kill,
    "vigil run: a config that is none": bad_config,
    "vigil run: --print-env is what the command gets": print_env,
    "vigil run: CA alone and bundle": certificates,
    "vigil run: inherited values are merged": inherited,
    "vigil run: within itself": within_itself,
    "vigil: no colours without a terminal": colours,
    "vigil: NO_COLOR on a terminal": no_color,
    "vigil log: a broken pipe": broken_pipe,
    "vigil up: shutdown seals the record": events_of_shutdown,
}
