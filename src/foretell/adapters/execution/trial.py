"""One trial from task to record: the conversation, then the scores. The same code in every process."""

import asyncio
from collections.abc import Generator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from foretell.adapters.execution.crew import Bench, Crew
from foretell.adapters.execution.users import SilentUserError, next_message
from foretell.core.dialogue import converse, is_dialogue
from foretell.core.domain.conversation import Ask, Chat, Message, Reply
from foretell.core.domain.messages import asked
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult, plain_value
from foretell.core.domain.trace import NotSeen, Trace
from foretell.core.domain.trial import Outcome, Trial, TrialError, TrialRecord, TrialTask
from foretell.core.domain.values import Json, text_of
from foretell.core.errors import ForetellError
from foretell.core.ports.links import Link, SpanReceiver
from foretell.core.ports.targets import Target, Turn

SLACK_S = 2.0
"""Targets end a turn in time themselves and can say more about it; whoever does not is ended this much later."""

_SILENT = (NotApplicable, ScoreFailure)
_VALUES = (bool, int, float, str)
_FOREIGN = (Exception, SystemExit)
"""What code that is not ours may raise without ending more than its own trial."""


class AllowanceSpentError(RuntimeError):
    """The money that was set aside for a trial is spent."""


@dataclass(slots=True)
class Tab:
    """Answers the dialogues of one trial and adds up what that costs: None once a reply did not say.

    `answered` is what the target's own answers cost so far, and `allowance` what all of it may.
    """

    crew: Crew
    allowance: float | None = None
    answered: float = 0.0
    cost: float | None = 0.0
    receiver: SpanReceiver | None = None
    links: list[Link] = field(default_factory=list[Link])

    @property
    def is_used_up(self) -> bool:
        """True when nothing is left of the allowance."""
        return self.allowance is not None and self.answered + (self.cost or 0.0) > self.allowance

    @property
    def reproach(self) -> str:
        """What to say then."""
        return f"the {self.allowance:g} that the trial may cost (max_cost_per_trial) are spent"

    async def answer(self, asks: Sequence[Ask]) -> Sequence[Reply]:
        """One round of replies, in order.

        Raises:
            AllowanceSpentError: there is no money left for a model's answer.
        """
        if self.is_used_up and any(isinstance(ask, Chat) for ask in asks):
            raise AllowanceSpentError(self.reproach)
        replies = await self.crew.answer(asks)
        for reply in replies:
            if reply.cost_usd is None and reply.error is None:
                self.cost = None
            elif self.cost is not None:
                self.cost += reply.cost_usd or 0.0
        return replies


async def perform(task: TrialTask, crew: Crew) -> TrialRecord:
    """Carry a task out. A fault of the target is an outcome; so is a fault of ours, of the kind `ours`."""
    tab = Tab(crew, task.limits.allowance_usd)
    outcome = await _outcome(task, tab)
    tab.answered = outcome.cost_usd or 0.0
    scores = await _scores(task, outcome, tab)
    return TrialRecord(task.run, task.case_no, task.case.id, task.repeat, outcome, scores, 1, tab.cost)


async def score(task: TrialTask, record: TrialRecord, crew: Crew) -> TrialRecord:
    """The record of a task that was carried out elsewhere without its scorers, with its scores."""
    tab = Tab(crew, task.limits.allowance_usd, record.outcome.cost_usd or 0.0, record.eval_cost_usd)
    scores = await _scores(task, record.outcome, tab)
    return replace(record, scores=scores, eval_cost_usd=tab.cost)


async def _scores(task: TrialTask, outcome: Outcome, tab: Tab) -> dict[str, ScoreResult]:
    error = outcome.error
    if error is not None and (error.is_ours or isinstance(outcome.trace, NotSeen)):
        return {}
    try:
        benches = tab.crew.benches(task.scorers)
    except ForetellError as error:  # a scorer that this process cannot build: counted, not the end of the run
        return {spec.name: ScoreFailure(str(error)) for spec in task.scorers}
    trial = Trial(task.case, outcome, task.repeat)
    if error is None:
        return {bench.spec.name: await _score(bench, trial, tab) for bench in benches}
    # What ran before the error may say why it came; what found nothing to look at is no failure of a scorer's.
    found = {bench.spec.name: await _score(bench, trial, tab) for bench in benches if not bench.needs_output}
    return {name: result for name, result in found.items() if type(result) is Score}


