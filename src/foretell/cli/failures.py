"""`foretell failures`: what failed, by name, ranked by what it costs."""

from typing import Annotated

import typer

from foretell.cli.terminal import ConfigOption, JsonOption, RunArgument, look_up, print_json, print_sheet, say_wrapped
from foretell.core.analysis.runs.reading import FailureReport
from foretell.core.domain.values import Json
from foretell.reports.layout import shorten
from foretell.reports.numbers import as_json
from foretell.reports.steps import origin_sheet
from foretell.reports.tables import failure_sheet
from foretell.services.findings import failures

LONGEST = 160
"""Characters of a reason; `foretell show` has all of it."""


def command(
    run: RunArgument = "latest",
    *,
    examples: Annotated[int, typer.Option(min=0, metavar="N", help="Trials to show for each mode.")] = 2,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Rank the failure modes of a run by expected cost per 1,000 interactions."""
    report = look_up(config, lambda house: failures(house, run, examples))
    if as_json_:
        print_json("foretell.failures/1", failures_json(report))
        return
    print_sheet(failure_sheet(report))
    if report.origins:
        print_sheet(origin_sheet(report.run.id, report.origins, report.run.currency))
    for mode, lines in (*report.examples.items(), ("unscored", report.unscored)):
        for line in lines:
            say_wrapped(f"  {mode}: {line.case_id}/{line.repeat}: {shorten(line.error or line.reason, LONGEST)}")


def failures_json(report: FailureReport) -> dict[str, Json]:
    """What failed, for programs."""
    body = {"run": report.run.id, "tally": as_json(report.tally), "success": as_json(report.success)}
    shown = {"examples": as_json(report.examples), "unscored": as_json(report.unscored)}
    return {**body, "modes": as_json(report.modes), **shown, "origins": as_json(report.origins)}
