"""`foretell plan`: what today's sets can see, and what it takes to see more."""

from typing import Annotated

import typer

from foretell.cli.output import say
from foretell.cli.terminal import ConfigOption, JsonOption, look_up, print_json, print_sheet, say_wrapped
from foretell.reports.numbers import as_json
from foretell.reports.planning import planning_sheet
from foretell.services.planning import GatePlan, plan_gates


def command(
    gate: Annotated[str | None, typer.Argument(metavar="GATE", help="A gate; default: every gate.")] = None,
    *,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """P(ship | no change), and the cases, trials and money that a gate's margin takes. Nothing is run."""
    plans = look_up(config, lambda house: plan_gates(house, gate))
    if as_json_:
        print_json("foretell.gate-plan/1", {"gates": as_json(plans)})
    else:
        for plan in plans:
            _print_plan(plan)
    problems = [problem for plan in plans for problem in plan.problems]
    for problem in problems:
        say(f"configuration: {problem}", err=True)
    raise typer.Exit(64 if problems else 0)


def _print_plan(plan: GatePlan) -> None:
    print_sheet(planning_sheet(plan.gate, plan.currency, plan.outlooks))
    for suite in plan.unplanned:
        say_wrapped(f"{suite}: nothing to plan: no rule of gate {plan.gate} compares its cases with a baseline.")
    say()
