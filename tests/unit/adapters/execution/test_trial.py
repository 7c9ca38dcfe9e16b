"""One trial from task to record: turns, simulated users, scores, and what is kept when something breaks."""

import asyncio
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest

from foretell.adapters.execution.crew import Crew
from foretell.adapters.execution.patience import CHECK_SECONDS
from foretell.adapters.execution.trial import SLACK_S, failed, perform, turns_of
from foretell.core.domain.cases import Case
from foretell.core.domain.conversation import Chat, Message, Reply, Usage
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScorerSpec
from foretell.core.domain.trace import NotSeen, Span, Trace
from foretell.core.domain.trial import Outcome, TargetSpec, Trial, TrialError, TrialLimits, TrialRecord, TrialTask
from foretell.core.ports.targets import Turn
from foretell.testing.targets import ScriptedWire
from tests.unit.adapters.execution.virtual import now, virtually
from tests.unit.adapters.execution.work import HERE, SCRIPTS, task

SCRIPTED = Case("c-1", "one", turns=("two", {"role": "user", "content": "three"}))
GOAL = Case("c-1", "Hello?", goal="get a refund")
USER = TargetSpec("user", f"{HERE}:Scripted", {"key": "user"})
SEEN = Trace((Span("ask", "llm"),))


def spec(name: str, **fields: Any) -> ScorerSpec:
    return ScorerSpec(name, f"{__name__}:{name}", **fields)


@dataclass
class Persona:
    """A chat model that says its lines, one a question, and keeps what it was asked."""

    lines: list[Reply]

    def __post_init__(self) -> None:
        self.asked: list[Chat] = []

    async def chat(self, ask: Chat) -> Reply:
        self.asked.append(ask)
        return self.lines[len(self.asked) - 1]


def says(*lines: str) -> Persona:
    return Persona([Reply(Message("assistant", line), cost_usd=0.5) for line in lines])


def record_of(given: TrialTask, script: Callable[[Turn], Any], user: Persona | None = None) -> TrialRecord:
    """What a task comes to with a target that answers by this script."""

    async def work() -> TrialRecord:
        SCRIPTS["app"] = script
        crew = Crew(ScriptedWire(), {}.get)
        if user is not None:
            crew._models["user"] = user
        return await perform(given, crew)

    return virtually(work())


def outcome_of(given: TrialTask, script: Callable[[Turn], Any], user: Persona | None = None) -> Outcome:
    return record_of(given, script, user).outcome


def paid(turn: Turn) -> Outcome:
    """An answer with everything that adds up."""
    said = turn.input if isinstance(turn.input, str) else "?"
    return Outcome(
        f"re: {said}", trace=SEEN, model="m", usage=Usage(10, 2), cost_usd=0.25, latency_ms=100.0, finish_reason="stop"
    )


def dated(outcome: Outcome) -> Outcome:
    """Without the time of day, after making sure that it is there."""
    assert outcome.at is not None
    return replace(outcome, at=None)


def test_one_turn_is_one_answer() -> None:
    asked: list[Turn] = []
    case = Case("c-9", {"q": 1}, metadata={"conversation_id": "call-7"})
    limits = TrialLimits(timeout_s=9.0)
    given = task(4, case=case, repeat=2, seed=11, limits=limits)
    made = record_of(given, lambda turn: asked.append(turn) or paid(turn))
    assert asked == [Turn({"q": 1}, "c-9", 2, (), 11, 9.0, "r")]
    assert replace(made, outcome=dated(made.outcome)) == TrialRecord(
        "r", 4, "c-9", 2, replace(paid(asked[0]), conversation_id="call-7"), {}
    )


