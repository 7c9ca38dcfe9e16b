"""`foretell evalset`: sets of cases as files, their frozen versions, and what changed between them."""

import dataclasses
from collections.abc import Sequence
from typing import Annotated

import typer

from foretell.adapters.evalsets.imports import NAMES, read_import
from foretell.cli import neighbours
from foretell.cli.output import say
from foretell.cli.terminal import ConfigOption, JsonOption, print_json, print_sheet, say_wrapped
from foretell.core.domain.cases import Case
from foretell.core.domain.files.lines import PRINTED, bad_input
from foretell.core.domain.files.strict import show as shown
from foretell.core.domain.values import Json, text_of
from foretell.core.errors import Problem
from foretell.reports.layout import shorten
from foretell.reports.numbers import counted
from foretell.reports.tables import Sheet
from foretell.services import evalsets as service
from foretell.wiring import evalsets_of, open_project

ABOUT = "Eval sets: cases in files, frozen versions, what changed between them."

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, help=ABOUT)
app.command("coverage")(neighbours.coverage)
app.command("vary")(neighbours.vary)

NameArgument = Annotated[str, typer.Argument(metavar="SET", help="A set of [evalsets].")]


@app.callback()
def group() -> None:
    """Eval sets: cases in files, frozen versions, what changed between them."""


