"""`foretell gate --out FORMAT=PATH`: what is written, where, and that it is known before anything is spent."""

import errno
import importlib.util
import json
import os
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest

import foretell
from foretell.cli import run_command_line
from foretell.cli.out_files import FORMATS
from foretell.reports.decision_json import decision_schema
from foretell.reports.page import decision_page
from foretell.reports.steps_page import steps_page
from tests.e2e.recorded_project import write_outcomes
from tests.unit.reports.decisions import DECISIONS, cost, run
from tests.unit.reports.test_steps import report as step_report

ROOT = Path(__file__).parents[2]
STYLE = Path(foretell.__file__).parent / "reports" / "assets" / "decision.css"
SCHEMA = ROOT / "docs" / "schemas" / "decision.schema.json"
PROJECT = """[project]
name = "outputs"

[targets.recording]
kind = "recorded"
path = "outcomes.jsonl"
fingerprints = { prompt = "prompts/refund.md", tools = "tools/*.json" }

[evalsets]
core = "cases.jsonl"

[suites.system]
layer = "system"
evalset = "core"
target = "recording"
scorers = ["recorded"]

[gates.floor]
suites = ["system"]
success = { at_least = 0.8 }

[gates.drop]
suites = ["system"]
baseline = "file:baseline.json"
success = { at_least = 0.3, may_drop = 0.1 }
"""
FLOOR_LINE = PROJECT.splitlines().index("[gates.floor]") + 1
DROP_LINE = PROJECT.splitlines().index("[gates.drop]") + 1


