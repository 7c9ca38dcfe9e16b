"""`foretell show`: one trial, whole."""

from collections.abc import Iterator
from typing import Annotated

import typer

from foretell.cli.output import NARROWEST, say, terminal_width
from foretell.cli.terminal import ConfigOption, JsonOption, look_up, print_json, say_wrapped
from foretell.core.analysis.trials.executed import executed
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure
from foretell.core.domain.trace import NotSeen, Trace
from foretell.core.domain.values import text_of
from foretell.core.ports.facts import TrialRow
from foretell.reports.layout import shorten, wrap
from foretell.reports.numbers import as_json, counted, duration, money
from foretell.services.findings import find_trial

MARGIN = 12
LONGEST = 100
"""Characters of a step's output and of a field that was kept; --json has all of them."""

PARTS = {
    "first": "first to fail",
    "consequence": "consequence",
    "recovered": "failed, then made good",
    "passed_on": "passed on",
}
OTHERWISE = {NotApplicable: "does not apply", ScoreFailure: "failed"}


def command(
    item: Annotated[
        str, typer.Argument(metavar="RUN/CASE[/REPEAT]", help="RUN/CASE or RUN/CASE/REPEAT; RUN may be 'latest'.")
    ],
    *,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show one trial: what was asked, what came out, the steps, every score and the conclusion."""
    run, row, question = look_up(config, lambda house: find_trial(house, item))
    if as_json_:
        print_json("foretell.trial/1", {"input": question, "currency": run.currency, "trial": as_json(row)})
        return
    conclusion = row.conclusion
    mode = f": {', '.join([conclusion.mode, *conclusion.secondary])}" if conclusion.mode else ""
    say_wrapped(f"{row.record.run}/{row.record.case_id}/{row.record.repeat}  {conclusion.state}{mode}")
    for name, text in _facts(row, text_of(question), run.currency):
        _tell(name, text)


def _tell(name: str, text: str) -> None:
    """A fact beside its name; what needs more lines goes on below its own beginning."""
    width = terminal_width()
    room = None if width is None else max(width - MARGIN, NARROWEST)
    for line in wrap(text, room) or [""]:
        say(f"  {name:<{MARGIN - 2}}{line}".rstrip())
        name = ""


def _facts(row: TrialRow, question: str, currency: str) -> Iterator[tuple[str, str]]:
    outcome, error = row.record.outcome, row.record.outcome.error
    yield "asked", question
    if error is None or outcome.output is not None:
        yield "answered", text_of(outcome.output) or "nothing"
    cost = "cost unknown" if outcome.cost_usd is None else money(outcome.cost_usd, currency)
    time = "time unknown" if outcome.latency_ms is None else duration(outcome.latency_ms)
    yield "took", f"{time}, {cost}, model {outcome.model or 'unknown'}"
    if row.record.eval_cost_usd != 0:
        judging = row.record.eval_cost_usd
        yield "judging", "cost unknown" if judging is None else money(judging, currency)
    if error is not None:
        yield "error", error.message if error.kind == "error" else f"{error.kind}: {error.message}"
    if row.conclusion.reason and (error is None or row.conclusion.reason != error.message):
        yield "because", row.conclusion.reason
    yield from _steps(row)
    if outcome.orphans:
        yield "orphans", f"{counted(outcome.orphans, 'call')} of steps, or spans, of nobody knows which trial"
    for name, result in row.record.scores.items():
        shown = f"= {result.value}" if isinstance(result, Score) else OTHERWISE[type(result)]
        yield "score", f"{name} {shown}{f': {result.reason}' if result.reason else ''}"


def _steps(row: TrialRow) -> Iterator[tuple[str, str]]:
    """The steps with what they gave, those that failed with why, and which of them failed first."""
    outcome = row.record.outcome
    steps = executed(outcome, row.record.scores)
    if isinstance(steps, NotSeen):
        yield "steps", f"not seen: {steps.reason}"
        return
    spans = outcome.trace.spans if isinstance(outcome.trace, Trace) else ()
    is_failed = row.conclusion.state == "failure"
    for number, step in enumerate(steps):
        given = shorten(text_of(spans[number].output), LONGEST) if number < len(spans) else ""
        yield "step", f"{step.kind:<12} {step.name}: {given}"
        part = PARTS[step.part] if step.faults and (is_failed or step.part != "first") else "failed"
        for fault in step.faults:
            yield "", f"{' ' * 13}{part}: {shorten(f'{fault.source}: {fault.reason}', LONGEST)}"
