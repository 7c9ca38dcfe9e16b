"""`foretell waive`: answer for a rule that does not ship, for a reason and until a day."""

from typing import Annotated

import typer

from foretell.cli.output import say
from foretell.cli.terminal import ConfigOption, in_house
from foretell.core.domain.waivers import WAIVERS_FILE, Waiver
from foretell.services.house import House
from foretell.services.waivers import add_waiver


def command(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule's name as a verdict prints it.")],
    *,
    gate: Annotated[str, typer.Option(metavar="GATE", help="The gate that it belongs to.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it may be broken for a while.")],
    owner: Annotated[str, typer.Option(metavar="NAME", help="Who answers for it: one of the gate's owners.")],
    until: Annotated[str, typer.Option(metavar="DATE", help="The last day on which it lasts, YYYY-MM-DD, in UTC.")],
    config: ConfigOption = None,
) -> None:
    """Add an entry to evals/waivers.toml. Review it and commit it."""
    row = {"rule": rule, "reason": reason, "owner": owner, "until": until}

    async def work(house: House) -> Waiver:
        return add_waiver(house, gate, row)

    waiver = in_house(config, work)
    say(f"{WAIVERS_FILE}: '{waiver.rule}' of gate {gate} is waived until {waiver.until}. Review it and commit it.")