def test_a_scripted_conversation_is_one_outcome() -> None:
    asked: list[tuple[Any, tuple[str, ...]]] = []

    def script(turn: Turn) -> Outcome:
        asked.append((turn.input, tuple(message.text for message in turn.history)))
        return paid(turn)

    found = outcome_of(task(case=SCRIPTED), script)
    assert asked == [("one", ()), ("two", ("one", "re: one")), ("three", ("one", "re: one", "two", "re: two"))]
    assert dated(found) == Outcome(
        "re: three",
        messages=tuple(
            message
            for said in ("one", "two", "three")
            for message in (Message("user", said), Message("assistant", f"re: {said}"))
        ),
        trace=Trace(SEEN.spans * 3),
        model="m",
        usage=Usage(30, 6),
        cost_usd=0.75,
        latency_ms=300.0,
        finish_reason="stop",
    )


def test_what_the_target_reports_as_its_messages_is_believed() -> None:
    system = Message("system", "Be brief.")

    def script(turn: Turn) -> Outcome:
        before = turn.history or (system,)
        messages = (*before, Message("user", turn.input), Message("assistant", "ok"))
        return Outcome("ok", messages=messages)

    found = outcome_of(task(case=SCRIPTED), script)
    assert [message.text for message in found.messages] == ["Be brief.", "one", "ok", "two", "ok", "three", "ok"]


def test_an_error_ends_the_conversation_and_keeps_what_went_before() -> None:
    def script(turn: Turn) -> Outcome:
        return Outcome(error=TrialError("server_error", "HTTP 500")) if turn.input == "two" else paid(turn)

    found = outcome_of(task(case=SCRIPTED), script)
    assert dated(found) == Outcome(
        messages=(Message("user", "one"), Message("assistant", "re: one"), Message("user", "two")),
        trace=SEEN,
        model="m",
        usage=Usage(10, 2),
        cost_usd=None,  # what the turn that failed cost is not known, and so the sum is not
        latency_ms=100.0,
        error=TrialError("server_error", "HTTP 500"),
    )


def test_nothing_known_adds_up_to_nothing_known() -> None:
    found = outcome_of(task(case=SCRIPTED), lambda turn: Outcome("ok"))
    assert (found.usage, found.cost_usd, found.latency_ms) == (Usage(), None, None)
    assert isinstance(found.trace, NotSeen)


def test_a_recording_is_the_whole_conversation() -> None:
    @dataclass
    class Recording:
        is_recording: ClassVar[bool] = True
        asked: int = 0

        async def answer(self, turn: Turn) -> Outcome:
            self.asked += 1
            return replace(paid(turn), conversation_id="theirs", at="2026-01-01T00:00:00Z")

    async def work() -> tuple[Outcome, int]:
        crew, recording = Crew(ScriptedWire(), {}.get), Recording()
        crew._targets["app"] = recording
        return (await perform(task(case=SCRIPTED), crew)).outcome, recording.asked

    assert virtually(work()) == (
        replace(paid(Turn("one", "")), conversation_id="theirs", at="2026-01-01T00:00:00Z"),
        1,
    )


def test_a_simulated_user_goes_on_until_it_is_done() -> None:
    user = says("I want my money back.", "Thanks! <done>")
    found = outcome_of(task(case=GOAL, user=USER), paid, user)
    assert [message.text for message in found.messages] == [
        "Hello?",
        "re: Hello?",
        "I want my money back.",
        "re: I want my money back.",
    ]
    first, second = user.asked
    assert "get a refund" in first.messages[0].text
    # To the model that plays the user, the user's words are its own.
    assert [(message.role, message.text) for message in second.messages[1:]] == [
        ("assistant", "Hello?"),
        ("user", "re: Hello?"),
        ("assistant", "I want my money back."),
        ("user", "re: I want my money back."),
    ]
    assert (first.model, first.seed, second.seed) == ("user", 7, 8)


def test_playing_the_user_is_our_cost_and_not_the_targets() -> None:
    made = record_of(task(case=GOAL, user=USER), paid, says("And?", "<done>"))
    assert (made.outcome.cost_usd, made.eval_cost_usd) == (0.5, 1.0)


