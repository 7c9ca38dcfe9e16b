"""What a user does wrong is told in words, ends with its documented code, and costs nothing that was there."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from foretell import cli
from tests.e2e.mistakes import EVERY, Mistake, python, succeed
from tests.e2e.recorded_project import change, write_project, write_text
from tests.e2e.wordings import SNAPSHOT, normal, section, sections

STORE = ".foretell"

# Rights mean nothing to root, unless it gives up the privilege to pass them over.
AS_A_USER = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A sound project, which is the folder the command is given in."""
    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORETELL_PSEUDONYM_KEY", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = signal.getsignal(signal.SIGTERM)
    yield tmp_path
    signal.signal(signal.SIGTERM, before)


def contents(folder: Path) -> dict[str, str]:
    """The user's own files, by name and hash."""
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if STORE not in path.parts
    }


@pytest.mark.parametrize("mistake", EVERY, ids=lambda mistake: mistake.name)
def test_a_mistake_is_told_and_costs_nothing(
    mistake: Mistake, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mistake.make(project)
    before = contents(project)
    capsys.readouterr()
    code = cli.run_command_line(mistake.words.split())
    told = normal(capsys.readouterr(), project)
    assert code == mistake.code, told
    assert "Traceback" not in told
    assert "fault of foretell" not in told
    assert contents(project) == before
    assert section(mistake, told) == sections(SNAPSHOT.read_text(encoding="utf-8")).get(mistake.name)


def test_the_snapshot_holds_every_mistake_once_in_order() -> None:
    assert list(sections(SNAPSHOT.read_text(encoding="utf-8"))) == [mistake.name for mistake in EVERY]


def test_what_was_stored_before_stays(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    succeed("run")
    capsys.readouterr()
    succeed("runs --json")
    stored = capsys.readouterr().out
    (project / "cases.jsonl").write_text('{"id": "a"\n', encoding="utf-8")
    assert cli.run_command_line(["run"]) == 65
    capsys.readouterr()
    succeed("runs --json")
    assert capsys.readouterr().out == stored


def foretell(*words: str, env: dict[str, str] | None = None, **options: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "foretell", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env={**os.environ, **(env or {})}, stdout=pipe, stderr=pipe, **options)


@pytest.mark.parametrize(
    ("good", "words", "code"),
    [
        (40, "gate floor --first", 0),
        (20, "gate floor --first", 1),
        (40, "evalset show core --json", 0),
        (40, "schema", 0),
    ],
)
def test_a_reader_that_goes_away_does_not_turn_the_verdict(good: int, words: str, code: int, project: Path) -> None:
    write_project(project, good, 40 - good)
    with foretell(*words.split()) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        said = running.stderr.read().decode()
        assert (running.wait(timeout=50), "Traceback" in said, "BrokenPipe" in said) == (code, False, False), said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_output_that_cannot_be_written_is_told(project: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "foretell", "schema"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 70
    assert done.stderr.decode().startswith("run-failed: standard output: cannot be written: No space left on device.")


@pytest.mark.skipif(bool(AS_A_USER) and which("setpriv") is None, reason="root cannot give up its privileges here")
@pytest.mark.parametrize(("words", "code"), [("run", 69), ("evalset import core more.jsonl", 69), ("init new", 64)])
def test_a_folder_that_may_only_be_read_is_told(words: str, code: int, project: Path) -> None:
    (project / "more.jsonl").write_text('{"id": "new", "input": "?"}\n', encoding="utf-8")
    before = contents(project)
    project.chmod(0o555)
    try:
        done = subprocess.run(
            [*AS_A_USER, sys.executable, "-m", "foretell", *words.split()], capture_output=True, text=True, check=False
        )
    finally:
        project.chmod(0o755)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert "cannot be written: Permission denied." in done.stderr
    assert contents(project) == before


def test_a_terminal_without_our_letters_gets_others(project: Path) -> None:
    with foretell("gate", "floor", "--first", env={"PYTHONIOENCODING": "latin-1"}) as running:
        out, err = running.communicate(timeout=50)
    assert (running.returncode, out.splitlines()[0]) == (0, b"? ship: gate floor"), err.decode()


DELETES_STORE = """
from pathlib import Path

def answer(question):
    for path in Path(".foretell").glob("store.db*"):
        path.unlink(missing_ok=True)
    return "!"
"""


def waived_until_a_day_gone_by(folder: Path) -> None:
    write_project(folder, 0, 40)
    change(folder / "foretell.toml", "[gates.floor]", '[gates.floor]\nowners = ["ops"]')
    entry = '[[waiver]]\nrule = "success"\nreason = "old"\nowner = "ops"\nuntil = 2020-01-01\n'
    write_text(folder / "evals" / "waivers.toml", entry)


def store_goes_away(folder: Path) -> None:
    """A target that deletes the store while its run is under way."""
    python(DELETES_STORE)(folder)
    change(folder / "foretell.toml", 'call = "application:answer"', 'call = "application:answer"\nisolate = false')
    change(folder / "foretell.toml", '["recorded"]', '["no_refusal"]')


def test_a_waiver_that_has_ended_lets_nothing_pass(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    waived_until_a_day_gone_by(project)
    assert cli.run_command_line(["gate", "floor"]) == 1
    assert "the rule counts again" in capsys.readouterr().out


def test_a_store_that_goes_away_in_mid_run_ships_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store_goes_away(project)
    assert cli.run_command_line(["gate", "floor"]) == 70
    assert "was deleted or replaced while it was open" in capsys.readouterr().err
