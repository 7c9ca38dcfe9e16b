"""`foretell run`: run suites and store what came out."""

from dataclasses import fields
from typing import Annotated

import typer

from foretell.cli.output import say
from foretell.cli.progress import ProgressWatcher
from foretell.cli.terminal import ConfigOption, JsonOption, KeyOption, in_house, print_json, print_sheet, say_wrapped
from foretell.core.analysis.runs.reading import RunSummary
from foretell.core.domain.runs import Run
from foretell.core.errors import ConfigurationError, Problem
from foretell.reports.numbers import as_json, counted, duration, money
from foretell.reports.tables import summary_sheet
from foretell.services.findings import summarise
from foretell.services.house import House
from foretell.services.ledger import Lateness
from foretell.services.plan import PlannedRun, RunRequest, check_money, outline
from foretell.services.run import Finished, resume, run_plan
from foretell.services.suites import prepare_suites


def command(
    suites: Annotated[list[str] | None, typer.Argument(metavar="SUITE", help="Suites to run; default: all.")] = None,
    *,
    target: Annotated[
        str | None, typer.Option(metavar="NAME", help="Run this target instead of the suite's own.")
    ] = None,
    evalset: Annotated[str | None, typer.Option(metavar="SET", help="Run this eval set, NAME or NAME@VERSION.")] = None,
    repeats: Annotated[int | None, typer.Option(min=1, metavar="N", help="Trials per case.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the first cases.")] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, metavar="AMOUNT", help="Stop before more than this is spent on a suite.")
    ] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, metavar="N", help="Trials at once, per target.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Seed of the run.")] = None,
    resume_run: Annotated[
        str | None, typer.Option("--resume", metavar="RUN", help="Go on with a run that was cut short.")
    ] = None,
    live_tools: Annotated[
        bool, typer.Option("--live-tools", help="Let replayed traffic call its tools; default: recorded results.")
    ] = False,
    pace: Annotated[
        float | None,
        typer.Option(metavar="SPEED", help="Start trials at the recorded times of their cases, SPEED times as fast."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be run, and stop.")] = False,
    ephemeral_key: KeyOption = False,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Run suites: every case, on the suite's target and its alternatives, scored and stored."""
    request = RunRequest(
        tuple(suites or ()), target, evalset, repeats, limit, max_cost, concurrency, seed, live_tools or None, pace
    )
    if resume_run is not None:
        _check_resume(request, is_dry=dry_run)
    if dry_run:
        _tell(in_house(config, lambda house: _outlines(house, request), ephemeral_key=ephemeral_key), is_json=as_json_)
        return

    async def work(house: House) -> tuple[list[RunSummary], list[Finished]]:
        with ProgressWatcher(house.project.currency) as watcher:
            if resume_run is not None:
                done = [await resume(house, resume_run, max_cost, watcher)]
            else:
                group = house.new_id()
                done = [await run_plan(house, plan, group, watcher) for plan in await prepare_suites(house, request)]
        return [await summarise(house, run) for one in done for run in one.runs], done

    summaries, done = in_house(config, work, ephemeral_key=ephemeral_key)
    stops = [str(one.stopped) for one in done if one.stopped is not None]
    paced = {one.runs[0].id: one.lateness for one in done if one.lateness is not None}
    if as_json_:
        runs = [{**summary_json(one), "lateness": as_json(paced.get(one.run.id))} for one in summaries]
        print_json("foretell.run/1", {"runs": runs, "stopped": stops})
    else:
        print_sheet(summary_sheet(summaries))
        for run, late in paced.items():
            say_wrapped(_pace_line(run, late))
    for stop in stops:
        say(f"not enough evidence: {stop}", err=True)
    if stops:
        raise typer.Exit(2)


def _check_resume(request: RunRequest, *, is_dry: bool) -> None:
    """A run goes on as it was planned; only its money may be raised.

    Raises:
        ConfigurationError: other options beside --resume.
        NotEnoughEvidence: no money.
    """
    given = [f"--{field.name}" for field in fields(request) if getattr(request, field.name) not in (None, ())]
    beside = [name.replace("--suites", "SUITE") for name in given if name != "--max_cost"]
    beside += ["--dry-run"] if is_dry else []
    check_money(request.max_cost, "the run")
    if beside:
        hint = f"Leave out {', '.join(beside)}."
        raise ConfigurationError(Problem("--resume", "goes on with a run as it was planned.", hint))


def _pace_line(run: str, late: Lateness) -> str:
    """How a run kept its pace; a late start is time that its user would have waited before any latency began."""
    middle, most_of_them, worst = (duration(one * 1000) for one in (late.median_s, late.p95_s, late.most_s))
    told = f"{run}: {counted(late.starts, 'start')} at {late.pace:g} × the recorded pace, late by {middle} (median)"
    return f"{told}, {most_of_them} (95th percentile), {worst} (at most). More --concurrency starts more at once."


def summary_json(summary: RunSummary) -> dict[str, object]:
    """The headline of a run, for programs."""
    return {"id": summary.run.id, **_run_json(summary.run),
        "tally": as_json(summary.tally), "success": as_json(summary.success),
        "reliability": as_json(summary.reliability), "missing": summary.missing,
        "robustness": as_json(summary.robustness)
    }  # fmt: skip


def _run_json(run: Run) -> dict[str, object]:
    return {
        "suite": run.suite,
        "layer": run.layer,
        "target": run.arm.target.name,
        "is_alternative": run.is_alternative,
        "evalset": f"{run.evalset}@{run.version}",
        "status": run.status,
        "fingerprints": dict(run.arm.fingerprints),
    }


async def _outlines(house: House, request: RunRequest) -> tuple[str, list[PlannedRun]]:
    plans = await prepare_suites(house, request)
    return house.project.currency, [line for plan in plans for line in await outline(house, plan)]


def _tell(outlines: tuple[str, list[PlannedRun]], *, is_json: bool) -> None:
    currency, lines = outlines
    if is_json:
        print_json("foretell.dry-run/1", {"currency": currency, "runs": as_json(lines)})
        return
    for line in lines:
        cost = "unknown" if line.at_most is None else f"at most {money(line.at_most, currency)}"
        say_wrapped(f"{line.suite}: {line.target}: {counted(line.trials, 'trial')} of {line.evalset}, cost {cost}")
    say(f"{counted(sum(line.trials for line in lines), 'trial')} in all; nothing was run.")
    if any(line.at_most is None for line in lines):
        say_wrapped(
            "Known beforehand is the cost of a model with a price and max_tokens, unless models play its user or judge "
            "it, and of any target with max_cost_per_trial."
        )
