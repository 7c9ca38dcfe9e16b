"""Ctrl-C and SIGTERM, whatever a command is doing: what is open is closed in order, and the exit code says which."""

import asyncio
import importlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from foretell.cli import run_command_line
from foretell.cli.signals import Terminated, terminable


@dataclass(frozen=True)
class End:
    """A signal, the exit code that it ends with, and the last word."""

    number: signal.Signals
    code: int
    word: str


BOTH = pytest.mark.parametrize(
    "end", [End(signal.SIGINT, 130, "interrupted"), End(signal.SIGTERM, 143, "terminated")], ids=lambda end: end.word
)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Commands leave their handler behind, as a process may."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A fresh scaffold, which is also the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    assert run_command_line(["init"]) == 0
    capsys.readouterr()
    return tmp_path


def hit(number: signal.Signals) -> Callable[..., Any]:
    """Something that is hit by a signal while it waits on the loop."""

    async def work(*_: object, **__: object) -> None:
        os.kill(os.getpid(), number)
        await asyncio.sleep(60)

    return work


@BOTH
@pytest.mark.parametrize(
    "command",
    [
        ("foretell.cli.compare.compare_runs", "compare", "a", "b"),
        ("foretell.cli.baseline.write_baseline", "baseline", "set", "latest"),
    ],
)
@pytest.mark.usefixtures("project")
def test_a_command_that_is_stopped_says_so_and_nothing_else(
    command: tuple[str, ...], end: End, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    where, *words = command
    importlib.import_module(where.rpartition(".")[0])
    monkeypatch.setattr(where, hit(end.number))
    assert run_command_line(words) == end.code
    assert capsys.readouterr() == ("", f"{end.word}\n")
    assert run_command_line(["runs"]) == 0  # the store was closed and opens again
    assert not Path("evals/baselines").exists()


@BOTH
@pytest.mark.usefixtures("project")
def test_a_command_that_is_stopped_while_it_prints(end: End, monkeypatch: pytest.MonkeyPatch) -> None:
    def printing(*_: object) -> None:
        os.kill(os.getpid(), end.number)
        time.sleep(60)

    assert run_command_line(["run"]) == 0
    importlib.import_module("foretell.cli.runs")
    monkeypatch.setattr("foretell.cli.runs.print_sheet", printing)
    assert run_command_line(["runs"]) == end.code


async def _closing(closed: list[str], number_of_signals: int) -> None:
    try:
        for _ in range(number_of_signals):
            os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(60)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.05)
        closed.append("in order")


@pytest.mark.parametrize("number_of_signals", [1, 3])
async def test_further_signals_do_not_disturb_the_closing(number_of_signals: int) -> None:
    closed: list[str] = []
    with pytest.raises(Terminated):
        async with terminable():
            await _closing(closed, number_of_signals)
    assert closed == ["in order"]


async def test_being_cancelled_by_another_is_not_being_terminated() -> None:
    async def work() -> None:
        async with terminable():
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_handler_from_before_is_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    async with terminable():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
