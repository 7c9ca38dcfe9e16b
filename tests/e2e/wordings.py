"""Every text that a mistake is told in, in one file that is reviewed like copy.

`python -m tests.e2e.wordings` writes it anew.
"""

import io
import os
import re
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from foretell import cli
from tests.e2e.mistakes import EVERY, Mistake
from tests.e2e.recorded_project import write_project

SNAPSHOT = Path(__file__).parents[1] / "architecture" / "snapshots" / "errors.txt"


class Told(NamedTuple):
    """What a command wrote."""

    out: str
    err: str


def normal(told: Told, folder: Path) -> str:
    """What was told, without what differs from run to run: places, ids of runs, times."""
    text = f"{told.out}{told.err}".replace(str(folder), "FOLDER")
    text = re.sub(r"\b\d{8}-\d{6}-[0-9a-f]{6}\b", "RUN", text)
    text = re.sub(r"decision [0-9a-f]{16}", "decision KEY", text)
    text = re.sub(r"in \d+\.\d s · \d+\.\d/s", "in N s · N/s", text)
    return re.sub(r"\.\w+\.json\.\d+\.tmp", "DRAFT", text)


def section(mistake: Mistake, told: str) -> str:
    """One mistake in the file."""
    lines = "\n".join(f"  {line}".rstrip() for line in told.strip().split("\n"))
    return f"$ foretell {mistake.words}  ({mistake.code})\n{lines}\n"


def sections(text: str) -> dict[str, str]:
    """The mistakes of the file by name."""
    found = {}
    for part in text.split("## ")[1:]:
        name, _, body = part.partition("\n")
        found[name] = body.rstrip("\n") + "\n"
    return found


def write_anew() -> None:
    """Make every mistake and write down what is said."""
    parts = ["Every mistake, the command that meets it with its exit code, and what is said then.\n"]
    os.environ.pop("FORETELL_PSEUDONYM_KEY", None)
    for mistake in EVERY:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            os.chdir(folder)
            write_project(folder)
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                mistake.make(folder)
            out, err = io.StringIO(), io.StringIO()
            with redirect_stdout(out), redirect_stderr(err):
                cli.run_command_line(mistake.words.split())
            told = normal(Told(out.getvalue(), err.getvalue()), folder)
            parts.append(f"## {mistake.name}\n{section(mistake, told)}")
            os.chdir(folder.parent)
    SNAPSHOT.parent.mkdir(exist_ok=True)
    SNAPSHOT.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    write_anew()
