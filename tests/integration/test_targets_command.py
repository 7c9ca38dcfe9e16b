"""Programs as targets: what they read and write, and that nothing of them outlives its turn."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from foretell.adapters.targets.command import CommandTarget
from foretell.core.domain.conversation import Message, Usage
from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Outcome
from foretell.core.errors import ConfigurationError
from foretell.core.ports.targets import Tools, Turn
from foretell.testing.targets import ScriptedWire

ECHO = "import json, sys; print(json.dumps({'output': json.load(sys.stdin)}))"


def connect(root: Path, source: str, **params: object) -> object:
    kind = CommandTarget([sys.executable, "-c", source], **params)
    return kind.connect(Tools(ScriptedWire(), {"TOKEN": "t-123"}.get, str(root)))


async def answer(root: Path, source: str, turn: Turn | None = None, **params: object) -> Outcome:
    return await connect(root, source, **params).answer(turn or Turn("hi", "c-1"))


async def test_the_question_is_json_on_standard_input(tmp_path: Path) -> None:
    history = (Message("user", "Where?"), Message("assistant", "There."))
    outcome = await answer(tmp_path, ECHO, Turn({"q": "Sure?"}, "c-1", 2, history, 5))
    assert outcome.output == {
        "input": {"q": "Sure?"},
        "messages": [
            {"role": "user", "content": "Where?"},
            {"role": "assistant", "content": "There."},
            {"role": "user", "content": '{"q":"Sure?"}'},
        ],
        "case_id": "c-1",
        "repeat": 2,
        "seed": 5,
    }


async def test_a_whole_outcome_may_be_written(tmp_path: Path) -> None:
    source = 'print(\'{"output": "x", "usage": {"input_tokens": 3}, "cost_usd": 0.5}\')'
    outcome = await answer(tmp_path, source)
    assert outcome.latency_ms is not None
    assert outcome == Outcome(
        "x",
        trace=NotSeen("the target reported no spans"),
        usage=Usage(3),
        cost_usd=0.5,
        latency_ms=outcome.latency_ms,
    )


async def test_plain_text_is_taken_as_it_is(tmp_path: Path) -> None:
    outcome = await answer(tmp_path, "print('{not json}\\n\\n second ')", output="text")
    assert outcome.output == "{not json}\n\n second "


async def test_folder_and_variables_are_those_given(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    source = "import os; print(os.getcwd(), os.environ['A'], os.environ['B'], 'PATH' in os.environ)"
    outcome = await answer(tmp_path, source, cwd="inner", env={"A": "a", "B": {"env": "TOKEN"}}, output="text")
    assert outcome.output == f"{tmp_path / 'inner'} a t-123 True"


@pytest.mark.parametrize(
    ("source", "kind", "ending"),
    [
        ("import sys; sys.exit('bad\\nwith t-123 \\x1b[2J')", "error", "Standard error ends: bad | with *** \\x1b[2J"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "error", "ended by signal SIGTERM."),
        ("print('half {')", "error", "wrote what is not JSON (JSON is malformed: invalid character (byte 0)): half {."),
        ("pass", "error", "wrote what is not JSON: nothing at all."),
        ("print('[1]')", "error", "wrote no object with 'output': [1]."),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "error", "wrote what is not UTF-8."),
    ],
)  # fmt: skip
async def test_failures_are_named(tmp_path: Path, source: str, kind: str, ending: str) -> None:
    outcome = await answer(tmp_path, source, env={"B": {"env": "TOKEN"}})
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.message[-len(ending) :]) == (kind, ending)


async def test_only_the_last_lines_of_standard_error_are_shown(tmp_path: Path) -> None:
    outcome = await answer(tmp_path, "import sys\nfor n in range(9): print('line', n, file=sys.stderr)\nsys.exit(1)")
    assert outcome.error is not None
    assert outcome.error.message.endswith("Standard error ends: line 4 | line 5 | line 6 | line 7 | line 8")


async def test_a_program_that_reads_nothing_may_answer(tmp_path: Path) -> None:
    big = Turn("x" * 2_000_000, "c-1")
    outcome = await answer(tmp_path, "import sys; sys.stdin.close(); print('{\"output\": 1}')", big)
    assert outcome.output == 1


async def test_too_much_output_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foretell.adapters.targets.command.LARGEST_OUTPUT", 2**20)
    outcome = await answer(tmp_path, "import sys\nwhile True: sys.stdout.write('x' * 65536)")
    assert outcome.error is not None
    assert outcome.error.message.endswith("wrote more than 1 MiB.")


def is_alive(pid: int) -> bool:
    """True for a process that still runs; a zombie that waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
with open("pids.new", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.replace("pids.new", "pids")
print("still at it", file=sys.stderr, flush=True)
time.sleep(60)
"""


async def pids(root: Path) -> list[int]:
    while not (root / "pids").exists():  # noqa: ASYNC110 # another process writes it: there is no event to wait for
        await asyncio.sleep(0.01)
    return [int(pid) for pid in (root / "pids").read_text().split()]


async def gone(family: list[int]) -> bool:
    deadline = time.monotonic() + 5
    while any(is_alive(pid) for pid in family) and time.monotonic() < deadline:  # noqa: ASYNC110 # no event, as above
        await asyncio.sleep(0.01)
    return not any(is_alive(pid) for pid in family)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks processes up in /proc")
async def test_a_timeout_ends_the_whole_family(tmp_path: Path) -> None:
    outcome = await answer(tmp_path, FAMILY, Turn("hi", "c-1", timeout_s=1.0))
    assert outcome.error is not None
    assert outcome.error.kind == "timeout"
    assert outcome.error.message.endswith("did not end within 1 s and was killed. Standard error ends: still at it")
    assert await gone(await pids(tmp_path))


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks processes up in /proc")
async def test_a_cancelled_trial_ends_the_whole_family(tmp_path: Path) -> None:
    task = asyncio.create_task(answer(tmp_path, FAMILY))
    family = await pids(tmp_path)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gone(family)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    kind = CommandTarget(["./answr.sh"], cwd="nowhere", env={"A": {"env": "NOPE"}}, output="xml")
    with pytest.raises(ConfigurationError) as caught:
        kind.connect(Tools(ScriptedWire(), {}.get, str(tmp_path)))
    assert [str(problem) for problem in caught.value.problems] == [
        "output: 'xml' is not known. Write json or text.",
        f"cwd: 'nowhere' is no folder. It is looked for at {tmp_path / 'nowhere'}.",
        (
            "command: there is no program './answr.sh'. "
            "Check the spelling, that it may be executed, and the folder that it starts in."
        ),
        "env.A: the environment variable NOPE is not set. Set it: export NOPE=…",
    ]


def test_a_command_line_as_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is no list of arguments"):
        CommandTarget("cat /etc/passwd").connect(Tools(ScriptedWire(), {}.get, str(tmp_path)))
