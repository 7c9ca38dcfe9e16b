"""Traffic replayed at the times at which it came, so many times as fast."""

import csv
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from foretell.cli import run_command_line
from tests.loopback_endpoint import Question, endpoint, http

SHARED = Path(os.environ.get("FORETELL_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
AZURE = SHARED / "azure-llm-trace-conv" / "AzureLLMInferenceTrace_conv.csv"
SLACK = 0.5
"""Seconds by which the first question may have been slower on its way than another."""
PROJECT = """
[project]
name = "shop"

[targets.app]
kind = "http"
url = "URL"
answer = "answer"
concurrency = 64

[suites.replay]
layer = "behavioural"
target = "app"
scorers = ["no_refusal"]
traffic = { source = "t.jsonl", window = "30d", share = 1.0, at_most = 100000 }
"""


class Clock:
    """An endpoint that notes when it was asked what."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, Any]] = []

    async def answer(self, question: Question) -> bytes:
        self.asked.append((monotonic(), question.body["input"]))
        return http(b'{"answer": "yes"}')

    def offsets(self) -> dict[int, float]:
        """Seconds between the first question and each, by its number."""
        first = self.asked[0][0]
        return {int(asked["no"]): at - first for at, asked in self.asked}


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    with endpoint(made.answer) as served:
        (tmp_path / "foretell.toml").write_text(PROJECT.replace("URL", served.url))
        monkeypatch.chdir(tmp_path)
        yield made


def write(times: list[str], **fields: Any) -> None:
    """Traffic of numbered questions at some times."""
    rows = [{"id": str(no), "at": at, "input": {"no": no}, **fields} for no, at in enumerate(times)]
    Path("t.jsonl").write_text("\n".join(map(json.dumps, rows)))


def replayed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert run_command_line(["run", "replay", "--ephemeral-key", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)["runs"][0]


def test_questions_come_no_sooner_than_they_came_and_lateness_is_told(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = [30, 0, 12, 6, 6]
    write([f"2026-11-01T10:00:{one:02d}Z" for one in seconds])
    late = replayed(capsys, "--pace", "20")["lateness"]
    found = clock.offsets()
    assert next(asked["no"] for _, asked in clock.asked) == 1
    for no, at in enumerate(seconds):
        assert found[no] >= at / 20 - SLACK
    assert (late["pace"], late["starts"]) == (20, 5)
    assert 0 <= late["median_s"] <= late["p95_s"] <= late["most_s"]
    assert replayed(capsys)["lateness"] is None
    assert run_command_line(["run", "replay", "--ephemeral-key", "--pace", "600"]) == 0
    assert "5 starts at 600 × the recorded pace, late by" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--pace", "0"), "--pace: 0 is no speed."),
        (
            ("--pace", "60", "--repeats", "2"),
            "suite 'replay' has 2 trials for each case, which would all come at once.",
        ),
    ],
)
def test_a_pace_that_cannot_be_kept_is_refused(
    words: tuple[str, ...], told: str, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    write(["2026-11-01T10:00:00Z"])
    assert run_command_line(["run", "replay", "--ephemeral-key", *words]) == 64
    assert told in " ".join(capsys.readouterr().err.split())
    assert not clock.asked


@pytest.mark.skipif(not AZURE.exists(), reason="the public data is not here")
@pytest.mark.parametrize(
    ("seconds", "speed"), [(60.0, 60.0), pytest.param(3600.0, 60.0, marks=[pytest.mark.full, pytest.mark.timeout(300)])]
)
def test_a_public_trace_is_replayed_at_its_real_arrival_times(
    seconds: float, speed: float, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """An hour of a chat service's requests, of which only sizes are known, 60 times as fast."""
    with AZURE.open(newline="") as file:
        times = [row["TIMESTAMP"][:26].replace(" ", "T") + "Z" for row in csv.DictReader(file)]
    moments = [datetime.fromisoformat(at).timestamp() for at in times]
    count = sum(one < moments[0] + seconds for one in moments)
    write(times[:count])
    run = replayed(capsys, "--pace", str(speed))
    assert run["tally"]["successes"] == run["lateness"]["starts"] == count
    found = clock.offsets()
    assert len(found) == count
    early = [(moments[no] - moments[0]) / speed - at for no, at in found.items()]
    assert max(early) <= SLACK
    assert max(found.values()) >= (moments[count - 1] - moments[0]) / speed - SLACK
