"""`foretell cost`: cost per successful interaction."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from foretell.cli.terminal import ConfigOption, JsonOption, RunArgument, look_up, print_json, print_sheet
from foretell.core.analysis.runs.cost import CostFinding
from foretell.core.domain.runs import Run
from foretell.core.domain.values import Json
from foretell.reports.numbers import as_json
from foretell.reports.tables import cost_sheet
from foretell.services.findings import cost


class Unknown(StrEnum):
    """How an unknown cost is read."""

    exclude = "exclude"
    zero = "zero"


def command(
    run: RunArgument = "latest",
    *,
    unknown_cost: Annotated[Unknown | None, typer.Option(help="How to read trials whose cost is not known.")] = None,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """What one successful interaction costs, with the alternatives that ran beside it."""
    zero = None if unknown_cost is None else unknown_cost is Unknown.zero
    found = look_up(config, lambda house: cost(house, run, unknown_as_zero=zero))
    if as_json_:
        print_json("foretell.cost/1", cost_json(found))
    else:
        print_sheet(cost_sheet(found))


def cost_json(found: Sequence[tuple[Run, CostFinding]]) -> dict[str, Json]:
    """The costs of a run and its alternatives, for programs."""
    rows = [{"run": one.id, "target": one.arm.target.name, "cost": as_json(finding)} for one, finding in found]
    return {"currency": found[0][0].currency, "runs": rows}