@app.command("import")
def import_(
    name: NameArgument,
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON Lines, JSON, YAML or CSV.")],
    *,
    format_: Annotated[
        str | None, typer.Option("--from", metavar="FORMAT", help=f"Default: by its fields. One of {', '.join(NAMES)}.")
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Take the good rows although others are bad.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Add the cases of a file to a set's working file: all of them or none."""
    sets = evalsets_of(open_project(config))
    report = service.import_cases(sets, name, read_import(file, format_), is_skipping_bad=skip_bad)
    if as_json:
        found = {"added": report.added, "total": report.total}
        told = {"skipped": _problems_json(report.skipped), "notes": _problems_json(report.notes)}
        print_json("foretell.evalset.import/1", {"set": name, **found, **told})
        return
    skipped = f", {len(report.skipped)} skipped" if report.skipped else ""
    say_wrapped(f"{counted(report.added, 'case')} added to {name}{skipped}; it has {report.total} now.")
    _print_problems("skipped: ", report.skipped)
    _print_problems("note: ", report.notes)


@app.command()
def freeze(
    name: NameArgument,
    *,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Take in vN.jsonl files that versions.toml does not know.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Make the working cases the next version, which never changes again. Commit the files it writes."""
    report = service.freeze(evalsets_of(open_project(config)), name, is_adopting=adopt)
    version = report.version
    if as_json:
        head: dict[str, Json] = {"set": name, "version": version.version, "hash": version.hash}
        changes = None if report.changes is None else _diff_json(report.changes)
        print_json("foretell.evalset.freeze/1", {**head, "cases": len(version.cases), "changes": changes})
        return
    say_wrapped(f"{version.label} frozen: {counted(len(version.cases), 'case')}, hash {version.hash[:12]}.")
    if report.changes is not None:
        say_wrapped(f"Since {report.changes.before}: {_in_short(report.changes)}.")


@app.command("list")
def list_(*, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Every set with its versions."""
    project = open_project(config)
    lines = service.list_sets(evalsets_of(project), project.evalsets)
    problems = [problem for line in lines for problem in line.problems]
    if as_json:
        sets = [
            {
                "name": line.name,
                "path": project.evalsets[line.name],
                "versions": [
                    {**dataclasses.asdict(one), "is_changed": one.version in line.changed} for one in line.versions
                ],
                "problems": _problems_json(line.problems),
            }
            for line in lines
        ]
        print_json("foretell.evalset.list/1", {"sets": sets})
    else:
        heads = ("set", "version", ">cases", "frozen", "hash", "path")
        rows = tuple(row for line in lines for row in _rows(line, project.evalsets[line.name]))
        print_sheet(Sheet("", heads, rows, minor=("path", "hash", "frozen")))
    if problems:
        raise bad_input(problems)


@app.command()
def show(
    reference: Annotated[str, typer.Argument(metavar="SET[@VERSION]", help="core, core@2, core@working.")],
    *,
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="How many cases to print.")] = 20,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """A version: its cases and how they spread over the slices. Default: the newest frozen one."""
    name, _, wanted = reference.partition("@")
    summary = service.show(evalsets_of(open_project(config)), name, wanted or None)
    version = summary.version
    if as_json:
        counts = {
            "with_expected": summary.with_expected,
            "scripted": summary.scripted,
            "simulated": summary.simulated,
            "slices": summary.slices,
        }
        head = {"set": name, "version": version.version, "hash": version.hash}
        print_json("foretell.evalset.show/1", {**head, **counts, "cases": [case.as_json() for case in version.cases]})
        return
    say_wrapped(f"{version.label}: {counted(len(version.cases), 'case')}, hash {version.hash[:12]}")
    say_wrapped(
        f"with an expected answer {summary.with_expected}, scripted {summary.scripted}, simulated {summary.simulated}"
    )
    for slice_name, values in summary.slices.items():
        say_wrapped(f"{slice_name}: {', '.join(f'{value} {count}' for value, count in values.items())}")
    if limit:
        rows = tuple(_case_row(case) for case in version.cases[:limit])
        heads = ("id", "input", "expected", "slices")
        print_sheet(Sheet("", heads, rows, minor=("slices",), long=("input", "expected")))
    if 0 < limit < len(version.cases):
        say_wrapped(f"… and {len(version.cases) - limit} more; --limit {len(version.cases)} prints them all.")


@app.command()
def diff(
    name: NameArgument,
    before: Annotated[
        str | None, typer.Argument(metavar="BEFORE", help="A version; default: the newest frozen one.")
    ] = None,
    after: Annotated[str | None, typer.Argument(metavar="AFTER", help="A version; default: the working cases.")] = None,
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """What was added, removed and changed from one version to another, field by field."""
    found = service.diff(evalsets_of(open_project(config)), name, before, after)
    if as_json:
        print_json("foretell.evalset.diff/1", {"set": name, **_diff_json(found)})
        return
    say_wrapped(f"{name} {found.before} → {found.after}: {_in_short(found)}")
    for sign, names in (("+", found.added), ("-", found.removed)):
        for case_id in names:
            say_wrapped(f"{sign} {case_id}")
    for change in found.changed:
        say_wrapped(f"~ {change.id}")
        for one in change.fields:
            say_wrapped(f"    {one.field}: {shown(one.before)} → {shown(one.after)}")


def _rows(line: service.SetLine, path: str) -> list[tuple[str, ...]]:
    if not line.versions:
        return [(line.name, "cannot be read" if line.problems else "no cases yet", "", "", "", path)]
    return [
        (line.name, version, str(one.cases), (one.frozen_at or "")[:10], one.hash[:12], path)
        for one in line.versions
        for version in [f"{one.version}, changed since" if one.version in line.changed else one.version]
    ]


def _case_row(case: Case) -> tuple[str, ...]:
    slices = ", ".join(f"{name}={value}" for name, value in case.slices.items())
    return (case.id, shorten(text_of(case.input), 60), shorten(text_of(case.expected), 40), slices)


def _in_short(found: service.SetDiff) -> str:
    if found.is_empty:
        return "no difference"
    parts = [f"{len(found.added)} added", f"{len(found.removed)} removed", f"{len(found.changed)} changed"]
    return ", ".join([*parts, *(["another order"] if found.is_reordered else [])])


def _diff_json(found: service.SetDiff) -> dict[str, Json]:
    return {key: value for key, value in dataclasses.asdict(found).items() if key != "name"}


def _problems_json(problems: Sequence[Problem]) -> list[dict[str, Json]]:
    return [dataclasses.asdict(problem) for problem in problems]


def _print_problems(head: str, problems: Sequence[Problem]) -> None:
    for problem in problems[:PRINTED]:
        say(f"{head}{problem}", err=True)
    if len(problems) > PRINTED:
        say(f"{head}and {len(problems) - PRINTED} more; --json prints them all.", err=True)
