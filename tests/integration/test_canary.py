"""Two releases held against each other by their traffic."""

import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

from foretell.cli import run_command_line

PROJECT = """
[project]
name = "shop"

[targets.assistant]
kind = "command"
command = ["cat"]

[suites.replay]
layer = "behavioural"
target = "assistant"
scorers = ["no_refusal"]
traffic = { window = "7d" }

[gates.deploy]
suites = ["replay"]
success = { at_least = 0.5, may_drop = 0.05 }
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "foretell.toml").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORETELL_PSEUDONYM_KEY", "a long random text")
    return tmp_path


def take_in(shop: Path, rates: dict[str, float], size: int, start: int = 0) -> None:
    random = Random(7)
    rows = [
        {
            "id": f"{release}-{number}", "at": f"2026-11-01T{number % 20:02d}:00:00Z", "input": "where is it",
            "release": release, "cost_usd": 0.01,
            **({"feedback": {"resolved": random.random() < rate}} if number % 4 else {}),
        }
        for release, rate in rates.items()
        for number in range(start, start + size)
    ]  # fmt: skip
    (shop / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert run_command_line(["traffic", "import", "t.jsonl"]) == 0


def looked(capsys: pytest.CaptureFixture[str], releases: str, code: int) -> dict[str, Any]:
    capsys.readouterr()
    assert run_command_line(["gate", "deploy", "--canary", releases, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_a_release_that_helps_fewer_users_is_held(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take_in(shop, {"r1": 0.9, "r2": 0.6}, 400)
    found = looked(capsys, "r2", 1)
    (drop,) = [rule for rule in found["rules"] if rule["rule"] == "success against baseline"]
    assert (drop["ruling"], drop["n"], drop["unit"]) == ("hold", 300, "conversation")
    assert drop["turned_by"].endswith("of the 300 pairs would no longer hold")
    assert found["policy"]["baseline"] == "release r1"
    assert found["changed"] == ["release r1 → r2"]
    assert "75.0 % of 400 conversations of r2" in found["blind_spots"][0]


def test_a_release_that_helps_as_many_ships(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take_in(shop, {"r1": 0.97, "r2": 0.98}, 900)
    assert looked(capsys, "r2..r1", 0)["ruling"] == "ship"


def test_each_look_has_a_smaller_level_and_the_same_traffic_the_same_answer(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take_in(shop, {"r1": 0.9, "r2": 0.88}, 60)
    first = looked(capsys, "r2", 2)
    again = looked(capsys, "r2", 2)
    assert (again["decided_at"], again["attempt"]) == (first["decided_at"], 1)
    take_in(shop, {"r1": 0.9, "r2": 0.88}, 60, start=60)
    second = looked(capsys, "r2", 2)
    assert [round(1 - one["policy"]["confidence"], 6) for one in (first, second)] == [0.025, 0.0125]
    assert second["attempt"] == 2
    assert second["notes"][0].startswith("look 2 at these releases, at a level of 0.0125 a side")


def test_other_limits_are_another_look_and_a_waiver_is_that_of_today(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take_in(shop, {"r1": 0.9, "r2": 0.6}, 400)
    text = PROJECT.replace("[gates.deploy]", '[gates.deploy]\nowners = ["ops"]')
    (shop / "foretell.toml").write_text(text)
    first = looked(capsys, "r2", 1)
    waive = ["--gate", "deploy", "--reason", "known", "--owner", "ops", "--until", "9999-12-31"]
    assert run_command_line(["waive", "success against baseline", *waive]) == 0
    waived = looked(capsys, "r2", 0)
    assert (waived["decided_at"], waived["ruling"], len(waived["waivers"])) == (first["decided_at"], "hold", 1)
    (shop / "evals" / "waivers.toml").unlink()
    assert looked(capsys, "r2", 1)["waivers"] == []
    (shop / "foretell.toml").write_text(text.replace("may_drop = 0.05", "may_drop = 0.4"))
    wider = looked(capsys, "r2", 0)
    assert (wider["attempt"], wider["policy"]["confidence"], wider["policy"]["may_drop"]) == (2, 0.9875, 0.4)


def test_every_output_says_what_the_traffic_is_held_to(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take_in(shop, {"r1": 0.9, "r2": 0.6}, 400)
    out = [f"--out={kind}=out/{kind}" for kind in ("html", "markdown", "junit", "sarif", "json")]
    assert run_command_line(["gate", "deploy", "--canary", "r2", *out]) == 1
    texts = {path.name: path.read_text() for path in (shop / "out").iterdir()}
    assert ["look 1 at" in texts[kind] for kind in ("html", "markdown", "junit", "json")] == [True] * 4
    assert ["r1 → r2" in texts[kind] for kind in ("html", "markdown", "junit", "json")] == [True] * 4
    assert "Bounds are one-sided 97.5 %" in texts["markdown"]
    told = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(r"decision [0-9a-f]{16}; exit code 1", told)


def test_unequal_chances_are_told(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take_in(shop, {"r1": 0.9, "r2": 0.9}, 40)
    (shop / "t.jsonl").write_text(
        "\n".join(line for line in (shop / "t.jsonl").read_text().splitlines() if "r2" in line)
    )
    assert run_command_line(["traffic", "import", "t.jsonl", "--source", "elsewhere", "--upstream", "0.5"]) == 0
    spots = looked(capsys, "r2", 2)["blind_spots"]
    assert [one for one in spots if "chances" in one] == [
        "r2: its conversations were kept with unequal chances, and count alike"
    ]


def test_a_look_is_computed_again_from_its_file(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take_in(shop, {"r1": 0.9, "r2": 0.6}, 200)
    assert run_command_line(["gate", "deploy", "--canary", "r2", "--out", "json=look.json"]) == 1
    assert run_command_line(["verify-decision", "look.json"]) == 0
    body = json.loads((shop / "look.json").read_text())
    body["rules"][1]["p_hold"] = 0.5
    body["policy"]["confidence"] = 0.98
    (shop / "look.json").write_text(json.dumps(body))
    capsys.readouterr()
    assert run_command_line(["verify-decision", "look.json", "--json"]) == 65
    places = [place for place, _, _ in json.loads(capsys.readouterr().out)["differences"]]
    assert "rules, traffic: success against baseline, p_hold" in places
    assert "confidence of look 1" in places


@pytest.mark.parametrize("releases", ["r9", "r2..r9"])
def test_an_unknown_release_is_refused(shop: Path, capsys: pytest.CaptureFixture[str], releases: str) -> None:
    take_in(shop, {"r1": 0.9, "r2": 0.9}, 40)
    assert run_command_line(["gate", "deploy", "--canary", releases]) == 64
    assert "no traffic of release 'r9' in the window. Releases there: r1, r2." in capsys.readouterr().err


def test_nothing_said_is_not_enough_evidence(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take_in(shop, {"r1": 0.9, "r2": 0.9}, 1)
    assert run_command_line(["gate", "deploy", "--canary", "r2"]) == 2
    assert "no conversation of release 'r2' has feedback" in capsys.readouterr().err
