"""`foretell show`: one trial, whole."""

from typing import Annotated

import typer

from foretell.cli.terminal import ConfigOption, JsonOption, in_house, print_json, say_wrapped
from foretell.core.domain.scores import Score
from foretell.core.domain.trace import Trace
from foretell.core.domain.values import text_of
from foretell.core.ports.facts import TrialRow
from foretell.reports.numbers import as_json, duration, money
from foretell.services.findings import find_trial


def command(
    item: Annotated[
        str, typer.Argument(metavar="RUN/CASE[/REPEAT]", help="RUN/CASE or RUN/CASE/REPEAT; RUN may be 'latest'.")
    ],
    *,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show one trial: what was asked, what came out, the steps, every score and the conclusion."""
    row, question = in_house(config, lambda house: find_trial(house, item))
    if as_json_:
        print_json("foretell.trial/1", {"input": question, "trial": as_json(row)})
        return
    for line in _lines(row, text_of(question)):
        say_wrapped(line)


def _lines(row: TrialRow, question: str) -> list[str]:
    record, outcome = row.record, row.record.outcome
    mode = f": {row.conclusion.mode}" if row.conclusion.mode else ""
    cost = "cost unknown" if outcome.cost_usd is None else money(outcome.cost_usd)
    lines = [
        f"{record.run}/{record.case_id}/{record.repeat}  {row.conclusion.state}{mode}",
        f"  asked     {question}",
        f"  answered  {text_of(outcome.output)}",
        f"  took      {duration(outcome.latency_ms)}, {cost}, model {outcome.model or 'unknown'}",
    ]
    if outcome.error is not None:
        lines.append(f"  error     {outcome.error.kind}: {outcome.error.message}")
    if row.conclusion.reason:
        lines.append(f"  because   {row.conclusion.reason}")
    if isinstance(outcome.trace, Trace):
        lines += [f"  step      {one.kind:<12} {one.name}: {text_of(one.output)[:100]}" for one in outcome.trace.spans]
    else:
        lines.append(f"  steps     not seen: {outcome.trace.reason}")
    for name, result in record.scores.items():
        shown = str(result.value) if isinstance(result, Score) else type(result).__name__
        lines.append(f"  score     {name} = {shown}  {result.reason}")
    return lines
