"""`foretell gate`: run what a gate needs, decide, and end with the verdict's exit code."""

import os
from collections.abc import Mapping
from typing import Annotated

import typer

from foretell.cli.aa import print_aa
from foretell.cli.out_files import OutOption, claim, write_files
from foretell.cli.output import say, write
from foretell.cli.progress import ProgressWatcher
from foretell.cli.spans import days_of
from foretell.cli.terminal import ConfigOption, JsonOption, KeyOption, in_house, print_sheet, say_wrapped
from foretell.core.domain.policy import Decision
from foretell.core.errors import ConfigurationError, Problem, RunFailed, raise_all
from foretell.reports.decision_json import decision_json
from foretell.reports.stops import stop_lines
from foretell.reports.verdict import closing, headline, rules_sheet
from foretell.reports.waivers import waiver_lines
from foretell.services.canary import CanaryRequest, decide_canary
from foretell.services.decisions import Answer, decide, find_ship
from foretell.services.gate import GateRequest
from foretell.services.house import House

EXIT_CODES = {"ship": 0, "hold": 1, "not-enough-evidence": 2}


def command(
    name: Annotated[str, typer.Argument(metavar="GATE", help="The gate's name in the project file.")],
    *,
    first: Annotated[bool, typer.Option("--first", help="There is no baseline yet: floors and ceilings only.")] = False,
    against: Annotated[
        str | None, typer.Option(metavar="REV", help="Run this revision beside the candidate, as its baseline.")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, metavar="AMOUNT", help="Money for all suites; overrides the policy.")
    ] = None,
    record: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            parser=os.path.abspath,
            help="Carries the decision where the store does not last: read, then written.",
        ),
    ] = None,
    rollback: Annotated[
        str | None, typer.Option(metavar="REV", help="Run nothing; 0 when this revision has a recorded ship.")
    ] = None,
    aa: Annotated[
        int | None, typer.Option("--aa", min=1, metavar="N", help="Decide N times between equals; 20 is a start.")
    ] = None,
    canary: Annotated[
        str | None,
        typer.Option(metavar="NEW[..OLD]", help="Run nothing: hold the traffic of two releases against each other."),
    ] = None,
    window: Annotated[str, typer.Option(metavar="TIME", help="With --canary, how far back: 12h, 2d, 1w.")] = "2d",
    out: OutOption = None,
    ephemeral_key: KeyOption = False,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Decide a deploy: exit code 0 ship, 1 hold, 2 not enough evidence."""
    request = GateRequest(name, is_first=first, max_cost=max_cost, against=against)
    _check_one_of(
        {"--first": first, "--against": against is not None, "--rollback": rollback, "--aa": aa, "--canary": canary}
    )
    _check_one_of({"--record": record, "--canary": canary})
    _check_one_of({"--out": out, "--rollback": rollback, "--aa": aa})
    if rollback is not None:
        _tell_ship(in_house(config, lambda house: find_ship(house, name, rollback)), rollback, is_json=as_json_)
        return
    if aa is not None:
        print_aa(config, request, aa, is_json=as_json_, has_key=ephemeral_key)
        return

    wanted = claim(out, config, record)
    released = None if canary is None else _canary(name, canary, window)

    async def work(house: House) -> tuple[Answer, Mapping[str, str]]:
        if released is not None:
            answer = await decide_canary(house, released)
            return answer, await wanted.render(house, answer.decision)
        with ProgressWatcher(house.project.currency) as watcher:
            answer = await decide(house, request, watcher, record)
        return answer, await wanted.render(house, answer.decision)

    answer, texts = in_house(config, work, ephemeral_key=ephemeral_key)
    unwritten = write_files(texts)
    if as_json_:
        write(decision_json(answer.decision))
        if answer.remark:
            say(answer.remark, err=True)
    else:
        print_decision(answer.decision, is_first=first, remark=answer.remark)
    raise_all(RunFailed, unwritten)
    raise typer.Exit(EXIT_CODES[answer.decision.blocking])


def _canary(gate: str, releases: str, window: str) -> CanaryRequest:
    new, _, old = releases.partition("..")
    return CanaryRequest(gate, new, old or None, days_of(window, "--window"))


def _check_one_of(given: dict[str, object]) -> None:
    named = [name for name, value in given.items() if value]
    if len(named) > 1:
        hint = f"Leave out {' or '.join(named)}."
        raise ConfigurationError(Problem("", f"{' and '.join(named)} ask for different things.", hint))


def _tell_ship(decision: Decision, revision: str, *, is_json: bool) -> None:
    if is_json:
        write(decision_json(decision))
    else:
        say(f"revision {revision} shipped: gate {decision.gate}, decided at {decision.decided_at}; exit code 0")


def print_decision(decision: Decision, *, is_first: bool = False, remark: str = "") -> None:
    """The verdict for people: headline, every rule, reasons, blind spots."""
    say(headline(decision))
    for line in waiver_lines(decision):
        say_wrapped(line)
    for warning in decision.warnings:
        say_wrapped(f"warning: {warning}")
    if remark:
        say_wrapped(remark)
    if is_first:
        say("First decision: floors and ceilings only, there is no baseline yet.")
    say()
    print_sheet(rules_sheet(decision))
    for line in (*stop_lines(decision), *closing(decision)):
        say_wrapped(line)
    for note in decision.notes:
        say_wrapped(note)
    runs = ", ".join(f"{suite} {run}" for suite, run in decision.runs.items())
    told = [*([f"runs: {runs}"] if runs else []), f"decision {decision.key}"]
    say()
    say_wrapped("; ".join([*told, f"exit code {EXIT_CODES[decision.blocking]}"]))
