"""`foretell evalset coverage` and `vary`: the questions that users ask next door to the cases."""

from dataclasses import asdict
from typing import Annotated

import typer

from foretell.cli.spans import days_of
from foretell.cli.terminal import ConfigOption, JsonOption, in_house, print_json, print_sheet, say_wrapped
from foretell.core.analysis.traffic.vary import RULES
from foretell.core.domain.values import Json
from foretell.reports.layout import shorten
from foretell.reports.numbers import as_json as json_of
from foretell.reports.numbers import counted, percent, share
from foretell.reports.tables import Sheet
from foretell.services import coverage as service
from foretell.services.house import House
from foretell.services.vary import Varied, VaryRequest
from foretell.services.vary import vary as make_neighbours

SetArgument = Annotated[str, typer.Argument(metavar="SET[@VERSION]", help="core, core@2, core@working.")]


def coverage(
    reference: SetArgument,
    *,
    window: Annotated[str, typer.Option(metavar="TIME", help="How far back from the newest: 12h, 7d, 2w.")] = "7d",
    reach: Annotated[
        float | None, typer.Option(min=0, max=1, metavar="COSINE", help="How alike a question and a case must be.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """The share of stored traffic that some case reaches, the largest regions that none does, cases nobody asks."""

    async def work(house: House) -> service.Coverage:
        days = days_of(window, "--window")
        return await service.coverage(house, reference, days, service.REACH if reach is None else reach)

    found = in_house(config, work)
    if as_json:
        print_json("foretell.evalset.coverage/1", {**asdict(found), "covered": json_of(found.covered)})
        return
    say_wrapped(
        f"{found.evalset}: {share(found.covered)} of the traffic is within reach of a case "
        f"(n = {counted(found.interactions, 'interaction')}; {found.covered.method})."
    )
    if not found.is_weighted:
        say_wrapped("Nobody said with which chance the interactions came here: the share is unweighted.")
    rows = tuple(
        (one.name, percent(one.share), str(one.interactions), " / ".join(shorten(text, 60) for text in one.examples))
        for one in found.regions
    )
    if rows:
        heads = ("no case reaches", ">of traffic", ">interactions", "such as")
        print_sheet(Sheet("", heads, rows, long=("such as",)))
    if found.unasked:
        more = f" and {len(found.unasked) - 10} more" if len(found.unasked) > 10 else ""
        say_wrapped(f"Nobody asks {counted(len(found.unasked), 'case')}: {', '.join(found.unasked[:10])}{more}.")


def vary(
    name: SetArgument,
    *,
    into: Annotated[
        str | None, typer.Option(metavar="SET", help="Add them to the working cases of this set, or of another.")
    ] = None,
    rules: Annotated[
        str, typer.Option(metavar="NAMES", help=f"With commas; default: all. {', '.join(RULES)}.")
    ] = ",".join(RULES),
    model: Annotated[
        str | None, typer.Option(metavar="TARGET", help="A model target that paraphrases every case too.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed says it otherwise again.")] = 0,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Neighbours of cases: the same questions said otherwise, marked with their origin."""
    names = tuple(one.strip() for one in rules.split(",") if one.strip())
    found = in_house(config, lambda house: make_neighbours(house, VaryRequest(name, into, names, model, seed)))
    if as_json:
        cases: list[Json] = [case.as_json() for case in found.neighbours]
        print_json("foretell.evalset.vary/1", {"into": into, "by_rule": dict(found.by_rule), "cases": cases})
        return
    _print_varied(found, into)


def _print_varied(found: Varied, into: str | None) -> None:
    rows = tuple(
        (str(one.metadata["rule"]), str(one.metadata["varied_from"]), shorten(str(one.input), 80))
        for one in found.neighbours[:10]
    )
    if rows:
        print_sheet(Sheet("", ("rule", "of case", "neighbour"), rows, long=("neighbour",)))
    counts = ", ".join(f"{rule} {number}" for rule, number in found.by_rule.items())
    say_wrapped(f"{counted(len(found.neighbours), 'neighbour')} of {counted(found.cases, 'case')}: {counts or 'none'}.")
    if into is None:
        say_wrapped("Nothing was written: --into SET adds them to the working cases of a set.")
    else:
        say_wrapped(f"Added to {into}; a run of it sets them beside their originals.")
