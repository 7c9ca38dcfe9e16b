"""Published traces: where failures start in recorded conversations, and how well structure alone can say so."""

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from foretell.core.analysis.trials.executed import executed, first_failed
from foretell.core.domain.conversation import Message, ToolCall
from foretell.core.domain.trace import NotSeen, Span, Trace
from foretell.core.domain.trial import Outcome
from foretell.core.stats.rates import wilson_interval

SHARED = Path(os.environ.get("FORETELL_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
TAU = SHARED / "tau-airline-gpt4o" / "trajectories.jsonl"
WHOWHEN = SHARED / "whowhen-algorithm" / "traces.jsonl"
FAILED_CODE = re.compile(r"exitcode: [1-9]|Traceback \(most recent call last\)|^\s*\w*Error:", re.MULTILINE)

pytestmark = pytest.mark.e2e


def rows_of(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def conversation(trajectory: list[dict[str, Any]]) -> Outcome:
    messages = tuple(
        Message(
            one["role"],
            one["content"],
            tuple(ToolCall(call["function"]["name"], None, call["id"]) for call in one.get("tool_calls") or ()),
            one.get("tool_call_id"),
        )
        for one in trajectory
    )
    return Outcome(messages=messages)


def test_tool_errors_of_the_airline_agent_and_where_its_failures_start() -> None:
    starts: Counter[str | None] = Counter()
    ended: dict[bool, list[float]] = {True: [], False: []}
    errors = 0
    for row in rows_of(TAU):
        steps = executed(conversation(row["traj"]), {})
        assert not isinstance(steps, NotSeen)
        faults = [fault for step in steps for fault in step.faults]
        errors += len(faults)
        ended[bool(faults)].append(row["reward"])
        if not row["reward"]:
            first = first_failed(steps)
            starts[None if first is None else first.name] += 1
    assert (errors, len(ended[True]), len(ended[False])) == (73, 36, 164)
    rates = [round(sum(rewards) / len(rewards), 3) for rewards in (ended[True], ended[False])]
    assert rates == [0.25, 0.457]
    assert starts == {
        None: 89,
        "book_reservation": 14,
        "update_reservation_flights": 12,
        "update_reservation_baggages": 1,
    }


def worked(history: list[dict[str, Any]]) -> Outcome:
    """Each message as a step of its speaker, which failed when the next message says that its code did."""
    after = [*(str(message["content"]) for message in history[1:]), ""]
    spans = (
        Span(message.get("name") or "?", "agent", error="its code failed" if FAILED_CODE.search(reply) else None)
        for message, reply in zip(history, after, strict=True)
    )
    return Outcome(trace=Trace(tuple(spans)))


def test_structure_alone_beats_a_guess_for_the_step_and_not_for_the_agent() -> None:
    """Uniform guesses are right in 29.1 % (agent) and 12.0 % (step). A run without a failed step counts as wrong."""
    rows = rows_of(WHOWHEN)
    placed = agents = steps = 0
    for row in rows:
        found = executed(worked(row["history"]), {})
        assert not isinstance(found, NotSeen)
        first = first_failed(found)
        placed += first is not None
        agents += first is not None and first.name == row["mistake_agent"]
        steps += first is not None and first.position == int(row["mistake_step"])
    assert (len(rows), placed, agents, steps) == (126, 67, 39, 26)
    by_step, by_agent = wilson_interval(steps, 126), wilson_interval(agents, 126)
    assert (round(by_step.low, 3), round(by_step.high, 3)) == (0.145, 0.285)  # above 0.120
    assert (round(by_agent.low, 3), round(by_agent.high, 3)) == (0.235, 0.395)  # 0.291 is inside
