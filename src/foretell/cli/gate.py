"""`foretell gate`: run what a gate needs, decide, and end with the verdict's exit code."""

from typing import Annotated

import typer

from foretell.cli.output import say
from foretell.cli.progress import ProgressWatcher
from foretell.cli.terminal import ConfigOption, JsonOption, KeyOption, in_house, print_json, print_sheet, say_wrapped
from foretell.core.domain.policy import Decision
from foretell.reports.numbers import as_json
from foretell.reports.verdict import closing, headline, rules_sheet
from foretell.services.gate import GateRequest, run_gate
from foretell.services.house import House

EXIT_CODES = {"ship": 0, "hold": 1, "not-enough-evidence": 2}


def command(
    name: Annotated[str, typer.Argument(metavar="GATE", help="The gate's name in the project file.")],
    *,
    first: Annotated[bool, typer.Option("--first", help="There is no baseline yet: floors and ceilings only.")] = False,
    max_cost: Annotated[
        float | None, typer.Option(min=0, metavar="AMOUNT", help="Money for all suites; overrides the policy.")
    ] = None,
    ephemeral_key: KeyOption = False,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Decide a deploy: exit code 0 ship, 1 hold, 2 not enough evidence."""
    request = GateRequest(name, is_first=first, max_cost=max_cost)

    async def work(house: House) -> Decision:
        with ProgressWatcher(house.project.currency) as watcher:
            return await run_gate(house, request, watcher)

    decision = in_house(config, work, ephemeral_key=ephemeral_key)
    if as_json_:
        print_json("foretell.decision/1", as_json(decision))
    else:
        print_decision(decision, is_first=first)
    raise typer.Exit(EXIT_CODES[decision.ruling])


def print_decision(decision: Decision, *, is_first: bool = False) -> None:
    """The verdict for people: headline, every rule, reasons, blind spots."""
    say(headline(decision))
    if is_first:
        say("First decision: floors and ceilings only, there is no baseline yet.")
    say()
    print_sheet(rules_sheet(decision))
    for line in closing(decision):
        say_wrapped(line)
    runs = ", ".join(f"{suite} {run}" for suite, run in decision.runs.items())
    say()
    say_wrapped(f"runs: {runs}; decision {decision.key}; exit code {EXIT_CODES[decision.ruling]}")