class Folder:
    """A project in a folder below the repository's top, which is the working directory."""

    def __init__(self, path: Path, told: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._told = told

    def record(self, good: int, bad: int) -> None:
        """Sixty-odd recorded outcomes; each costs a cent."""
        write_outcomes(self.path, good, bad)

    def gate(self, *words: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of a gate."""
        self._told.readouterr()
        code = run_command_line(["gate", *words])
        out, err = self._told.readouterr()
        return code, out, err

    def names(self, folder: str = ".") -> set[str]:
        return {entry.name for entry in (self.path / folder).iterdir()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Folder:
    (tmp_path / ".git").mkdir()
    path = tmp_path / "demo"
    for name, text in (("prompts/refund.md", "one"), ("tools/a.json", "{}"), ("tools/b.json", "{}")):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    (path / "foretell.toml").write_text(PROJECT, "utf-8")
    monkeypatch.chdir(path)
    made = Folder(path, capsys)
    made.record(60, 0)
    return made


def every_format(folder: str = "out") -> list[str]:
    return [word for name in FORMATS for word in ("--out", f"{name}={folder}/decision.{name}")]


def sarif_results(folder: Folder) -> list[dict[str, Any]]:
    return json.loads((folder.path / "out/decision.sarif").read_text("utf-8"))["runs"][0]["results"]


def places(result: dict[str, Any], name: str = "locations") -> list[tuple[str, int]]:
    found = [one["physicalLocation"] for one in result.get(name, [])]
    return [(one["artifactLocation"]["uri"], one["region"]["startLine"]) for one in found]


def test_every_format_is_written_whole(folder: Folder) -> None:
    code, out, _ = folder.gate("floor", *every_format())
    texts = {name: (folder.path / f"out/decision.{name}").read_text("utf-8") for name in FORMATS}
    assert (code, "● ship: gate floor" in out) == (0, True)
    assert folder.names("out") == {f"decision.{name}" for name in FORMATS}
    assert {name: text.splitlines()[0] for name, text in texts.items()} == {
        "html": "<!doctype html>",
        "json": "{",
        "junit": '<?xml version="1.0" encoding="UTF-8"?>',
        "markdown": "<!-- foretell:gate:floor -->",
        "sarif": "{",
    }
    assert "n = 60 a success" in texts["markdown"]
    assert "system; $0.600 for 60 trials" in texts["html"]


def test_the_file_is_what_the_terminal_prints_as_json_and_fits_the_published_schema(folder: Folder) -> None:
    _, out, _ = folder.gate("floor", "--json", "--out", "json=decision.json")
    text = (folder.path / "decision.json").read_text("utf-8")
    assert text == out
    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text("utf-8"))).validate(json.loads(text))


def test_the_file_can_be_verified(folder: Folder) -> None:
    assert folder.gate("floor", "--out", "json=decision.json")[0] == 0
    assert run_command_line(["verify-decision", "decision.json"]) == 0


def test_the_published_schema_is_the_one_of_this_version() -> None:
    place = importlib.util.spec_from_file_location("make_schemas", ROOT / "docs/schemas/make_schemas.py")
    assert place is not None
    script = importlib.util.module_from_spec(place)
    assert place.loader is not None
    place.loader.exec_module(script)
    assert SCHEMA.read_text("utf-8") == script.text_of(decision_schema()), "run python docs/schemas/make_schemas.py"


def test_a_hold_is_red_everywhere(folder: Folder) -> None:
    folder.record(30, 30)
    code, _, _ = folder.gate("floor", *every_format())
    suite = ET.parse(folder.path / "out/decision.junit").getroot()[0]
    assert (code, suite.attrib["tests"], suite.attrib["failures"], suite.attrib["errors"]) == (1, "1", "1", "0")
    assert [(one["ruleId"], one["level"], places(one)) for one in sarif_results(folder)] == [
        ("success", "error", [("demo/foretell.toml", FLOOR_LINE)])
    ]


def test_too_little_evidence_is_red_everywhere(folder: Folder) -> None:
    folder.record(50, 10)
    code, _, _ = folder.gate("floor", *every_format())
    suite = ET.parse(folder.path / "out/decision.junit").getroot()[0]
    assert (code, suite.attrib["failures"], suite.attrib["errors"]) == (2, "0", "1")
    assert [one["level"] for one in sarif_results(folder)] == ["warning"]


@pytest.mark.parametrize(
    ("changed", "first", "beside"),
    [
        ("prompts/refund.md", [("demo/prompts/refund.md", 1)], [("demo/foretell.toml", DROP_LINE)]),
        (
            "tools/a.json",
            [("demo/foretell.toml", DROP_LINE)],
            [("demo/tools/a.json", 1), ("demo/tools/b.json", 1)],
        ),
    ],
    ids=["one file", "one of several files"],
)
def test_a_result_stands_at_the_file_that_changed(
    folder: Folder, changed: str, first: list[tuple[str, int]], beside: list[tuple[str, int]]
) -> None:
    assert run_command_line(["run"]) == 0
    assert run_command_line(["baseline", "set", "latest", "--gate", "drop"]) == 0
    (folder.path / changed).write_text("two")
    folder.record(30, 30)
    assert folder.gate("drop", *every_format())[0] == 1
    (result,) = [one for one in sarif_results(folder) if one["ruleId"] == "success-against-baseline"]
    assert (places(result), places(result, "relatedLocations")) == (first, beside)


def test_every_mistake_is_told_before_anything_runs(folder: Folder) -> None:
    words = ["htm=a", "pdf=b", "html", "json=", "html=/proc/none/c", "html=prompts", "junit=foretell.toml"]
    words += ["json=record.json", "json=d", "sarif=./d"]
    known = "Write FORMAT=PATH; the formats are html, json, junit, markdown, sarif."
    code, _, err = folder.gate("floor", "--record", "record.json", *(f"--out={word}" for word in words))
    assert code == 64
    assert [re.sub(r" cannot be written: .*", " cannot be written", line) for line in err.splitlines()] == [
        f"configuration: --out: {line}"
        for line in [
            f"'htm=a': 'htm' is no format. Did you mean 'html'? {known}",
            f"'pdf=b': 'pdf' is no format. {known}",
            f"'html' names no path. {known}",
            f"'json=' names no path. {known}",
            "'html=/proc/none/c': /proc/none/c cannot be written",
            f"'html=prompts': {folder.path}/prompts is there and is no file. Name a file.",
            "'junit=foretell.toml' is the project file. Give every file a path of its own.",
            "'json=record.json' is the file of --record. Give every file a path of its own.",
            "'sarif=./d' is the file of --out json=d. Give every file a path of its own.",
        ]
    ]
    assert folder.names() == {"foretell.toml", "prompts", "tools", "outcomes.jsonl", "cases.jsonl"}


def test_a_gate_that_decides_nothing_leaves_no_old_verdict(folder: Folder) -> None:
    assert folder.gate("floor", *every_format())[0] == 0
    assert folder.gate("flor", *every_format())[0] == 64
    assert folder.names("out") == set()


def test_a_wrong_option_takes_nothing_away(folder: Folder) -> None:
    assert folder.gate("floor", "--out", "html=a.html")[0] == 0
    assert folder.gate("floor", "--out", "html=a.html", "--out", "pdf=b")[0] == 64
    assert "a.html" in folder.names()


@pytest.mark.parametrize("other", [["--aa", "2"], ["--rollback", "4e91b7a"]], ids=["aa", "rollback"])
def test_only_a_decision_can_be_written(folder: Folder, other: list[str]) -> None:
    code, _, err = folder.gate("floor", *other, "--out", "html=a.html")
    assert (code, f"--out and {other[0]} ask for different things" in err) == (64, True)


def test_a_link_is_followed_and_stays(folder: Folder) -> None:
    (folder.path / "latest.json").symlink_to("real.json")
    assert folder.gate("floor", "--out", "json=latest.json")[0] == 0
    assert (folder.path / "latest.json").is_symlink()
    assert json.loads((folder.path / "real.json").read_text("utf-8"))["gate"] == "floor"


def test_a_full_disk_is_no_ship_and_hides_no_verdict(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", is_full)
    code, out, err = folder.gate("floor", "--out", "html=a.html")
    assert (code, "● ship: gate floor" in out, "a.html: cannot be written: No space left" in err) == (70, True, True)
    assert {name for name in folder.names() if "a.html" in name} == set()


def test_the_style_sheet_styles_what_is_there_and_nothing_else() -> None:
    style = STYLE.read_text("utf-8")
    costs = [(run(), cost()), (run("model"), cost(None))]
    pages = "".join(decision_page(decision, "", "acme", costs) for decision in DECISIONS.values())
    pages += steps_page(step_report("retrieve"), "")
    used = {name for found in re.findall(r'class="([^"]+)"', pages) for name in found.split()}
    styled = set(re.findall(r"\.([a-z][\w-]*)", re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", style, flags=re.DOTALL)))
    assert (styled - used, used - styled) == (set(), set())
