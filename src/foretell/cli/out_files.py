"""`--out FORMAT=PATH`: a decision as files, claimed before anything is spent, written whole at the end."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from foretell.core.analysis.runs.cost import CostFinding
from foretell.core.domain.policy import Decision
from foretell.core.domain.project import Project
from foretell.core.domain.runs import Run
from foretell.core.errors import BadInput, ConfigurationError, Problem, raise_all, suggest
from foretell.reports.decision_json import decision_json
from foretell.reports.junit import decision_junit
from foretell.reports.markdown import decision_markdown
from foretell.reports.page import decision_page
from foretell.reports.sarif import Places, decision_sarif, table_line
from foretell.services.beside import named_files
from foretell.services.findings import cost
from foretell.services.house import House
from foretell.settings.source import Source, read


@dataclass(frozen=True, slots=True)
class Told:
    """What the formats are made from."""

    decision: Decision
    project: Project
    source: Source
    costs: Sequence[tuple[Run, CostFinding]]


FORMATS: Mapping[str, Callable[[Told], str]] = {
    "html": lambda told: decision_page(told.decision, style(), told.project.name, told.costs),
    "json": lambda told: f"{decision_json(told.decision)}\n",
    "junit": lambda told: decision_junit(told.decision),
    "markdown": lambda told: decision_markdown(told.decision, told.costs),
    "sarif": lambda told: decision_sarif(told.decision, _places(told), version("foretell")),
}

OutOption = Annotated[
    list[str] | None,
    typer.Option(
        "--out", metavar="FORMAT=PATH", help=f"Also write the decision to a file: {', '.join(FORMATS)}. Repeatable."
    ),
]


@dataclass(frozen=True, slots=True)
class OutFiles:
    """The files that were asked for, format by path, and the project file that they are about."""

    formats: Mapping[str, str]
    source: Source | None = None

    async def render(self, house: House, decision: Decision) -> Mapping[str, str]:
        """Path → text of every file."""
        if self.source is None:
            return {}
        told = Told(decision, house.project, self.source, await _costs(house, decision))
        return {path: FORMATS[kind](told) for path, kind in self.formats.items()}


def claim(words: Sequence[str] | None, config: str | None, record: str | None) -> OutFiles:
    """The files of some `--out` options, which can be written; what an earlier gate left there is gone.

    So a gate that ends without a decision leaves no file that tells an old one.

    Raises:
        ConfigurationError: formats that are not known, paths that cannot be written: all of them at once.
    """
    if not words:
        return OutFiles({})
    source = read(config, os.getcwd())
    taken = {os.path.join(source.root, source.origin.file): "the project file"}
    if record is not None:
        taken[os.path.realpath(record)] = "the file of --record"
    return OutFiles(claim_paths(words, FORMATS, taken), source)


def claim_paths(words: Sequence[str], known: Iterable[str], taken: dict[str, str]) -> Mapping[str, str]:
    """Path → format of some `--out` options; the files can be written, and what lay there is gone.

    `taken` names the paths that are used for something else.

    Raises:
        ConfigurationError: formats that are not known, paths that cannot be written: all of them at once.
    """
    formats: dict[str, str] = {}
    problems: list[Problem] = []
    for word in words:
        kind, _, name = word.partition("=")
        path = os.path.realpath(os.path.expanduser(name))
        problem = _misread(word, kind, name, tuple(known)) or _obstacle(word, path, taken)
        taken[path] = f"the file of --out {word}"
        problems += [problem] if problem else []
        formats[path] = kind
    raise_all(ConfigurationError, problems)
    for path in formats:
        with suppress(FileNotFoundError):
            os.unlink(path)
    return formats


DECIDED = "The decision stands and is recorded: ask again, and it is told without a run."


def write_files(texts: Mapping[str, str], hint: str = DECIDED) -> list[Problem]:
    """Write every file whole or not at all, and say which could not be."""
    problems: list[Problem] = []
    for path, text in texts.items():
        draft = _draft_of(path)
        try:
            with open(draft, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            os.replace(draft, path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(draft)
            problems.append(Problem(path, f"cannot be written: {error.strerror}.", hint))
    return problems


def _misread(word: str, kind: str, name: str, known: Sequence[str]) -> Problem | None:
    formats = f"the formats are {', '.join(known)}" if len(known) > 1 else f"the format is {known[0]}"
    form = f"Write FORMAT=PATH; {formats}."
    if kind not in known:
        near = suggest(kind, known)
        hint = f"{near} {form}" if near.startswith("Did") else form
        return Problem("--out", f"'{word}': '{kind}' is no format." if name else f"'{word}' names no path.", hint)
    return None if name else Problem("--out", f"'{word}' names no path.", form)


def _obstacle(word: str, path: str, taken: Mapping[str, str]) -> Problem | None:
    """What is in the way of a file; its folder is made, and tried."""
    if path in taken:
        return Problem("--out", f"'{word}' is {taken[path]}.", "Give every file a path of its own.")
    if os.path.lexists(path) and not os.path.isfile(path):
        return Problem("--out", f"'{word}': {path} is there and is no file.", "Name a file.")
    draft = _draft_of(path)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(draft, "wb"):
            pass
        os.unlink(draft)
    except OSError as error:
        what = f"'{word}': {path} cannot be written: {error.strerror}."
        return Problem("--out", what, "Name a file in a folder that you may write to.")
    return None


def _draft_of(path: str) -> str:
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name[:40]}.{os.getpid()}.tmp")


def style() -> str:
    """The style sheet of every page that is one file."""
    return files("foretell.reports").joinpath("assets", "decision.css").read_text("utf-8")


async def _costs(house: House, decision: Decision) -> list[tuple[Run, CostFinding]]:
    """What the decision's runs cost. A decision that was carried here in a file may be of runs that are not."""
    found: list[tuple[Run, CostFinding]] = []
    for run in decision.runs.values():
        with suppress(BadInput):
            found.append((await cost(house, run))[0])
    return found


def _places(told: Told) -> Places:
    """Where in the repository the gate and what changed are."""
    origin, root = told.source.origin, told.source.root
    top = _repository(root)
    project_file = os.path.join(root, origin.file)
    with open(project_file, encoding="utf-8") as file:
        table = ".".join(filter(None, (origin.prefix, "gates", told.decision.gate)))
        line = table_line(file.read(), table)
    named = [path for path in map(Path(top).joinpath, named_files(told.decision)) if path.is_file()]
    changed = {
        name: [_within(top, str(path)) for path in [*_changed_files(told, suite.target)] or named]
        for name, suite in told.project.suites.items()
    }
    return Places(_within(top, project_file), line, changed)


def _repository(folder: str) -> str:
    """The repository around a folder; the folder itself when there is none."""
    around = [folder, *map(str, Path(folder).parents)]
    return next((place for place in around if os.path.lexists(os.path.join(place, ".git"))), folder)


def _within(top: str, path: str) -> str:
    return Path(os.path.relpath(path, top)).as_posix()


def _changed_files(told: Told, target: str) -> Iterator[Path]:
    """The files of those parts of a target that the decision says have changed."""
    for part, pattern in told.project.fingerprints.get(target, {}).items():
        if any(line.startswith(f"{target}: {part} ") for line in told.decision.changed):
            yield from sorted(path for path in Path(told.source.root).glob(pattern) if path.is_file())
