"""One trial from task to record: the conversation, then the scores. The same code in every process."""

import asyncio
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from foretell.adapters.execution.crew import Bench, Crew
from foretell.adapters.execution.users import next_message
from foretell.core.dialogue import converse, is_dialogue
from foretell.core.domain.conversation import Ask, Message, Reply
from foretell.core.domain.scores import NotApplicable, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen, Trace
from foretell.core.domain.trial import Outcome, Trial, TrialError, TrialRecord, TrialTask
from foretell.core.domain.values import Json, text_of
from foretell.core.ports.targets import Turn


async def perform(task: TrialTask, crew: Crew) -> TrialRecord:
    """Carry a task out. A fault of the target is an outcome; so is a fault of ours, of the kind `ours`."""
    try:
        outcome = await _conversation(task, crew)
    except Exception as error:  # noqa: BLE001 # whatever broke is a fact about this trial, not the end of the run
        outcome = Outcome(error=TrialError("ours", f"{type(error).__name__}: {error}"))
    if task.target.kind != "recorded":  # trials of one case belong together, whatever the target calls its sessions
        outcome = replace(outcome, conversation_id=_text(task.case.metadata.get("conversation_id")))
    if outcome.at is None:
        outcome = replace(outcome, at=datetime.now(UTC).isoformat(timespec="milliseconds"))
    scores: dict[str, ScoreResult] = {}
    if outcome.error is None:
        trial = Trial(task.case, outcome, task.repeat)
        for bench in crew.benches(task.scorers):
            scores[bench.spec.name] = await _score(bench, trial, crew)
    return TrialRecord(task.run, task.case_no, task.case.id, task.repeat, outcome, scores)


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


async def _score(bench: Bench, trial: Trial, crew: Crew) -> ScoreResult:
    if bench.needs_expected and trial.case.expected is None:
        return NotApplicable("the case has no expected answer")
    try:
        result: Any = bench.scorer.score(trial)
        if is_dialogue(result):
            return await converse(cast("Generator[Sequence[Ask], Sequence[Reply], ScoreResult]", result), crew.answer)
    except Exception as error:  # noqa: BLE001 # a scorer that fails is counted, never a zero
        return ScoreFailure(f"{type(error).__name__}: {error}")
    return result


async def _conversation(task: TrialTask, crew: Crew) -> Outcome:
    outcome = await _turn(task, crew, task.case.input, ())
    if not task.case.turns and task.case.goal is None:
        return outcome
    history = _after((), task.case.input, outcome)
    for turn in range(task.max_turns if task.case.goal is not None else len(task.case.turns)):
        if outcome.error is not None:
            break
        said = await _next_said(task, crew, turn, history)
        if said is None:
            break
        answered = await _turn(task, crew, said, history)
        history = _after(history, said, answered)
        outcome = _joined(outcome, answered)
    return replace(outcome, messages=history)


async def _next_said(task: TrialTask, crew: Crew, turn: int, history: tuple[Message, ...]) -> Json:
    if task.case.goal is None:
        said: Json = task.case.turns[turn]
        return said["content"] if hasattr(said, "keys") else said
    if task.user is None:
        raise ValueError("the case has a goal, but its suite names no 'user' model to pursue it")
    return await converse(
        next_message(task.case.goal, history, crew.employ_model(task.user), task.seed + turn), crew.answer
    )


async def _turn(task: TrialTask, crew: Crew, said: Json, history: tuple[Message, ...]) -> Outcome:
    seconds = task.limits.timeout_s
    turn = Turn(said, task.case.id, task.repeat, history, task.seed, seconds, task.run)
    try:
        async with asyncio.timeout(seconds):
            return await crew.target(task.target).answer(turn)
    except TimeoutError:
        message = f"no answer within {seconds:g} s"
        return Outcome(error=TrialError("timeout", message), latency_ms=seconds * 1000)


def _after(history: tuple[Message, ...], said: Json, outcome: Outcome) -> tuple[Message, ...]:
    """The conversation so far. What the target itself reports as its messages is believed over our own account."""
    if outcome.messages and len(outcome.messages) > len(history):
        return outcome.messages
    asked = _messages_of(said)
    if outcome.error is not None:
        return (*history, *asked)
    return (*history, *asked, Message("assistant", text_of(outcome.output)))


def _messages_of(said: Json) -> tuple[Message, ...]:
    if isinstance(said, list) and all(
        isinstance(part, Mapping) and "role" in part for part in cast("list[Json]", said)
    ):
        return tuple(Message(str(part["role"]), part.get("content")) for part in cast("list[Json]", said))
    return (Message("user", said),)


def _joined(before: Outcome, last: Outcome) -> Outcome:
    """Two parts of one conversation: the last answer, with usage, cost, time and spans of both."""
    return replace(
        last,
        trace=_joined_traces(before, last),
        usage=before.usage.plus(last.usage),
        cost_usd=None if before.cost_usd is None or last.cost_usd is None else before.cost_usd + last.cost_usd,
        latency_ms=(before.latency_ms or 0.0) + (last.latency_ms or 0.0),
        conversation_id=last.conversation_id or before.conversation_id,
    )


def _joined_traces(before: Outcome, last: Outcome) -> Trace | NotSeen:
    if isinstance(before.trace, NotSeen):
        return last.trace
    if isinstance(last.trace, NotSeen):
        return before.trace
    return Trace((*before.trace.spans, *last.trace.spans))
