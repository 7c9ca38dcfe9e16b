"""`foretell compare`: two runs, paired by case."""

from typing import Annotated

import typer

from foretell.cli.cost import Unknown
from foretell.cli.terminal import ConfigOption, JsonOption, look_up, print_json, print_sheet
from foretell.reports.numbers import as_json
from foretell.reports.tables import comparison_sheet
from foretell.services.findings import compare_runs


def command(
    a: Annotated[str, typer.Argument(metavar="A", help="The run to compare with: ID, target:NAME, branch:NAME.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The run to look at.")] = "latest",
    *,
    unknown_cost: Annotated[Unknown | None, typer.Option(help="How to read trials whose cost is not known.")] = None,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """B against A on the cases that both have: success, cost per success, and the cases that changed."""
    zero = None if unknown_cost is None else unknown_cost is Unknown.zero
    report = look_up(config, lambda house: compare_runs(house, a, b, unknown_as_zero=zero))
    if as_json_:
        found = report.comparison
        body = {
            "a": report.a.id,
            "b": report.b.id,
            "success": {"a": as_json(found.a), "b": as_json(found.b), "difference": as_json(found.difference)},
            "gained": found.gained,
            "lost": found.lost,
            "mcnemar_p": found.mcnemar_p,
            "unscored_pairs": found.unscored,
            "cost": {"a": as_json(report.costs[0]), "b": as_json(report.costs[1])},
            "worse": report.down,
            "better": report.up,
            "only_a": report.only_a,
            "only_a_count": len(found.only_a),
            "only_b": report.only_b,
            "only_b_count": len(found.only_b),
        }
        print_json("foretell.compare/1", body)
    else:
        print_sheet(comparison_sheet(report))
