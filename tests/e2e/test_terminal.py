"""What a person sees: lines that fit the terminal, plain text in a pipe, and a bar that leaves nothing behind."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from foretell import cli
from tests.e2e.mistakes import succeed
from tests.e2e.recorded_project import change, write_lines, write_project, write_text

STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COMMANDS = [
    "runs", "failures latest", "cost latest", "compare target:recording latest", "show latest/c-39", "gate drop",
    "evalset list", "evalset show core", "doctor", "run --dry-run",
]  # fmt: skip


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a run, some failures of which have names, and a baseline."""
    write_project(tmp_path, good=36, bad=4)
    modes = "\n".join(
        f'[failure_modes.{name}]\nmeans = "m"\ncost = {cost}' for name, cost in [("rude", 3), ("slow", 40)]
    )
    change(tmp_path / "foretell.toml", "[gates.floor]", f"{modes}\n\n[gates.floor]")
    change(tmp_path / "outcomes.jsonl", '"c-36", "output": "!"', '"c-36", "failure_mode": "rude", "output": "!"')
    change(tmp_path / "outcomes.jsonl", '"c-37", "output": "!"', '"c-37", "failure_mode": "slow", "output": "!"')
    change(tmp_path / "foretell.toml", "may_drop = 0.1", "may_drop = 0.2")
    monkeypatch.chdir(tmp_path)
    succeed("run")
    succeed("run")
    succeed("baseline set --gate drop")
    return tmp_path


def told(words: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    cli.run_command_line(words.split())
    return capsys.readouterr().out.splitlines()


def numbers(lines: list[str]) -> set[str]:
    """The numbers of a text, whatever their order; p50 and p95 are names."""
    return set(re.findall(r"(?<![\w.])\d+(?:\.\d+)?", " ".join(lines)))


@pytest.mark.parametrize("width", [80, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_lost(
    width: int, project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    piped = {words: told(words, capsys) for words in COMMANDS if not words.startswith("gate")}
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    for words in COMMANDS:
        lines = told(words, capsys)
        assert max(map(len, lines)) <= width, words
        if words in piped:
            assert numbers(lines) == numbers(piped[words]), words


def test_every_rate_has_its_n_and_its_method(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in ("runs", "failures latest", "cost latest", "compare target:recording latest"):
        text = "\n".join(told(words, capsys))
        assert "n = 40" in text, words
        assert "Wilson" in text or "Goodman" in text, words


def test_shares_are_written_in_one_way(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "\n".join(line for words in COMMANDS for line in told(words, capsys))
    assert re.findall(r"\d%", text) == []
    assert re.findall(r"(?<![\w-])-\d", text) == []  # a minus is a minus sign


def test_a_trial_is_shown_whole_in_its_currency(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(project / "foretell.toml", 'name = "codes"', 'name = "codes"\ncurrency = "EUR"')
    outcome: dict[str, object] = {"case_id": "c-0", "output": "one\ntwo\x1b[2J", "cost_usd": 0.5, "success": False}
    failed: dict[str, object] = {"case_id": "c-1", "error": "no\nanswer", "latency_ms": 1500}
    write_lines(project / "outcomes.jsonl", [outcome, failed])
    assert told("run", capsys)[1].endswith("0.0 % [0.0, 65.8] n = 2       2        38  done")
    assert told("show latest/c-0", capsys)[1:] == [
        "  asked     ?",
        "  answered  one",
        "            two\\x1b[2J",
        "  took      time unknown, €0.500, model unknown",
        "  because   recorded: recorded as a failure",
        "  steps     not seen: the recording holds neither spans nor messages",
        "  score     recorded = False: recorded as a failure",
    ]
    assert told("show latest/c-1", capsys)[1:4] == [
        "  asked     ?",
        "  took      1.5 s, cost unknown, model unknown",
        "  error     no",
    ]
    assert told("show latest/c-2", capsys)[0].endswith("c-2/0  unscored")
    assert "  unscored: c-2/0: nothing_recorded" in "\n".join(told("failures", capsys))


def test_a_run_that_was_cut_short_says_how_it_goes_on(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told("run --max-cost 0.05", capsys)
    run = lines[1].split()[0]
    assert f"{run}: 35 of 40 trials are missing" in lines[2]
    assert lines[2].endswith(f"; 'foretell run --resume {run}' goes on.")


def test_a_run_without_trials_says_so(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_text(project / "new" / "foretell.toml", '[project]\nname = "new"\n')
    assert told("runs --config new", capsys) == ["The store holds no run yet: 'foretell run' makes one."]


def in_terminal(folder: Path, width: int, *words: str) -> str:
    """All that a command writes to a terminal of this width."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    command = [sys.executable, "-m", "foretell", *words]
    with subprocess.Popen(
        command, cwd=folder, stdin=side, stdout=side, stderr=side, env={**environment, "TERM": "xterm-256color"}
    ):
        os.close(side)
        parts = []
        while part := read(main):
            parts.append(part)
    os.close(main)
    return b"".join(parts).decode().replace("\r\n", "\n")


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side is closed: Linux calls that an error
        return b""


APPLICATION = """
import time

def answer(question):
    time.sleep(0.05)
    return "yes"
"""


@pytest.mark.parametrize("width", [80, 120])
def test_the_bar_tells_rate_cost_and_time_left_and_goes(width: int, tmp_path: Path) -> None:
    write_project(tmp_path)
    write_text(tmp_path / "application.py", APPLICATION)
    recorded = 'kind = "recorded"\npath = "outcomes.jsonl"'
    change(tmp_path / "foretell.toml", recorded, 'kind = "python"\ncall = "application:answer"\nconcurrency = 1')
    change(tmp_path / "foretell.toml", '"recorded"]', '"contains_expected"]')
    write_lines(tmp_path / "cases.jsonl", ({"id": f"c-{n}", "input": "?", "expected": "yes"} for n in range(30)))
    text = in_terminal(tmp_path, width, "run")
    frames = [STYLE.sub("", frame) for frame in re.split(r"\r|\x1b\[2K", text)]
    bars = [frame for frame in frames if "/30" in frame and "left" in frame]
    assert bars
    assert all(
        re.search(r"\d+/30 · \d+\.\d/s · \d+ s left · cost unknown · 0 failed · 0 unscored", bar) for bar in bars
    )
    assert max(len(line) for bar in bars for line in bar.split("\n")) <= width
    left_behind = STYLE.sub("", text.rpartition("\x1b[2K")[2]).split("\n")
    assert re.fullmatch(
        r"system: 30 trials in \d+\.\d s · \d+\.\d/s · cost unknown · 0 failed · 0 unscored", left_behind[0]
    )
    assert left_behind[1].startswith("run ")
