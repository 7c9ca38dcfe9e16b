"""`gate --against REV` on recorded outcomes: which revision is read, what is refused, and what the record says."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from foretell.cli import run_command_line
from tests.e2e.recorded_project import change
from tests.git_repository import RECORDED, Repository, new_repository


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where checkouts are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(sys, "path", sys.path[:])
    return folder


@pytest.fixture
def repository(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """60 good outcomes in the first commit, of which 30 are bad in the second. It is the working directory."""
    made = new_repository(tmp_path / "repository")
    made.write_project()
    made.record(60, 0)
    made.commit()
    made.record(30, 30)
    made.commit()
    monkeypatch.chdir(made.path)
    return made


def gate(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """Exit code and decision of the gate."""
    capsys.readouterr()
    code = run_command_line(["gate", "deploy", *words, "--json"])
    out, err = capsys.readouterr()
    assert out, err
    return code, json.loads(out)


def refusal(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Exit code and what is said instead of a decision, on one line."""
    capsys.readouterr()
    code = run_command_line(["gate", "deploy", *words])
    out, err = capsys.readouterr()
    assert out == ""
    return code, " ".join(err.split())


def test_the_base_reads_its_own_recording_and_nothing_is_left(
    repository: Repository, temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, decision = gate(capsys, "--against", "HEAD~1", "--record", "record.json")
    drop = next(rule for rule in decision["rules"] if rule["rule"] == "success against baseline")
    assert (code, decision["ruling"], drop["estimate"]) == (1, "hold", -0.5)
    assert decision["policy"]["baseline"] == f"revision:{repository.git('rev-parse', 'HEAD~1')}"
    assert set(decision["baseline_runs"]) == {"system"}
    assert repository.left(temporary) == []
    assert run_command_line(["verify-decision", "record.json"]) == 0

    written = ["--record", "record.json", "--out", "sarif=decision.sarif"]
    assert run_command_line(["gate", "deploy", "--against", "HEAD~1", *written]) == 1
    results = json.loads(Path("decision.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    files = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results}
    assert files == {"outcomes.jsonl"}  # the one that differs from the base

    told = "the gate's policy changed since HEAD~1: success, at least: "
    assert [one for one in decision["warnings"] if "policy" in one] == []
    change(repository.path / "foretell.toml", "at_least = 0.3", "at_least = 0.2")
    assert gate(capsys, "--against", "HEAD~1")[1]["warnings"][0] == f"{told}30.0 % → 20.0 %"
    repository.git("checkout", "foretell.toml")

    repository.git("tag", "released", "HEAD~1")
    again, told = gate(capsys, "--against", "released")
    assert (again, told["key"], told["runs"]) == (1, decision["key"], decision["runs"])


def test_a_record_that_was_carried_is_computed_again_and_a_wrong_one_is_found(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    gate(capsys, "--against", "HEAD~1", "--record", "record.json")
    record = json.loads((repository.path / "record.json").read_text("utf-8"))
    record["rules"][1]["estimate"] = 0.5
    del record["hash"]
    repository.write("record.json", json.dumps(record))
    assert run_command_line(["verify-decision", "record.json"]) == 65


def test_the_other_way_round_it_ships(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.git("checkout", "-q", "HEAD~1")
    assert gate(capsys, "--against", "main")[0] == 0


def test_the_same_revision_on_both_sides_is_not_held(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    code, decision = gate(capsys, "--against", "HEAD")
    assert (code, decision["ruling"]) == (0, "ship")
    assert decision["warnings"] == ["nothing that foretell can see differs between the two sides of 'app'"]


def test_what_is_not_committed_is_the_candidate(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.record(60, 0)
    code, decision = gate(capsys, "--against", "HEAD")
    assert (code, decision["code"][-1]) == (0, "+")
    assert decision["blind_spots"][-1].endswith("the working tree has changes that are not committed")
    repository.record(0, 60)
    assert gate(capsys, "--against", "HEAD")[0] == 1


def test_a_project_in_a_folder_of_the_repository(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    around = new_repository(tmp_path / "around")
    inner = Repository(around.path / "apps" / "support")
    inner.write_project()
    inner.record(60, 0)
    around.commit()
    inner.record(30, 30)
    monkeypatch.chdir(around.path)
    assert gate(capsys, "--against", "main", "--config", "apps/support/foretell.toml")[0] == 1
    assert around.left(temporary) == []


def test_the_project_file_may_be_called_otherwise(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.git("mv", "foretell.toml", "evals.toml")
    repository.commit()
    code, said = refusal(capsys, "--against", "HEAD~1", "--config", "evals.toml")
    assert (code, "at HEAD~1" in said, "evals.toml: it cannot be read" in said) == (64, True, True)
    repository.record(60, 0)
    assert gate(capsys, "--against", "HEAD", "--config", "evals.toml")[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--against", "no-such"), 64, "revision 'no-such': is not known"),
        (("--against", ""), 64, "revision '': is no name of a commit"),
        (("--against", "HEAD", "--first"), 64, "--first and --against ask for different things"),
        (("--against", "HEAD", "--aa", "1"), 64, "--against and --aa ask for different things"),
        (("--against", "HEAD", "--rollback", "0123456789"), 64, "--against and --rollback ask for different things"),
    ],
)
@pytest.mark.usefixtures("repository")
def test_what_cannot_be_asked(words: tuple[str, ...], code: int, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    found, said = refusal(capsys, *words)
    assert (found, told in said) == (code, True), said


def before_had_no_project_file(repository: Repository) -> None:
    (repository.path / "foretell.toml").unlink()


def before_was_not_toml(repository: Repository) -> None:
    repository.write("foretell.toml", "[project\n")


def before_was_wrong(repository: Repository) -> None:
    repository.write_project('kind = "recorded"')


def before_had_no_such_target(repository: Repository) -> None:
    repository.write_project()
    text = (repository.path / "foretell.toml").read_text("utf-8")
    repository.write("foretell.toml", text.replace("[targets.app]", "[targets.other]"))


def before_had_no_such_suite(repository: Repository) -> None:
    text = (repository.path / "foretell.toml").read_text("utf-8")
    repository.write("foretell.toml", text.replace("suites.system", "suites.old").replace('["system"]', '["old"]'))


def before_had_another_set(repository: Repository) -> None:
    repository.write_project(cases=61)


def before_had_a_broken_set(repository: Repository) -> None:
    repository.write("cases.jsonl", "{\n")


def before_had_another_rule(repository: Repository) -> None:
    text = (repository.path / "foretell.toml").read_text("utf-8")
    repository.write("foretell.toml", text.replace('["recorded"]', '["recorded"]\nsuccess = "recorded"'))


@pytest.mark.parametrize(
    ("before", "code", "told"),
    [
        (before_had_no_project_file, 64, "foretell.toml: it cannot be read: No such file or directory"),
        (before_was_not_toml, 64, "foretell.toml: it is not TOML"),
        (before_was_wrong, 64, "foretell.toml, [targets.app]: parameter 'path' is missing"),
        (before_had_no_such_target, 64, "[suites.system] target: target 'app' is not known. Known: other."),
        (before_had_no_such_suite, 64, "suite 'system' is not known"),
        (before_had_another_set, 64, "suite 'system': success is measured otherwise; eval set: at"),
        (before_had_a_broken_set, 65, "cases.jsonl:1: an object begins here"),
        (before_had_another_rule, 64, "success: at HEAD~1"),
    ],
)
def test_a_base_that_cannot_be_used(
    repository: Repository, before: Any, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before(repository)
    repository.commit()
    repository.write_project()
    repository.record(60, 0)
    repository.commit()
    found, said = refusal(capsys, "--against", "HEAD~1")
    assert (found, told in said, "at HEAD~1 (" in said) == (code, True, True), said


def test_a_base_whose_target_cannot_start_decides_nothing(
    repository: Repository, temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository.path / "outcomes.jsonl").unlink()
    base = repository.commit()
    repository.record(60, 0)
    code, said = refusal(capsys, "--against", "HEAD")
    assert (code, f"target 'app@{base[:12]}', path = 'outcomes.jsonl': there is no such file" in said) == (64, True)
    assert repository.left(temporary) == []


def test_without_version_control_there_is_no_revision(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = Repository(tmp_path / "plain")
    plain.write_project()
    plain.record(60, 0)
    monkeypatch.chdir(plain.path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    code, said = refusal(capsys, "--against", "main")
    assert (code, "can only be checked out in a git repository" in said) == (64, True)


def test_a_command_runs_in_the_folder_of_its_revision(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    target = 'kind = "command"\ncommand = ["sh", "answer.sh"]\noutput = "text"\nconcurrency = 4'
    repository.write_project(target, "contains_expected")
    repository.write("answer.sh", "echo yes\n")
    repository.commit()
    repository.write("answer.sh", "echo no\n")
    code, decision = gate(capsys, "--against", "HEAD")
    assert (code, decision["ruling"]) == (1, "hold")
    assert decision["warnings"][0].startswith("the command of 'app' starts in the base's folder for the base")


def test_traffic_gets_a_baseline_on_the_same_sample(
    repository: Repository, temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = 'kind = "command"\ncommand = ["sh", "answer.sh"]\noutput = "text"\nconcurrency = 4'
    repository.write_project(target, "no_refusal")
    text = (repository.path / "foretell.toml").read_text("utf-8")
    traffic = 'traffic = { source = "traffic.jsonl", share = 1.0 }'
    text = text.replace('layer = "system"', 'layer = "behavioural"').replace('evalset = "core"', traffic)
    repository.write("foretell.toml", text)
    repository.write("answer.sh", "echo 'The shop opens at nine.'\n")
    asked = ({"id": f"i-{at}", "at": "2026-03-01T10:00:00Z", "input": f"When? {at}"} for at in range(40))
    repository.write_lines("traffic.jsonl", asked)
    repository.commit()
    repository.write("answer.sh", 'echo "I am sorry, but I cannot help with that."\n')
    code, decision = gate(capsys, "--against", "HEAD", "--ephemeral-key")
    drop = next(rule for rule in decision["rules"] if rule["rule"] == "success against baseline")
    assert (code, decision["ruling"], drop["n"]) == (1, "hold", 40)
    assert not [spot for spot in decision["blind_spots"] if "not replayed" in spot]
    assert repository.left(temporary) == []


def test_every_form_of_output_tells_the_warnings(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.write_project(RECORDED)
    repository.git("checkout", "-q", "HEAD~1")
    words = [word for kind in ("markdown", "html", "junit") for word in ("--out", f"{kind}={kind}.json")]
    assert run_command_line(["gate", "deploy", "--against", "HEAD", *words]) == 0
    told = "nothing that foretell can see differs between the two sides of"
    assert told in " ".join(capsys.readouterr().out.split())
    for kind in ("markdown", "html", "junit"):
        assert told in (repository.path / f"{kind}.json").read_text("utf-8")
