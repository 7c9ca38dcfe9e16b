"""`foretell steps`: each step's success, what they come to, and where failures start."""

import os
from typing import Annotated

import typer

from foretell.cli.out_files import claim_paths, style, write_files
from foretell.cli.output import say
from foretell.cli.progress import announcer
from foretell.cli.terminal import ConfigOption, JsonOption, RunArgument, in_house, look_up, print_json, print_sheet
from foretell.core.analysis.runs.reading import StepReport
from foretell.core.analysis.runs.steps import TARGET_RATE
from foretell.core.domain.values import Json
from foretell.core.errors import ConfigurationError, Problem, RunFailed, raise_all
from foretell.reports.numbers import as_json
from foretell.reports.steps import confirmation_sheet, step_sheets
from foretell.reports.steps_page import steps_page
from foretell.services.confirm import confirm
from foretell.services.house import House
from foretell.services.steps import steps, traffic_steps

LATEST = "latest"


def command(
    run: RunArgument = LATEST,
    *,
    traffic: Annotated[
        str | None, typer.Option(metavar="FROM..TO", help="The stored traffic of this time instead of a run.")
    ] = None,
    target_rate: Annotated[
        float, typer.Option(metavar="SHARE", help="The success from end to end that error budgets are for.")
    ] = TARGET_RATE,
    confirm_: Annotated[
        bool, typer.Option("--confirm", help="Replay failed trials with a good output of their first failing step.")
    ] = False,
    baseline: Annotated[
        str | None, typer.Option(metavar="RUN", help="Where good outputs come from; default: the run before.")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, metavar="AMOUNT", help="With --confirm: stop before more than this is spent.")
    ] = None,
    out: Annotated[
        list[str] | None, typer.Option("--out", metavar="html=PATH", help="Also write a page with the curve drawn.")
    ] = None,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Tell how the steps of a run compound, and at which step its failures start."""
    _check(is_traffic=traffic is not None, is_confirming=confirm_, run=run, money=max_cost, baseline=baseline)
    paths = claim_paths(out or (), ("html",), {})

    async def work(house: House) -> StepReport:
        return await (steps(house, run, target_rate) if traffic is None else traffic_steps(house, traffic, target_rate))

    if confirm_:
        found = in_house(config, lambda house: confirm(house, run, baseline, max_cost, announcer(house)))
        if as_json_:
            print_json("foretell.confirmation/1", as_json(found))
        else:
            print_sheet(confirmation_sheet(found))
        return
    report = look_up(config, work)
    pages = {path: steps_page(report, style()) for path in paths}
    raise_all(RunFailed, write_files(pages, "The run is stored: ask again."))
    if as_json_:
        print_json("foretell.steps/1", steps_json(report))
        return
    for number, sheet in enumerate(step_sheets(report)):
        if number:
            say()
        print_sheet(sheet)
    for path in paths:
        say(f"written: {os.path.relpath(path)}")


def steps_json(report: StepReport) -> dict[str, Json]:
    """The steps of a run or of traffic, for programs."""
    body = {"run": report.run and report.run.id, "source": report.source, "currency": report.currency}
    gaps = {"why_unseen": dict(report.unseen), "orphans": report.orphans}
    return {**body, **as_json(report.compounding), "origins": as_json(report.origins), **gaps}


def _check(*, is_traffic: bool, is_confirming: bool, run: str, money: float | None, baseline: str | None) -> None:
    """See that no option would be passed over in silence.

    Raises:
        ConfigurationError: one would.
    """
    problems: list[Problem] = []
    if is_traffic and run != LATEST:
        problems.append(Problem("--traffic", f"is read instead of a run, not beside '{run}'.", "Leave one out."))
    if is_traffic and is_confirming:
        hint = "Name a run: its cases can be asked again."
        problems.append(Problem("--confirm", "replays the trials of a run; traffic has none.", hint))
    if not is_confirming and (money is not None or baseline is not None):
        name = "--baseline" if money is None else "--max-cost"
        problems.append(Problem(name, "is for the replays of --confirm, which was not asked for.", "Add it."))
    raise_all(ConfigurationError, problems)
