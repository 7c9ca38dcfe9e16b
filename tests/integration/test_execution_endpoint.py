"""What an endpoint can do wrong, over a real socket: each has its name in the store, and the run goes on."""

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path

from foretell.adapters.store import open_store
from foretell.core.domain.trial import TrialError
from tests.loopback_endpoint import Endpoint, Last, Question, endpoint, http

PROJECT = """
[project]
name = "ends"

[targets.app]
kind = "http"
url = "{url}"
answer = "text"
timeout = 3.0
retries = 1
concurrency = 4

[evalsets]
core = "core.jsonl"

[suites.s]
layer = "system"
evalset = "core"
target = "app"
scorers = ["contains_expected"]
"""
FINE = http(b'{"text": "fine"}')


REPLIES = {
    "html": http(b"<!DOCTYPE html><p>Sign in</p>"),
    "half": http(b'{"text": "fi'),
    "elsewhere": http(b'{"reply": "fine"}'),
    "500": http(b'{"error": "no luck"}', "500 Oh"),
    "429": http(b'{"error": {"message": "quota"}}', "429 Slow", "retry-after: 86400"),
    "hang up": Last(b""),
    "break off": Last(FINE[:-4]),
    "redirect": http(b"", "302 Found", "location: http://127.0.0.1:9/else"),
    "not http": Last(b"220 smtp ready\r\n\r\n"),
}
FIRST_REPLIES = {
    "429 once": http(b"", "429 Slow", "retry-after: 0.2"),
    "503 once": http(b"", "503 Busy"),
}


async def misbehave(question: Question) -> bytes:
    """Do what the question says."""
    if question.text == "never":
        await asyncio.sleep(60)
    if question.before == 0 and question.text in FIRST_REPLIES:
        return FIRST_REPLIES[question.text]
    return REPLIES.get(question.text, FINE)


def foretell(folder: Path, *words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "foretell", *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def write_project(folder: Path, url: str, questions: list[str]) -> None:
    (folder / "foretell.toml").write_text(PROJECT.format(url=url))
    cases = [{"id": f"c-{n}", "input": question, "expected": "fine"} for n, question in enumerate(questions)]
    (folder / "core.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))


async def ends_of(folder: Path, run: str, count: int) -> list[tuple[str, str | None, TrialError | None]]:
    """State, mode and error of each trial, by case."""
    store = open_store("sqlite:///.foretell/store.db", folder)
    try:
        rows = [await store.facts.trial(run, number, 0) for number in range(count)]
        return [(row.conclusion.state, row.conclusion.mode, row.record.outcome.error) for row in rows if row]
    finally:
        await store.aclose()


async def run_on(folder: Path, server: Endpoint, questions: list[str]) -> tuple[dict, dict]:
    """Run one case a question; the summary of the run, and how each question ended."""
    write_project(folder, server.url, questions)
    code, out, err = await asyncio.to_thread(foretell, folder, "run", "--json")
    assert code == 0, err
    (summary,) = json.loads(out)["runs"]
    ends = await ends_of(folder, summary["id"], len(questions))
    return summary, dict(zip(questions, ends, strict=True))


async def test_everything_an_endpoint_does_is_an_outcome_with_a_name(tmp_path: Path) -> None:
    expected = {
        "fine": ("success", None, None),
        "429 once": ("success", None, None),
        "503 once": ("success", None, None),
        "html": ("failure", "error", "error"),
        "half": ("failure", "error", "error"),
        "elsewhere": ("failure", "error", "error"),
        "redirect": ("failure", "error", "error"),
        "not http": ("failure", "error", "error"),
        "500": ("failure", "unavailable", "server_error"),
        "429": ("failure", "unavailable", "rate_limited"),
        "hang up": ("failure", "unavailable", "unreachable"),
        "break off": ("failure", "unavailable", "unreachable"),
        "never": ("failure", "timeout", "timeout"),
    }
    with endpoint(misbehave) as server:
        summary, ends = await run_on(tmp_path, server, list(expected))
    found = {question: (state, mode, error and error.kind) for question, (state, mode, error) in ends.items()}
    assert found == expected
    assert (summary["status"], summary["missing"]) == ("done", 0)
    assert (summary["tally"]["successes"], summary["tally"]["failures"]) == (3, 10)
    # A passing fault is tried twice (retries = 1), anything else is paid for once.
    twice = {"429 once", "503 once", "500", "hang up", "break off"}
    assert dict(server.asked) == {question: 2 if question in twice else 1 for question in expected}
    told = {question: error.message for question, (_, _, error) in ends.items() if error is not None}
    assert told["html"] == "The reply is HTML, JSON was expected: <!DOCTYPE html><p>Sign in</p>"
    assert told["500"] == "HTTP 500: no luck"
    assert told["never"] == f"No reply from '127.0.0.1:{server.port}' within 3 s."


async def test_an_endpoint_that_is_not_there_fails_every_trial_and_the_run_is_done(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: whoever connects is refused
        port = nobody.getsockname()[1]
        write_project(tmp_path, f"http://127.0.0.1:{port}", ["a", "b", "c"])
        code, out, err = await asyncio.to_thread(foretell, tmp_path, "run", "--json")
    assert code == 0, err
    (summary,) = json.loads(out)["runs"]
    assert summary["status"] == "done"
    ends = await ends_of(tmp_path, summary["id"], 3)
    assert [(state, mode) for state, mode, _ in ends] == [("failure", "unavailable")] * 3
    assert {(error.kind, error.message.partition(":")[0]) for _, _, error in ends if error} == {
        ("unreachable", "No connection to '127.0.0.1")
    }
