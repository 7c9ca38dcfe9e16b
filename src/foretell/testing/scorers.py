"""What every scorer promises, as a check to run on your own."""

import dataclasses
import json
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, cast

from foretell.core import plugins
from foretell.core.dialogue import is_dialogue, replay
from foretell.core.domain.cases import Case
from foretell.core.domain.conversation import Ask, Embed, Message, Reply, ToolCall
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult, ScorerSpec
from foretell.core.domain.trace import NotSeen, Span, Trace
from foretell.core.domain.trial import Outcome, Trial, TrialError
from foretell.core.domain.values import canonical
from foretell.core.errors import ForetellError
from foretell.core.ports.scorers import Dialogue, Scorer

Answers: TypeAlias = Callable[[Sequence[Ask]], Sequence[Reply]]


def check_scorer(scorer: Any, trials: Sequence[Trial], answers: Answers | None = None) -> None:
    """Check a scorer on some trials of its kind, and on odd ones that any run can hold.

    `scorer` is a ScorerSpec, a scorer (a frozen dataclass) or a function of a trial. `answers` replies to the questions
    of a dialogue; without it embeddings count letters and a chat model says "yes".

    The promises: it is built from its spec, and the spec survives JSON; equal trials get equal results, one after
    another and in threads; a result is a Score, NotApplicable or ScoreFailure that can be stored; trials are not
    changed; nothing is raised, whatever the outcome or the replies are.

    Raises:
        AssertionError: every promise that is not kept.
    """
    spec = _spec_of(scorer)
    broken = list(_check_spec(spec))
    if not broken:
        check = _Check(plugins.build_scorer(spec), answers or plain_answers)
        broken += check.run([*trials, *(odd for trial in trials[:1] for odd in odd_trials(trial))])
    assert not broken, f"scorer '{spec.name}':\n" + "\n".join(f"- {fault}" for fault in dict.fromkeys(broken))


def plain_answers(asks: Sequence[Ask]) -> Sequence[Reply]:
    """Replies without a model: vectors that count letters, and "yes"."""
    return [_vectors(ask) if isinstance(ask, Embed) else Reply(Message("assistant", "yes")) for ask in asks]


def odd_trials(trial: Trial) -> Iterator[Trial]:
    """Trials that break careless scorers: nothing, too much, and other types than text, without and with a trace."""
    spans = (Span("search", "retrieval"), Span("look", "tool", input="{", output=[{"a": None}, 7]), Span("", "llm"))
    calls = (Message("assistant", None, (ToolCall("look", "{not json"),)), Message("tool", [{"text": "ok"}]))
    outputs: tuple[Any, ...] = (
        None,
        "",
        " \n\t",
        "word " * 20_000,
        "\ud800 ¼ \x00",
        {"a": [1, None]},
        [],
        7,
        0.5,
        True,
    )
    seen = Trace((*spans, *(span for span in _spans(trial))))
    for output in outputs:
        for trace in (NotSeen("it was not looked for"), Trace(), seen):
            yield dataclasses.replace(trial, outcome=Outcome(output, trace=trace))
    yield dataclasses.replace(trial, outcome=Outcome("An answer.", calls, seen, finish_reason=""))
    yield dataclasses.replace(trial, outcome=Outcome(error=TrialError("timeout", "no answer within 1 s")))
    golds: tuple[Any, ...] = (None, "", 7, True, [], ["a", 1], {"facts": "a"}, {"tool_calls": [{"name": 1}]}, {"a": {}})
    for expected in golds:
        yield dataclasses.replace(trial, case=Case("odd", {"messages": []}, expected))


