"""`foretell run`: run suites and store what came out."""

from typing import Annotated

import typer

from foretell.cli.progress import ProgressWatcher
from foretell.cli.terminal import ConfigOption, JsonOption, KeyOption, in_house, print_json, print_sheet
from foretell.core.analysis.reading import RunSummary
from foretell.core.domain.runs import Run, SuitePlan
from foretell.reports.numbers import as_json
from foretell.reports.tables import summary_sheet
from foretell.services.findings import summarise
from foretell.services.house import House
from foretell.services.plan import RunRequest, trials_of
from foretell.services.run import Finished, resume, run_plan
from foretell.services.suites import prepare_suites


def command(
    suites: Annotated[list[str] | None, typer.Argument(help="Suites to run; default: all.")] = None,
    *,
    target: Annotated[str | None, typer.Option(help="Run this target instead of the suite's own.")] = None,
    evalset: Annotated[str | None, typer.Option(help="Run this eval set, NAME or NAME@VERSION.")] = None,
    repeats: Annotated[int | None, typer.Option(min=1, help="Trials per case.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first cases.")] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Stop before more than this is spent on a suite.")
    ] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Trials at once, per target.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the run.")] = None,
    resume_run: Annotated[str | None, typer.Option("--resume", help="Go on with a run that was cut short.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be run, and stop.")] = False,
    ephemeral_key: KeyOption = False,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Run suites: every case, on the suite's target and its alternatives, scored and stored."""
    request = RunRequest(tuple(suites or ()), target, evalset, repeats, limit, max_cost, concurrency, seed)

    async def work(house: House) -> tuple[list[SuitePlan], list[RunSummary], list[str]]:
        with ProgressWatcher(house.project.currency) as watcher:
            if resume_run is not None:
                done = [await resume(house, resume_run, max_cost, watcher)]
                return [], [await summarise(house, run) for run in done[0].runs], _stops(done)
            plans = await prepare_suites(house, request)
            if dry_run:
                return list(plans), [], []
            group = house.new_id()
            done = [await run_plan(house, plan, group, watcher) for plan in plans]
        summaries = [await summarise(house, run) for one in done for run in one.runs]
        return list(plans), summaries, _stops(done)

    plans, summaries, stops = in_house(config, work, ephemeral_key=ephemeral_key)
    if dry_run:
        _print_plans(plans)
        return
    if as_json_:
        print_json("foretell.run/1", {"runs": [_summary_json(one) for one in summaries], "stopped": stops})
    else:
        print_sheet(summary_sheet(summaries))
    for stop in stops:
        typer.echo(f"not enough evidence: {stop}", err=True)
    if stops:
        raise typer.Exit(2)


def _stops(done: list[Finished]) -> list[str]:
    return [str(one.stopped) for one in done if one.stopped is not None]


def _summary_json(summary: RunSummary) -> dict[str, object]:
    return {"id": summary.run.id, **_run_json(summary.run),
        "tally": as_json(summary.tally), "success": as_json(summary.success),
        "reliability": as_json(summary.reliability), "missing": summary.missing
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


def _print_plans(plans: list[SuitePlan]) -> None:
    for plan in plans:
        calls = len(plan.evalset.cases) * plan.repeats
        for arm in plan.arms:
            cap = arm.limits.max_cost_per_trial
            money = f"at most {calls * cap:.4g}" if cap is not None else "unknown (no max_cost_per_trial)"
            typer.echo(f"{plan.suite}: {arm.target.name}: {calls} trials of {plan.evalset.label}, cost {money}")
    typer.echo(f"{trials_of(plans)} trials in all; nothing was run.")
