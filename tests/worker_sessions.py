"""An application that does what its questions say, in a worker process, and which of its processes are still there."""

import os
import time
from pathlib import Path

APP = """
import asyncio, os, re, signal, subprocess, sys, time
from pathlib import Path

CALLS = Path(__file__).parent / "calls.txt"

def note(case):
    with CALLS.open("a") as file:
        file.write(f"{case} {os.getpid()} {os.getsid(0)}\\n")

def answer(question, context):
    note(context["case_id"])
    name, _, argument = question.partition(" ")
    return globals()["do_" + name](argument)

async def answer_async(question, context):
    note(context["case_id"])
    await asyncio.sleep(float(question))
    return "slept"

def do_say(text): return text
def do_sleep(seconds): time.sleep(float(seconds)); return "slept"
def do_spin(seconds): time.sleep(float(seconds)); return re.match(r"(a+)+$", "a" * 60 + "b")
def do_exit(code): os._exit(int(code))
def do_kill(_): os.kill(os.getpid(), signal.SIGKILL); time.sleep(60)
def do_raise(text): raise ValueError(text)
def do_big(size): return "x" * int(size)
def do_chat(_):
    print("printed"); sys.stdout.flush()
    os.write(1, b"\\x00\\x00\\x00\\x05hello")
    subprocess.run("echo from a child; cat", shell=True, check=True)
    print("no end of line " * 10_000, end="", file=sys.stderr)
    return "said"
def do_read(_):
    try:
        return input()
    except EOFError:
        return "nothing to read"
def do_spawn(_):
    subprocess.Popen(["sleep", "600"])
    return "spawned"
def do_import(name): __import__(name); return "imported"
"""


def write_app(folder: Path, name: str = "app") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(APP)


def calls(folder: Path) -> list[tuple[str, int, int]]:
    """Case, process and session of each call so far."""
    file = folder / "calls.txt"
    rows = [line.rsplit(None, 2) for line in file.read_text().splitlines()] if file.exists() else []
    return [(case, int(process), int(session)) for case, process, session in rows]


def alive_in(sessions: set[int]) -> list[int]:
    """The processes of these sessions that still run; those that merely wait to be collected do not count."""
    found: list[int] = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            state, _, _, session = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue
        if int(session) in sessions and state not in "ZX":
            found.append(int(entry))
    return found


def all_gone(folder: Path, seconds: float = 10.0) -> bool:
    """Whether every process of every session that was called has ended, soon."""
    sessions = {session for _, _, session in calls(folder)}
    assert sessions
    deadline = time.monotonic() + seconds
    while alive_in(sessions) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive_in(sessions)
