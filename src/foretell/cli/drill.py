"""`foretell drill`: break the target on purpose, one fault at a time, and see which suite notices."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from foretell.cli.out_files import claim_paths, style, write_files
from foretell.cli.output import say
from foretell.cli.progress import ProgressWatcher, announcer
from foretell.cli.terminal import ConfigOption, JsonOption, KeyOption, in_house, print_json, print_sheet
from foretell.core.domain.drills import DrillReport
from foretell.core.errors import ConfigurationError, Problem, RunFailed, raise_all
from foretell.reports.drill import drill_json, drill_markdown, drill_page, drill_sheets
from foretell.services.drill import DrillRequest, drill
from foretell.services.house import House

SCHEMA = "foretell.drill/1"
FORMATS: Mapping[str, Callable[[DrillReport], str]] = {
    "html": lambda report: drill_page(report, style()),
    "json": lambda report: f"{json.dumps({'schema': SCHEMA, **drill_json(report)}, indent=1, ensure_ascii=False)}\n",
    "markdown": drill_markdown,
}


def command(
    suites: Annotated[
        list[str] | None, typer.Argument(metavar="SUITE", help="Suites to drill; default: those of [drills], or all.")
    ] = None,
    *,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this fault. Repeatable; default: those of [drills].")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=10, metavar="N", help="Only the first cases; 10 at least.")] = None,
    fault_free: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Runs without a fault, to see false alarms.")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, metavar="AMOUNT", help="Stop before more than this is spent in all.")
    ] = None,
    resume: Annotated[str | None, typer.Option(metavar="DRILL", help="Go on with a drill that was cut short.")] = None,
    out: Annotated[
        list[str] | None,
        typer.Option("--out", metavar="FORMAT=PATH", help=f"Also write a file: {', '.join(FORMATS)}. Repeatable."),
    ] = None,
    ephemeral_key: KeyOption = False,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Break the target on purpose: exit code 1 when a fault on the project's list slips through every suite."""
    request = DrillRequest(tuple(suites or ()), tuple(fault or ()), limit, fault_free, max_cost, resume)
    if resume is not None and (suites or fault or limit is not None or fault_free is not None):
        hint = "Leave out all but --max-cost."
        raise ConfigurationError(Problem("--resume", "goes on with a drill as it was asked for.", hint))
    paths = claim_paths(out or (), FORMATS, {})

    async def work(house: House) -> DrillReport:
        with ProgressWatcher(house.project.currency) as watcher:
            return await drill(house, request, watcher, announcer(house))

    report = in_house(config, work, ephemeral_key=ephemeral_key)
    texts = {path: FORMATS[kind](report) for path, kind in paths.items()}
    unwritten = write_files(texts, f"The drill is stored: 'foretell drill --resume {report.id}' tells it again.")
    if as_json_:
        print_json(SCHEMA, drill_json(report))
    else:
        for sheet in drill_sheets(report):
            print_sheet(sheet)
            say()
        for path in paths:
            say(f"written: {os.path.relpath(path)}")
    raise_all(RunFailed, unwritten)
    raise typer.Exit(exit_code(report))


def exit_code(report: DrillReport) -> int:
    """1 when a fault on the list slipped through; 2 when one could not be tried, or nothing was measured."""
    if report.slipped:
        return 1
    is_nothing = not any(one.has_applied for one in report.findings)
    return 2 if is_nothing or report.unmeasured or report.stopped else 0
