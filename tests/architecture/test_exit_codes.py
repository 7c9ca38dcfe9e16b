"""Every command and every way it can end, with the code that scripts and pipelines rely on.

0 ship or done · 1 hold · 2 not enough evidence · 64 usage or configuration · 65 bad input data · 69 nothing could start
because something is unreachable · 70 the run failed · 130 interrupted · 143 terminated. A new command brings its rows.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from foretell import cli
from foretell.cli import demo
from tests.e2e import mistakes, recorded_project
from tests.e2e.recorded_project import write_lines

PROJECT = recorded_project.PROJECT.replace("[gates.floor]", '[gates.floor]\nowners = ["ada"]')

FAR = "9999-12-31"

# (what differs from a project whose 40 recorded outcomes are all good, the command, its exit code)
TABLE = [
    ("", "", 0),
    ("", "--help", 0),
    ("", "--version", 0),
    ("", "no-such-command", 64),
    ("", "init fresh", 0),
    ("", "init --example no-such-example", 64),
    ("", "schema", 0),
    ("", "demo --help", 0),
    ("", "demo --no-such-option", 64),
    ("", "demo .", 64),
    ("no model", "demo new", 69),
    ("", "evalset list", 0),
    ("", "evalset list --no-such-option", 64),
    ("bad case", "evalset list", 65),
    ("an edited version", "evalset list", 65),
    ("no project", "evalset list", 64),
    ("", "evalset no-such-command", 64),
    ("", "evalset show core", 0),
    ("", "evalset show no-such-set", 64),
    ("", "evalset diff core", 64),
    ("", "evalset freeze core", 64),
    ("", "evalset import core new.jsonl", 65),
    ("", "evalset import core cases.jsonl --skip-bad", 0),
    ("", "doctor", 0),
    ("no project", "doctor", 64),
    ("broken project", "doctor", 64),
    ("broken store", "doctor", 69),
    ("bad case", "doctor", 65),
    ("", "run", 0),
    ("", "run --json", 0),
    ("", "run --dry-run", 0),
    ("", "run --dry-run --json", 0),
    ("", "run --max-cost 0", 2),
    ("", "run --max-cost 0.05", 2),
    ("a run", "run --resume latest", 65),
    ("", "run --resume latest --dry-run", 64),
    ("", "run --no-such-option", 64),
    ("", "run no-such-suite", 64),
    ("", "run --resume no-such-run", 65),
    ("no project", "run", 64),
    ("broken project", "run", 64),
    ("bad case", "run", 65),
    ("repeated outcome", "run", 65),
    ("no outcomes", "run", 64),
    ("half bad", "run", 0),
    ("broken store", "run", 69),
    ("", "runs", 0),
    ("", "runs --limit 0", 64),
    ("broken store", "runs", 69),
    ("", "gate", 64),
    ("", "gate no-such-gate", 64),
    ("", "gate floor --first", 0),
    ("half bad", "gate floor --first", 1),
    ("few cases", "gate floor --first", 2),
    ("three cases", "gate floor --first", 64),
    ("bad case", "gate floor --first", 65),
    ("broken store", "gate floor", 69),
    ("", "gate floor --max-cost 0", 2),
    ("", "gate floor --max-cost 0.05", 2),
    ("", "gate drop", 65),
    ("a baseline", "gate drop", 0),
    ("", "gate drop --against HEAD", 64),
    ("", "gate drop --against HEAD --first", 64),
    ("", "drill --limit 10", 2),
    ("", "drill --fault tool_slow --json", 2),
    ("", "drill --fault no-such-fault", 64),
    ("", "drill no-such-suite", 64),
    ("", "drill --limit 9", 64),
    ("", "drill --resume no-such-drill", 65),
    ("", "drill --max-cost 0", 2),
    ("bad case", "drill", 65),
    ("no project", "drill", 64),
    ("broken store", "drill", 69),
    ("", "plan", 0),
    ("", "plan drop --json", 0),
    ("", "plan no-such-gate", 64),
    ("three cases", "plan drop", 64),
    ("", "gate floor --record there.json", 0),
    ("", "gate floor --rollback 0123456789ab", 2),
    ("", "gate floor --rollback 01", 64),
    ("", "gate floor --aa 1", 64),
    ("a baseline", "gate drop --aa 1", 0),
    ("a waiver", "gate floor", 0),
    ("a broken waiver", "gate floor", 65),
    ("a record", "verify-decision record.json", 0),
    ("", "verify-decision record.json", 65),
    ("", f"waive success --gate floor --reason r --owner ada --until {FAR}", 0),
    ("", "waive success --gate floor --reason r --owner eve --until soon", 64),
    ("a run", "baseline set latest --gate drop", 0),
    ("", "baseline set latest --gate drop", 65),
    ("a run", "baseline set", 64),
    ("two runs", "compare target:recording latest", 0),
    ("two runs", "compare latest", 64),
    ("a run", "compare target:recording latest", 65),
    ("a run", "compare latest no-such-run", 65),
    ("a run", "compare", 64),
    ("a run", "failures latest", 0),
    ("", "failures latest", 65),
    ("a run", "failures --examples -1", 64),
    ("steps in a run", "steps latest", 0),
    ("steps in a run", "steps latest --target-rate 1", 64),
    ("steps in a run", "steps latest --out pdf=steps.pdf", 64),
    ("a run", "steps latest", 2),
    ("", "steps latest", 65),
    ("", "steps --traffic 2026-01-01..2026-02-01", 2),
    ("", "steps --traffic lately", 64),
    ("steps in a run", "contracts learn latest", 0),
    ("steps in a run", "contracts learn latest --name a/b", 64),
    ("a run", "contracts learn latest", 2),
    ("", "contracts learn latest", 65),
    ("", "contracts show", 65),
    ("", "contracts show outcomes.jsonl", 65),
    ("", "contracts show broken", 65),
    ("", "contracts no-such-command", 64),
    ("a run", "cost latest", 0),
    ("a run", "cost no-such-run", 65),
    ("a run", "cost --unknown-cost none", 64),
    ("a run", "report latest", 0),
    ("steps in a run", "report latest --out html=run.html", 0),
    ("a run", "report latest --out pdf=run.pdf", 64),
    ("a run", "report no-such-run", 65),
    ("", "report", 65),
    ("a run", "show latest/c-1/0", 0),
    ("a run", "show latest/no-such-case/0", 65),
    ("a run", "show latest", 64),
    ("", "evalset coverage core", 2),  # no traffic
    ("", "evalset coverage no-such-set", 64),
    ("", "evalset vary core", 0),
    ("", "evalset vary core --rules no-such-rule", 64),
    ("", "traffic list", 0),
    ("no project", "traffic list", 64),
    ("broken store", "traffic list", 69),
    ("", "traffic import cases.jsonl", 64),  # no key for pseudonyms
    ("", "traffic import cases.jsonl --ephemeral-key", 65),
    ("", "traffic import no-such-file.jsonl --ephemeral-key", 65),
    ("", "traffic import cases.jsonl --map input --ephemeral-key", 64),
    ("", "traffic sample", 2),
    ("", "traffic sample --by no-such-stratum", 64),
    ("", "traffic verify", 64),
    ("", "traffic verify --ephemeral-key", 0),
    ("", "traffic prune --older-than 9d", 0),
    ("", "traffic prune --older-than soon", 64),
    ("", "traffic forget --subject <email:abcdefghij>", 0),
    ("", "gate floor --canary r2", 64),  # no traffic of it
    ("", "gate floor --canary r2 --first", 64),
    ("", "serve", 64),  # no key for pseudonyms
    ("", "serve --host 0.0.0.0 --ephemeral-key", 64),
    ("", "serve --token-env NO_SUCH_VARIABLE", 64),
    ("no project", "serve", 64),
    ("broken store", "serve --ephemeral-key", 69),
    ("", "serve --host 192.0.2.1 --token-env HOME --ephemeral-key", 69),  # an address of nobody
]


write_project = partial(recorded_project.write_project, text=PROJECT)


def run_once(folder: Path) -> None:
    assert cli.run_command_line(["run"]) == 0


def run_twice(folder: Path) -> None:
    run_once(folder)
    run_once(folder)


def run_with_steps(folder: Path) -> None:
    spans = [{"name": "look_up", "kind": "tool"}]
    write_lines(folder / "outcomes.jsonl", [{"case_id": "c-0", "output": "!", "success": True, "spans": spans}])
    run_once(folder)


def set_baseline(folder: Path) -> None:
    run_once(folder)
    assert cli.run_command_line(["baseline", "set", "latest", "--gate", "drop"]) == 0


def record_a_decision(folder: Path) -> None:
    assert cli.run_command_line(["gate", "floor", "--record", "record.json"]) == 0


def waive_a_hold(folder: Path, owner: str = "ada") -> None:
    write_project(folder, good=20, bad=20)
    (folder / "evals").mkdir()
    entry = f'[[waiver]]\nrule = "success"\nreason = "r"\nowner = "{owner}"\nuntil = {FAR}\n'
    (folder / "evals" / "waivers.toml").write_text(entry, encoding="utf-8")


# How the sound project in a folder becomes one under these circumstances.
CIRCUMSTANCES: dict[str, Callable[[Path], object]] = {
    "": lambda folder: None,
    "a run": run_once,
    "two runs": run_twice,
    "a record": record_a_decision,
    "a waiver": waive_a_hold,
    "a broken waiver": lambda folder: waive_a_hold(folder, owner="eve"),
    "a baseline": set_baseline,
    "bad case": lambda folder: write_lines(folder / "cases.jsonl", [{"id": "c-0"}]),
    "broken project": lambda folder: (folder / "foretell.toml").write_text("[suites.system]\nlayer = 'attic'\n"),
    "broken store": lambda folder: (folder / ".foretell" / "store.db").mkdir(parents=True),
    "an edited version": mistakes.frozen_edited,
    "few cases": lambda folder: write_project(folder, good=20, bad=3),
    "half bad": lambda folder: write_project(folder, good=20, bad=20),
    "no model": lambda folder: None,
    "steps in a run": run_with_steps,
    "no outcomes": lambda folder: (folder / "outcomes.jsonl").unlink(),
    "no project": lambda folder: (folder / "foretell.toml").unlink(),
    "repeated outcome": lambda folder: write_lines(
        folder / "outcomes.jsonl", [{"case_id": "c-0", "success": True}, {"case_id": "c-0", "success": True}]
    ),
    "three cases": lambda folder: write_project(folder, good=3),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A sound project, which is the folder the command is given in."""
    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(signal.SIGTERM)
    yield tmp_path
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(("circumstance", "words", "code"), TABLE)
def test_a_command_ends_with_its_code(
    circumstance: str, words: str, code: int, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_there = circumstance != "no model"
    monkeypatch.setattr(demo, "PACKAGES", {"json" if is_there else "no_such_package": "pip install it"})
    CIRCUMSTANCES[circumstance](project)
    assert cli.run_command_line(words.split()) == code


def test_a_fault_of_ours_has_a_code_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli.COMMANDS, "run", ("no_such_module", "A command that cannot even be imported."))
    assert cli.run_command_line(["run"]) == 70


def test_every_command_has_a_row() -> None:
    assert set(cli.COMMANDS) - {words.split()[0] for _, words, _ in TABLE if words} == set()


SLOW_APPLICATION = """
import pathlib, time

def answer(question):
    pathlib.Path("asked").touch()
    time.sleep(600)
"""


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_with_its_code(sent: signal.Signals, code: int, project: Path) -> None:
    (project / "application.py").write_text(SLOW_APPLICATION, encoding="utf-8")
    text = PROJECT.replace('kind = "recorded"\npath = "outcomes.jsonl"', 'kind = "python"\ncall = "application:answer"')
    (project / "foretell.toml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "foretell", "run", "--limit", "1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        give_up = time.monotonic() + 30
        while not (project / "asked").exists() and running.poll() is None and time.monotonic() < give_up:
            time.sleep(0.02)
        os.kill(running.pid, sent)
        assert running.wait(timeout=20) == code
