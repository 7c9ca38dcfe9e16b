"""Traffic by the command line: in, sampled, looked through, let go."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from foretell.cli import run_command_line

PROJECT = """
[project]
name = "shop"

[targets.assistant]
kind = "command"
command = ["cat"]

[evalsets]
asked = "evals/asked"

[suites.replay]
layer = "behavioural"
target = "assistant"
scorers = ["no_refusal"]
traffic = { window = "30d", share = 1.0 }
"""
TOPICS = ("where is my parcel number", "please refund order number", "how do I return shoes number")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "foretell.toml").write_text(PROJECT)
    rows = [
        {
            "id": f"i{number}", "at": f"2026-11-{1 + number % 20:02d}T10:00:00Z", "conversation_id": f"c{number // 2}",
            "input": f"{TOPICS[number % 3]} {number}", "output": "write to ada@x.example",
            "feedback": {"resolved": number % 4 > 0}, "customer_name": "Ada Lovelace",
        }
        for number in range(60)
    ]  # fmt: skip
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORETELL_PSEUDONYM_KEY", "a long random text")
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert run_command_line(["traffic", *words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_an_archive_is_taken_in_once_and_holds_nothing_personal(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = asked(capsys, "import", "t.jsonl", "--upstream", "0.1")
    again = asked(capsys, "import", "t.jsonl", "--upstream", "0.1")
    assert (first["read"], first["new"], first["known"], first["names"]) == (60, 60, 0, "not covered")
    assert (again["new"], again["known"]) == (0, 60)
    listed = asked(capsys, "list")
    assert (listed["interactions"], listed["conversations"]) == (60, 30)
    assert listed["by"]["feedback"] == {"good": 45, "bad": 15}
    assert listed["by"]["probability"] == {"0.1": 60}
    assert asked(capsys, "verify") == {
        "schema": "foretell.traffic.verify/1", "seen": 60, "ids": [], "kinds": {}, "names": "not covered",
    }  # fmt: skip
    written = b"".join(file.read_bytes() for file in (shop / ".foretell").iterdir())
    assert b"ada@x" not in written
    assert b"Lovelace" not in written


def test_bad_rows_keep_everything_out_unless_they_are_skipped(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (shop / "t.jsonl").open("a") as file:
        file.write('\n{"id": "z", "at": "yesterday", "input": "x"}\n')
    assert run_command_line(["traffic", "import", "t.jsonl"]) == 65
    assert "t.jsonl:61: 'at' is not an RFC 3339 time" in capsys.readouterr().err
    assert asked(capsys, "list")["interactions"] == 0
    found = asked(capsys, "import", "t.jsonl", "--skip-bad", "--share", "0.5")
    assert (found["read"], found["bad"]) == (60, 1)
    assert 0 < found["new"] == 60 - found["left_out"] < 60


def test_a_dry_run_writes_nothing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, "import", "t.jsonl", "--dry-run")["read"] == 60
    assert asked(capsys, "list")["interactions"] == 0


def test_a_sample_keeps_the_proportions_and_knows_no_answers(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked(capsys, "import", "t.jsonl", "--upstream", "0.5")
    found = asked(capsys, "sample", "--at-most", "12", "--window", "30d", "--by", "feedback", "--into", "asked")
    assert {one["name"]: one["drawn"] for one in found["strata"]} == {"feedback good": 9, "feedback bad": 3}
    cases = [json.loads(line) for line in (shop / "evals/asked/working.jsonl").read_text().splitlines()]
    assert sum(case["metadata"]["folded"] for case in cases) == found["drawn"] == 12
    assert sum(case["metadata"]["weight"] for case in cases) == pytest.approx(60 / 0.5)
    assert not any("expected" in case for case in cases)
    assert {case["metadata"]["origin"] for case in cases} == {"traffic"}


def test_what_is_folded_counts_with_the_chance_that_it_had(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 45 and of 15 interactions five each: they stand for nine and for three, whichever ask the same."""
    rows = [json.loads(line) for line in (shop / "t.jsonl").read_text().splitlines()]
    (shop / "t.jsonl").write_text("\n".join(json.dumps({**row, "input": "where is my parcel?"}) for row in rows))
    asked(capsys, "import", "t.jsonl", "--upstream", "1")
    (case,) = asked(capsys, "sample", "--each", "5", "--window", "30d", "--by", "feedback")["cases"]
    assert (case["metadata"]["folded"], case["metadata"]["weight"]) == (10, pytest.approx(60))


def test_a_behavioural_suite_draws_from_the_store(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked(capsys, "import", "t.jsonl")
    assert run_command_line(["run", "replay", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"][0]["trials"] == 60


def test_a_person_is_forgotten_by_address_or_by_pseudonym(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked(capsys, "import", "t.jsonl")
    assert asked(capsys, "forget", "--subject", "nobody@x.example")["removed"] == 0
    assert asked(capsys, "forget", "--subject", "Ada Lovelace", "--dry-run") == {
        "schema": "foretell.traffic.forget/1", "removed": 0, "found": 60,
        "trials": 0, "runs": [], "ratings": 0, "sets": [], "waiting": 0,
    }  # fmt: skip
    assert asked(capsys, "forget", "--subject", "ada@x.example")["removed"] == 60
    assert asked(capsys, "list")["interactions"] == 0
    with sqlite3.connect(shop / ".foretell/store.db") as connection:
        (number,) = connection.execute("SELECT count(*) FROM records WHERE kind = 'retention'").fetchone()
    connection.close()
    assert number == 1


def test_what_is_old_is_pruned(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked(capsys, "import", "t.jsonl")
    assert asked(capsys, "prune", "--older-than", "9999w")["removed"] == 0
    assert run_command_line(["traffic", "prune", "--older-than", "soon"]) == 64
    assert "Write it like 12h, 7d or 2w" in capsys.readouterr().err


def test_personal_data_that_is_found_later_is_told(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(capsys, "import", "t.jsonl")
    (shop / "foretell.toml").write_text(PROJECT + "\n[anonymise]\npatterns = { thing = 'shoes number \\d+' }\n")
    found = asked(capsys, "verify", code=1)
    assert (len(found["ids"]), found["kinds"]) == (20, {"thing": 20})
    monkeypatch.delenv("FORETELL_PSEUDONYM_KEY")
    assert run_command_line(["traffic", "import", "t.jsonl"]) == 64
