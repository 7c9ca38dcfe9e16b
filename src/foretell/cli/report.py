"""`foretell report`: all that is known of one run, as tables or as one HTML file."""

import os
from typing import Annotated

import typer

from foretell.cli.cost import cost_json
from foretell.cli.failures import failures_json
from foretell.cli.out_files import claim_paths, style, write_files
from foretell.cli.output import say
from foretell.cli.run import summary_json
from foretell.cli.steps import steps_json
from foretell.cli.terminal import ConfigOption, JsonOption, RunArgument, look_up, print_json, print_sheet
from foretell.core.errors import RunFailed, raise_all
from foretell.reports.run_page import run_page, run_sheets
from foretell.services.report import report


def command(
    run: RunArgument = "latest",
    *,
    examples: Annotated[int, typer.Option(min=0, metavar="N", help="Trials to show for each mode.")] = 3,
    out: Annotated[
        list[str] | None, typer.Option("--out", metavar="html=PATH", help="Write one page instead of tables.")
    ] = None,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Tell all that is known of a run: its rate, what failed, what it cost, and its steps."""
    paths = claim_paths(out or (), ("html",), {})
    found = look_up(config, lambda house: report(house, run, examples))
    raise_all(
        RunFailed, write_files({path: run_page(found, style()) for path in paths}, "The run is stored: ask again.")
    )
    if as_json_:
        body = {"failures": failures_json(found.failures), "cost": cost_json(found.costs)}
        steps = None if found.steps is None else steps_json(found.steps)
        print_json("foretell.report/1", {"run": summary_json(found.summary), **body, "steps": steps})
        return
    for number, sheet in enumerate(() if paths else run_sheets(found)):
        if number:
            say()
        print_sheet(sheet)
    for path in paths:
        say(f"written: {os.path.relpath(path)}")
