"""What a gate keeps: one decision for one question, waivers, ships to roll back to, and proofs of them."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.recorded_project import write_outcomes

PROJECT = """
[project]
name = "records"

[targets.recording]
kind = "recorded"
path = "outcomes.jsonl"

[evalsets]
core = "cases.jsonl"

[suites.system]
layer = "system"
evalset = "core"
target = "recording"
scorers = ["recorded"]

[gates.floor]
suites = ["system"]
owners = ["ada"]
success = { at_least = 0.8 }

[gates.drop]
suites = ["system"]
baseline = "file:baseline.json"
owners = ["ada"]
success = { at_least = 0.5, may_drop = 0.1 }

[gates.tight]
suites = ["system"]
baseline = "file:baseline.json"
success = { at_least = 0.5, may_drop = 0.01 }
"""


@dataclass
class Folder:
    """A project in a folder, and its commands."""

    path: Path

    def write(self, good: int, bad: int = 0) -> None:
        """Cases and their recorded outcomes; each costs a cent."""
        write_outcomes(self.path, good, bad)

    def git(self, *words: str) -> str:
        told = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        command = ["git", *told, *words]
        return subprocess.run(command, cwd=self.path, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self) -> str:
        """Commit the project; the revision."""
        self.git("add", "-A", ".")
        self.git("commit", "-q", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD")

    def foretell(self, *words: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error of a command."""
        done = subprocess.run(
            [sys.executable, "-m", "foretell", *words],
            cwd=self.path,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def decision(self, *words: str) -> tuple[int, dict[str, object]]:
        """Exit code and JSON of a gate's decision."""
        code, out, err = self.foretell("gate", *words, "--json")
        assert out, err
        return code, json.loads(out)

    def runs(self) -> int:
        """How many runs the store holds."""
        return len(json.loads(self.foretell("runs", "--json")[1])["runs"])


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A project of 60 good cases without version control."""
    made = Folder(tmp_path)
    (tmp_path / "foretell.toml").write_text(PROJECT, "utf-8")
    made.write(60)
    return made


@pytest.fixture
def repository(folder: Folder) -> Folder:
    """The same under version control, all of it committed."""
    folder.git("init", "-q")
    (folder.path / ".gitignore").write_text(".foretell/\nrecord.json\n", "utf-8")
    folder.commit()
    return folder


def day(offset: int) -> str:
    return (datetime.now(UTC) + timedelta(days=offset)).date().isoformat()


def test_the_same_question_is_decided_once(repository: Folder) -> None:
    first_code, first = repository.decision("floor", "--first")
    code, again, err = repository.foretell("gate", "floor", "--first", "--json", "--max-cost", "9")
    assert (first_code, code, json.loads(again)) == (0, 0, first)
    assert err.strip() == f"decided at {first['decided_at']}; asking again is not a second chance"
    assert repository.runs() == 1
    assert f"decided at {first['decided_at']}" in repository.foretell("gate", "floor", "--first")[1]


def test_another_commit_or_an_uncommitted_change_is_another_question(repository: Folder) -> None:
    keys = {repository.decision("floor")[1]["key"]}
    repository.commit()
    (repository.path / "foretell.toml").write_text(PROJECT + "\n# another day\n", "utf-8")
    changed = [repository.decision("floor")[1] for _ in range(2)]
    keys.add(changed[0]["key"])
    spots = [spot for spot in changed[1]["blind_spots"] if "decided before" in spot]
    assert spots == ["whether this candidate was decided before: the working tree has changes that are not committed"]
    assert (len(keys), repository.runs()) == (2, 3)


def test_without_version_control_every_question_is_new_and_the_verdict_says_so(folder: Folder) -> None:
    folder.decision("floor")
    _, second = folder.decision("floor")
    assert folder.runs() == 2
    assert second["blind_spots"][-1] == (
        "whether this candidate was decided before: neither a commit nor fingerprints identify target 'recording'"
    )


def test_a_decision_that_money_cut_short_goes_on(repository: Folder) -> None:
    text = PROJECT.replace('path = "outcomes.jsonl"', 'path = "outcomes.jsonl"\nmax_cost_per_trial = 0.02')
    (repository.path / "foretell.toml").write_text(text, "utf-8")
    repository.commit()
    code, first = repository.decision("floor", "--max-cost", "0.1")
    assert (code, first["ruling"], first["is_final"], first["attempt"]) == (2, "not-enough-evidence", False, 1)
    code, out, err = repository.foretell("gate", "floor", "--json")
    second = json.loads(out)
    assert (code, second["is_final"], second["attempt"], second["key"]) == (0, True, 2, first["key"])
    assert "attempt 2: goes on with what was run before" in err


def test_a_record_travels_where_the_store_does_not(repository: Folder) -> None:
    code, out, err = repository.foretell("gate", "floor", "--json", "--record", "record.json")
    assert (code, "attempt 1, earlier evidence not found" in err) == (0, True)
    (repository.path / ".foretell").rename(repository.path.parent / f"{repository.path.name}-old-store")
    code, again, err = repository.foretell("gate", "floor", "--json", "--record", "record.json")
    assert (code, json.loads(again), "not a second chance" in err) == (0, json.loads(out), True)
    assert repository.runs() == 0
    record = repository.path / "record.json"
    record.write_text(record.read_text("utf-8").replace('"ship"', '"hold"'), "utf-8")
    code, _, err = repository.foretell("gate", "floor", "--record", "record.json")
    assert (code, "changed by hand" in err) == (65, True)


def test_a_decision_is_computed_again(folder: Folder) -> None:
    assert folder.foretell("run")[0] == 0
    assert folder.foretell("baseline", "set", "latest", "--gate", "drop")[0] == 0
    folder.write(54, 6)
    assert folder.foretell("gate", "drop", "--record", "record.json")[0] == 2
    code, out, err = folder.foretell("verify-decision", "record.json")
    assert (code, out.startswith("equal: decision"), err) == (0, True, "")
    body = json.loads((folder.path / "record.json").read_text("utf-8"))
    del body["hash"]
    body["ruling"] = body["rules"][0]["ruling"] = "hold"
    (folder.path / "record.json").write_text(json.dumps(body), "utf-8")
    code, out, _ = folder.foretell("verify-decision", "record.json")
    assert code == 65
    assert 'ruling: the file says "hold", the facts "not-enough-evidence"' in out
    assert folder.foretell("verify-decision", "no.json")[0] == 65


def test_a_waiver_lets_a_hold_pass_and_every_verdict_prints_it(folder: Folder) -> None:
    folder.write(30, 30)
    assert folder.foretell("gate", "floor")[0] == 1
    waive = ["waive", "success", "--gate", "floor", "--reason", 'a "known" fault', "--owner", "ada"]
    assert folder.foretell(*waive, "--until", day(9))[0] == 0
    code, out, _ = folder.foretell("gate", "floor")
    assert code == 0
    assert f"waived, 9 days left: 'success' until {day(9)}, by ada: a \"known\" fault" in out
    assert out.startswith("■ hold, but waived: gate floor\n")
    assert "hold, but waived: it does not block" in out
    assert "exit code 0" in out


def test_a_waiver_that_ended_holds_no_longer(folder: Folder) -> None:
    folder.write(30, 30)
    (folder.path / "evals").mkdir()
    entry = f'[[waiver]]\nrule = "success"\nreason = "r"\nowner = "ada"\nuntil = {day(-2)}\n'
    (folder.path / "evals" / "waivers.toml").write_text(entry, "utf-8")
    code, out, _ = folder.foretell("gate", "floor")
    assert (code, "waiver ended 2 days ago, the rule counts again: 'success'" in out) == (1, True)


def test_a_bad_waiver_is_refused_with_all_its_mistakes(folder: Folder) -> None:
    bad = ["--gate", "floor", "--reason", " ", "--owner", "eve", "--until", "soon"]
    code, _, err = folder.foretell("waive", "sucess", *bad)
    assert code == 64
    assert [word in err for word in ("reason", "soon", "Did you mean 'success'?")] == [True] * 3
    assert not (folder.path / "evals").exists()
    assert folder.foretell("waive", "success", *bad[:3], "r", *bad[4:-1], day(1))[2].count("owner 'eve'") == 1


def test_a_revision_that_shipped_may_be_rolled_back_to_at_once(repository: Folder) -> None:
    good = repository.commit()
    assert repository.foretell("gate", "floor")[0] == 0
    repository.write(20, 40)
    bad = repository.commit()
    assert repository.foretell("gate", "floor")[0] == 1
    names = (good, good[:8], bad, "a" * 12, "a", "HEAD^", "HEAD", "no-such-branch")
    outcomes = [repository.foretell("gate", "floor", "--rollback", name) for name in names]
    assert [code for code, _, _ in outcomes] == [0, 0, 2, 2, 64, 0, 2, 64]
    assert "the newest ruling is hold" in outcomes[2][2]
    assert repository.foretell("gate", "drop", "--rollback", good)[0] == 2


def test_a_change_of_the_policy_is_told_until_it_has_shipped(repository: Folder) -> None:
    repository.commit()
    assert repository.foretell("gate", "floor")[0] == 0
    repository.write(20, 40)
    file = repository.path / "foretell.toml"
    before, told = file.read_text(), "warning: the gate's policy changed since the decision of "
    file.write_text(before.replace("at_least = 0.8 }", "at_least = 0.6 }", 1))
    assert file.read_text() != before
    for message in ("a lower floor", "a second try"):
        repository.commit()
        code, out, _ = repository.foretell("gate", "floor")
        assert (code, out.splitlines()[1].startswith(told)) == (1, True), message
        assert "success, at least: 80.0 % → 60.0 %" in " ".join(out.split())
        (repository.path / "note.txt").write_text(message)
    file.write_text(before)
    repository.commit()
    assert "policy changed" not in repository.foretell("gate", "floor")[1]


def test_the_gate_between_equals_is_kept_and_told_with_every_verdict(folder: Folder) -> None:
    assert folder.foretell("run")[0] == 0
    assert folder.foretell("baseline", "set", "latest", "--gate", "drop")[0] == 0
    code, out, err = folder.foretell("gate", "drop", "--aa", "2", "--json")
    report = json.loads(out)
    assert (code, report["pairs"], report["trials"], report["is_without_variance"]) == (0, 2, 240, True)
    assert [(one["ruling"], one["count"]) for one in report["shares"]] == [
        ("ship", 2),
        ("hold", 0),
        ("not-enough-evidence", 0),
    ]
    assert "A/A: 2 pairs of fresh runs, 240 trials in all" in err
    assert "the candidate against itself: ship 2 of 2" in folder.foretell("gate", "drop")[1]
    assert folder.foretell("gate", "floor", "--aa", "2")[0] == 64


def test_a_plan_goes_by_what_earlier_runs_showed(folder: Folder) -> None:
    assert folder.foretell("run")[0] == 0
    folder.write(54, 6)
    assert folder.foretell("run")[0] == 0
    code, out, _ = folder.foretell("plan", "drop", "--json")
    gate = json.loads(out)["gates"][0]
    (outlook,) = gate["outlooks"]
    (prospect,) = outlook["prospects"]
    assert (code, gate["gate"], outlook["cases"], outlook["margin"]) == (0, "drop", 60, 0.1)
    assert (prospect["is_seen"], prospect["discordance"]) == (True, pytest.approx(7 / 62))
    assert 0.5 < prospect["p_ship"] < 0.9
    assert prospect["cases_needed"] == prospect["trials"] > 60
    assert prospect["money"] == pytest.approx(prospect["trials"] * 0.01)


def test_a_plan_of_a_margin_out_of_sight_is_told_and_refused(folder: Folder) -> None:
    code, out, err = folder.foretell("plan", "tight")
    assert code == 64
    assert "gate tight" in out
    assert "It takes 299 cases." in err


def test_a_record_lies_where_the_command_was_given(folder: Folder) -> None:
    deep = Folder(folder.path / "deep")
    deep.path.mkdir()
    assert deep.foretell("gate", "floor", "--record", "r.json")[0] == 0
    assert (deep.path / "r.json").exists()
    assert deep.foretell("verify-decision", "r.json")[0] == 0