@dataclasses.dataclass(frozen=True, slots=True)
class _Check:
    """A built scorer on its way through the trials."""

    scorer: Scorer
    answers: Answers

    def run(self, trials: Sequence[Trial]) -> Iterator[str]:
        """What is wrong with it."""
        before = [_fingerprint(trial) for trial in trials]
        once = [self._score(trial, self.answers) for trial in trials]
        for trial, result in zip(trials, once, strict=True):
            yield from (f"{fault}, for {_name(trial)}" for fault in _faults(result))
        again = [self._score(trial, self.answers) for trial in trials]
        with ThreadPoolExecutor(4) as pool:
            beside = list(pool.map(self._score, trials, [self.answers] * len(trials)))
        for trial, results in zip(trials, zip(once, again, beside, strict=True), strict=True):
            if len({repr(result) for result in results[:2]}) > 1:
                yield f"scores an equal trial differently the second time: {_name(trial)}"
            elif len({repr(result) for result in results}) > 1:
                yield f"scores differently beside other trials: {_name(trial)}"
        if before != [_fingerprint(trial) for trial in trials]:
            yield "changes the trials that it is given"
        yield from self._check_failing_replies(trials)

    def _check_failing_replies(self, trials: Sequence[Trial]) -> Iterator[str]:
        """A dialogue whose questions fail has failed, which is neither a score nor an exception."""
        for trial in trials:
            if not self._asks(trial):
                continue
            result = self._score(trial, lambda asks: [Reply(error="the model is down") for _ in asks])
            if not isinstance(result, ScoreFailure):
                yield f"gives {result!r} when a reply is an error, where a ScoreFailure is due"
                return

    def _asks(self, trial: Trial) -> bool:
        try:
            return is_dialogue(self.scorer.score(trial))
        except Exception:  # noqa: BLE001 # reported where the results are looked at
            return False

    def _score(self, trial: Trial, answers: Answers) -> object:
        try:
            result = self.scorer.score(trial)
            return replay(cast("Dialogue[ScoreResult]", result), answers) if is_dialogue(result) else result
        except Exception as error:  # noqa: BLE001 # any exception is the finding
            return error


def _spec_of(scorer: Any) -> ScorerSpec:
    if isinstance(scorer, ScorerSpec):
        return scorer
    if dataclasses.is_dataclass(scorer) and not isinstance(scorer, type):
        fields = [field.name for field in dataclasses.fields(scorer) if field.init]
        params = {name: getattr(scorer, name) for name in fields}
        return ScorerSpec(type(scorer).__name__, plugins.offer(type(scorer)), params)
    return ScorerSpec(getattr(scorer, "__name__", repr(scorer)), plugins.offer(scorer))


def _check_spec(spec: ScorerSpec) -> Iterator[str]:
    """What is wrong with how it is built."""
    try:
        built = plugins.build_scorer(spec)
    except (ForetellError, TypeError, ValueError) as error:
        yield f"cannot be built from its spec: {error}"
        return
    if not dataclasses.is_dataclass(built) or not cast("Any", built).__dataclass_params__.frozen:
        yield "is not a frozen dataclass, so it could remember one trial while it scores another"
    try:
        params = json.loads(canonical(spec.params))
    except (TypeError, ValueError) as error:
        yield f"its parameters are not JSON, and could not be sent to a worker: {error}"
        return
    again = plugins.build_scorer(dataclasses.replace(spec, params=params))
    if canonical(_values(again)) != canonical(_values(built)):
        yield "is another scorer after its spec went through JSON"


def _values(built: Any) -> dict[str, Any]:
    if not dataclasses.is_dataclass(built):
        return {}
    values = {field.name: getattr(built, field.name) for field in dataclasses.fields(built)}
    return {name: value for name, value in values.items() if not callable(value)}


def _faults(result: object) -> Iterator[str]:
    """What is wrong with one result."""
    if isinstance(result, Exception):
        yield f"raises {type(result).__name__}: {result}"
        return
    if not isinstance(result, Score | NotApplicable | ScoreFailure):
        yield f"gives {result!r}, which is no Score, NotApplicable or ScoreFailure"
        return
    # At run time a field holds whatever it was given, so its declared type proves nothing.
    fields: dict[str, Any] = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    if not isinstance(fields["reason"], str):
        yield f"gives a reason that is no text: {fields['reason']!r}"
    value, evidence = fields.get("value", 0), fields.get("evidence", ())
    if not isinstance(value, bool | int | float | str):
        yield f"gives a value that is no boolean, number or label: {value!r}"
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"gives a value that is no finite number: {value!r}"
    if not isinstance(evidence, tuple) or not all(isinstance(part, str) for part in cast("tuple[Any, ...]", evidence)):
        yield f"gives evidence that is no tuple of texts: {evidence!r}"


def _vectors(ask: Embed) -> Reply:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return Reply(vectors=tuple(tuple(float(text.lower().count(one)) for one in letters) for text in ask.texts))


def _spans(trial: Trial) -> tuple[Span, ...]:
    trace = trial.outcome.trace
    return () if isinstance(trace, NotSeen) else trace.spans


def _fingerprint(trial: Trial) -> str:
    return repr((trial.case, trial.outcome))


def _name(trial: Trial) -> str:
    output = trial.outcome.output
    shown = repr(output) if len(repr(output)) < 60 else f"{repr(output)[:57]}…"
    trace = "no trace" if isinstance(trial.outcome.trace, NotSeen) else f"{len(_spans(trial))} spans"
    return f"output {shown} of case '{trial.case.id}' ({trace})"
