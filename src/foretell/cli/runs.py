"""`foretell runs`: the stored runs."""

from typing import Annotated

import typer

from foretell.cli.output import say
from foretell.cli.terminal import ConfigOption, JsonOption, look_up, print_json, print_sheet
from foretell.core.analysis.runs.reading import RunSummary
from foretell.reports.numbers import as_json
from foretell.reports.tables import summary_sheet
from foretell.services.findings import summarise
from foretell.services.house import House


def command(
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many.")] = 20,
    *,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List the stored runs, newest first."""

    async def work(house: House) -> list[RunSummary]:
        return [await summarise(house, run) for run in await house.store.facts.runs(limit)]

    summaries = look_up(config, work)
    if as_json_:
        print_json("foretell.runs/1", {"runs": as_json(summaries)})
    elif summaries:
        print_sheet(summary_sheet(summaries))
    else:
        say("The store holds no run yet: 'foretell run' makes one.")