@pytest.mark.parametrize("most", [1, 2, 5])
def test_a_conversation_ends_after_its_most_turns(most: int) -> None:
    turns: list[Turn] = []
    given = task(case=GOAL, user=USER, max_turns=most)
    record_of(given, lambda turn: turns.append(turn) or paid(turn), says(*["And then?"] * 9))
    assert (len(turns), turns_of(given)) == (most, most)
    assert turns_of(task(case=SCRIPTED, max_turns=1)) == 3


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(error="rate_limited: HTTP 429"), "rate_limited: HTTP 429"),
        (Reply(Message("assistant", "  ")), "the reply was empty"),
    ],
)
def test_a_silent_user_leaves_the_trial_unscored_with_what_was_paid(reply: Reply, why: str) -> None:
    made = record_of(task(case=GOAL, user=USER, scorers=(spec("is_short"),)), paid, Persona([reply]))
    error = TrialError("ours", f"the simulated user gave no message: {why}")
    assert (made.outcome.error, made.outcome.cost_usd, len(made.outcome.messages)) == (error, 0.25, 2)
    assert (made.scores, error.is_ours) == ({}, True)


def test_a_goal_without_a_user_is_our_fault() -> None:
    found = outcome_of(task(case=GOAL), paid)
    assert found.error == TrialError("ours", "the case has a goal, but its suite names no 'user' model to pursue it")


async def never(_: Turn) -> Outcome:
    await asyncio.sleep(1e6)
    return Outcome()


def test_a_target_that_never_answers_is_ended() -> None:
    async def work() -> tuple[Outcome, float]:
        SCRIPTS["app"] = never
        return (await perform(task(), Crew(ScriptedWire(), {}.get))).outcome, now()

    found, ended = virtually(work())
    assert dated(found) == Outcome(error=TrialError("timeout", "no answer within 10 s"), latency_ms=10_000.0)
    assert 10.0 + SLACK_S <= ended <= 10.0 + SLACK_S + CHECK_SECONDS


def raising(error: BaseException) -> Callable[[Turn], Outcome]:
    def script(_: Turn) -> Outcome:
        raise error

    return script


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KeyError("x"), TrialError("ours", "KeyError: 'x'")),
        (SystemExit(0), TrialError("ours", "SystemExit: 0")),
        (asyncio.CancelledError(), TrialError("error", "the target's own task was cancelled")),
    ],
)
def test_a_target_that_breaks_its_promise_ends_its_own_trial_only(error: BaseException, told: TrialError) -> None:
    assert outcome_of(task(), raising(error)).error == told


def test_an_unknown_kind_of_target_is_told() -> None:
    found = outcome_of(task(), paid)
    assert found.error is None
    broken = replace(task(), target=TargetSpec("app", "nonsense"))
    error = outcome_of(broken, paid).error
    assert error is not None
    assert error.message.startswith("ConfigurationError: target 'app': target 'nonsense' is not known.")


async def test_a_trial_that_is_cancelled_is_no_trial() -> None:
    SCRIPTS["app"] = never
    work = asyncio.create_task(perform(task(), Crew(ScriptedWire(), {}.get)))
    await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


def is_short(trial: Trial, limit: int = 20) -> bool:
    return len(trial.text) <= limit


def broken(trial: Trial) -> bool:
    raise ZeroDivisionError("by nothing")


def quitting(trial: Trial) -> bool:
    raise SystemExit(0)


def silent(trial: Trial) -> None:
    return None


def strange(trial: Trial) -> Any:
    return {"score": 1}


def stranger(trial: Trial) -> Any:
    return Score(["a"])


@dataclass(frozen=True)
class SecondOpinion:
    """A dialogue: asks a model, and says what it said."""

    def score(self, trial: Trial) -> Generator[Any, Any, Score]:
        (reply,) = yield [Chat((Message("user", f"Is '{trial.text}' polite?"),), model="user")]
        again = yield [Chat((Message("user", word),), model="user") for word in ("Sure?", "Really?")]
        return Score(reply.message.text == "yes", " ".join(one.message.text for one in again))


@dataclass(frozen=True)
class Needy:
    needs_expected: ClassVar[bool] = True

    def score(self, trial: Trial) -> Score:
        return Score(trial.text == trial.expected)