def failed(task: TrialTask, error: TrialError) -> TrialRecord:
    """The record of a trial that gave nothing but an error."""
    return TrialRecord(task.run, task.case_no, task.case.id, task.repeat, Outcome(error=error, at=_now()), {})


def turns_of(task: TrialTask) -> int:
    """The most turns that a task's conversation can have."""
    return max(1, task.max_turns) if task.case.goal is not None else 1 + len(task.case.turns)


async def _outcome(task: TrialTask, tab: Tab) -> Outcome:
    """What the target gave, dated and with the conversation that the case belongs to."""
    is_recording = False
    try:
        target = tab.crew.target(task.target)
        is_recording = bool(getattr(target, "is_recording", False))
        tab.receiver = await tab.crew.receiver(task.target)
        async with tab.crew.turnstile(task.target) if tab.receiver else nullcontext():
            if is_recording or (not task.case.turns and task.case.goal is None):
                outcome = await _turn(task, (target, tab), task.case.input, ())
            else:
                outcome = await _conversation(task, target, tab)
        if tab.receiver is not None:
            seen = await _seen(outcome, tab, are_seams_first=task.target.kind == "python")
            outcome = replace(outcome, trace=seen, orphans=outcome.orphans + tab.receiver.claim())
    except asyncio.CancelledError:
        if (present := asyncio.current_task()) is None or present.cancelling():
            raise
        outcome = Outcome(error=TrialError("error", "the target's own task was cancelled"))
    except _FOREIGN as error:  # whatever broke is a fact about this trial, not the end of the run
        outcome = Outcome(error=TrialError("ours", f"{type(error).__name__}: {error}"))
    # Trials of one case belong together, whatever the target calls its sessions; a recording knows better.
    conversation: Json = task.case.metadata.get("conversation_id")
    told = outcome.conversation_id if is_recording else None
    named = told or (conversation if isinstance(conversation, str) else None)
    if outcome.at is not None and outcome.conversation_id == named:
        return outcome
    return replace(outcome, conversation_id=named, at=outcome.at or _now())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


async def _score(bench: Bench, trial: Trial, tab: Tab) -> ScoreResult:
    if bench.needs_expected and trial.case.expected is None:
        return NotApplicable("the case has no expected answer")
    try:
        result: Any = bench.scorer.score(trial)
        if type(result) is not Score and is_dialogue(result):
            result = await converse(cast("Generator[Sequence[Ask], Sequence[Reply], ScoreResult]", result), tab.answer)
    except AllowanceSpentError as error:
        return ScoreFailure(str(error))
    except _FOREIGN as error:  # a scorer that fails is counted, never a zero
        return ScoreFailure(f"{type(error).__name__}: {error}")
    if type(result) is Score:
        result = _plain(result)
    given: Any = result.value if type(result) is Score else result
    if type(given) in _SILENT or (type(result) is Score and isinstance(given, _VALUES)):
        return result
    return ScoreFailure(f"it gave a {type(given).__name__}; a score is true, false, a number or text")


def _plain(score: Score) -> Score:
    value = plain_value(score.value)
    return score if value is score.value else replace(score, value=value)


async def _conversation(task: TrialTask, target: Target, tab: Tab) -> Outcome:
    outcome = await _turn(task, (target, tab), task.case.input, ())
    history = _after((), task.case.input, outcome)
    for turn in range(turns_of(task) - 1):
        if outcome.error is not None:
            break
        tab.answered = outcome.cost_usd or 0.0
        if tab.is_used_up:
            return replace(outcome, messages=history, error=TrialError("allowance", tab.reproach))
        try:
            said = await _next_said(task, tab, turn, history)
        except SilentUserError as error:  # what was said and paid until then is kept
            return replace(outcome, messages=history, error=TrialError("ours", str(error)))
        if said is None:
            break
        answered = await _turn(task, (target, tab), said, history)
        history = _after(history, said, answered)
        outcome = _joined(outcome, answered)
    return replace(outcome, messages=history)


async def _next_said(task: TrialTask, tab: Tab, turn: int, history: tuple[Message, ...]) -> Json:
    if task.case.goal is None:
        said: Json = task.case.turns[turn]
        return cast("Mapping[str, Json]", said)["content"] if isinstance(said, Mapping) else said
    if task.user is None:
        raise SilentUserError("the case has a goal, but its suite names no 'user' model to pursue it")
    user = tab.crew.employ_model(task.user)
    return await converse(next_message(task.case.goal, history, user, task.seed + turn), tab.answer)


async def _turn(task: TrialTask, of: tuple[Target, Tab], said: Json, history: tuple[Message, ...]) -> Outcome:
    target, tab = of
    seconds = task.limits.timeout_s
    link, here = None, nullcontext()
    if tab.receiver is not None:
        link = tab.receiver.link(task.run)
        tab.links.append(link)
        here = tab.receiver.current(link) if task.target.kind == "python" else here
    answered = task.case.metadata.get("answered")
    turn = Turn(said, task.case.id, task.repeat, history, task.seed, seconds, task.run, task.effects, link, answered)
    try:
        with tab.crew.watch.patience(seconds + SLACK_S), here:
            return await target.answer(turn)
    except TimeoutError:
        message = f"no answer within {seconds:g} s"
        return Outcome(error=TrialError("timeout", message), latency_ms=seconds * 1000)


async def _seen(outcome: Outcome, tab: Tab, *, are_seams_first: bool) -> Trace | NotSeen:
    """The spans that came of all turns, with those that the answer itself told of kinds that did not come.

    Seams, which the project declares, go first: of spans that came, those of kinds that no seam shows are added.
    """
    assert tab.receiver is not None
    traces = await asyncio.gather(*(tab.receiver.trace(link) for link in tab.links))
    came = tuple(span for trace in traces if isinstance(trace, Trace) for span in trace.spans)
    told = outcome.trace.spans if isinstance(outcome.trace, Trace) else ()
    first, further = (told, came) if are_seams_first else (came, told)
    kinds = {span.kind for span in first}
    spans = (*first, *(span for span in further if span.kind not in kinds))
    if spans:
        return Trace(tuple(sorted(spans, key=lambda span: span.start or 0.0)) if are_seams_first else spans)
    return next((trace for trace in traces if isinstance(trace, NotSeen)), outcome.trace)


def _after(history: tuple[Message, ...], said: Json, outcome: Outcome) -> tuple[Message, ...]:
    """The conversation so far. What the target itself reports as its messages is believed over our own account."""
    if len(outcome.messages) > len(history):
        return outcome.messages
    if outcome.error is not None:
        return (*history, *asked(said))
    return (*history, *asked(said), Message("assistant", text_of(outcome.output)))


def _joined(before: Outcome, last: Outcome) -> Outcome:
    """Two parts of one conversation: the last answer, with usage, cost, time and spans of both."""
    times = [part.latency_ms for part in (before, last) if part.latency_ms is not None]
    return replace(
        last,
        trace=_joined_traces(before, last),
        usage=before.usage.plus(last.usage),
        cost_usd=None if before.cost_usd is None or last.cost_usd is None else before.cost_usd + last.cost_usd,
        latency_ms=sum(times) if times else None,
        orphans=before.orphans + last.orphans,
        model=last.model or before.model,
        metadata={**before.metadata, **last.metadata},
    )


def _joined_traces(before: Outcome, last: Outcome) -> Trace | NotSeen:
    if isinstance(before.trace, NotSeen):
        return last.trace
    if isinstance(last.trace, NotSeen):
        return before.trace
    return Trace((*before.trace.spans, *last.trace.spans))