def scores_of(names: list[str], expected: Any = "yes", user: Persona | None = None) -> dict[str, Any]:
    given = task(case=Case("c", "q", expected), scorers=tuple(map(spec, names)))
    return dict(record_of(given, lambda _: Outcome("yes"), user).scores)


def test_scores_are_facts_and_failures_of_scorers_are_no_zeros() -> None:
    assert scores_of(["is_short", "broken", "quitting", "silent", "strange", "stranger", "Needy"]) == {
        "is_short": Score(True),
        "broken": ScoreFailure("ZeroDivisionError: by nothing"),
        "quitting": ScoreFailure("SystemExit: 0"),
        "silent": NotApplicable("the function returned None"),
        "strange": ScoreFailure("it gave a dict; a score is true, false, a number or text"),
        "stranger": ScoreFailure("it gave a list; a score is true, false, a number or text"),
        "Needy": Score(True),
    }


def test_without_a_gold_answer_some_have_nothing_to_say() -> None:
    assert scores_of(["Needy"], expected=None) == {"Needy": NotApplicable("the case has no expected answer")}


def test_a_dialogue_asks_in_rounds_and_its_cost_is_ours() -> None:
    user = says("yes", "quite", "so")
    given = task(scorers=(spec("SecondOpinion"),))
    made = record_of(given, lambda _: Outcome("Hello.", cost_usd=0.1), user)
    assert made.scores == {"SecondOpinion": Score(True, "quite so")}
    assert (made.eval_cost_usd, made.outcome.cost_usd, len(user.asked)) == (1.5, 0.1, 3)


def test_a_model_that_is_not_there_is_a_reply_with_an_error() -> None:
    (failure,) = scores_of(["SecondOpinion"]).values()
    assert isinstance(failure, ScoreFailure)  # this one did not look whether there is a message


def test_what_ran_before_an_error_is_scored_and_nothing_else() -> None:
    steps = ScorerSpec("steps", "tools_work"), ScorerSpec("search", "retrieval_sound")
    given = task(scorers=(spec("is_short"), *steps))
    down = TrialError("error", "no")
    trace = Trace((Span("pay", "tool", error="HTTP 503"),))
    assert record_of(given, lambda _: Outcome(error=down)).scores == {}
    assert record_of(given, lambda _: Outcome(error=TrialError("ours", "no"), trace=trace)).scores == {}
    found = record_of(given, lambda _: Outcome(error=down, trace=trace)).scores
    assert found == {"steps": Score(False, "pay: HTTP 503", ("HTTP 503",), "pay")}  # nothing was searched for


def test_scorers_that_cannot_be_built_are_counted_as_failed() -> None:
    given = task(scorers=(spec("is_short"), ScorerSpec("gone", "no_such_module:scorer")))
    scores = record_of(given, lambda _: Outcome("yes")).scores
    assert {name: type(score) for name, score in scores.items()} == {"is_short": ScoreFailure, "gone": ScoreFailure}
    assert "no_such_module" in scores["gone"].reason


def test_a_record_of_nothing_but_an_error() -> None:
    error = TrialError("error", "the process died")
    made = failed(task(3), error)
    assert replace(made, outcome=dated(made.outcome)) == TrialRecord("r", 3, "c-3", 0, Outcome(error=error), {})


def test_order_of_trials_does_not_matter() -> None:
    async def work() -> list[TrialRecord]:
        async def slow(turn: Turn) -> Outcome:
            await asyncio.sleep(random.Random(turn.case_id).random())
            return Outcome(f"answer to {turn.input}")

        SCRIPTS["app"] = slow
        crew = Crew(ScriptedWire(), {}.get)
        return await asyncio.gather(*(perform(task(number), crew) for number in range(20)))

    found = virtually(work())
    assert [(one.case_id, one.outcome.output) for one in found] == [
        (f"c-{number}", f"answer to question {number}") for number in range(20)
    ]
