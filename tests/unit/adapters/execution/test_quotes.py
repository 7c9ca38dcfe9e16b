"""What a trial costs at the most: tokens × price, before anything is sent."""

import json

import pytest

from foretell.adapters.execution.crew import Crew
from foretell.adapters.execution.quotes import Quote, quote
from foretell.core.domain.cases import Case
from foretell.core.domain.scores import ScorerSpec
from foretell.core.domain.trial import TargetSpec, TrialTask
from foretell.core.domain.values import Json
from foretell.testing.targets import ScriptedWire
from tests.unit.adapters.execution.work import task

PRICE = {"input": 1.0, "output": 10.0}
CASE = Case("c", "x" * 400, "answer")


def model_task(case: Case = CASE, scorers: tuple[ScorerSpec, ...] = (), **params: Json) -> TrialTask:
    given = {"model": "openai:m", "url": "http://127.0.0.1:9/v1", "price": PRICE, "max_tokens": 100}
    spec = TargetSpec("m", "model", {key: value for key, value in (given | params).items() if value is not None})
    return TrialTask("r", 0, case, 0, 7, spec, scorers)


def price_of(*messages: str, answers: int = 0, limit: int = 100) -> float:
    """By hand: the bytes of the request and what was answered before it, 4 a token; then the longest answer."""
    body = {
        "model": "m",
        "max_tokens": limit,
        "seed": 7,
        "messages": [{"role": "user", "content": text} for text in messages],
    }
    tokens = len(json.dumps(body, separators=(",", ":"))) // 4
    return ((tokens + answers * limit) * PRICE["input"] + limit * PRICE["output"]) / 1e6


def quoted(one: TrialTask) -> Quote:
    return quote(one, Crew(ScriptedWire(), {}.get))


def test_a_question_is_what_it_sends_and_the_longest_answer() -> None:
    assert quoted(model_task()).at_most == pytest.approx(price_of("x" * 400), rel=1e-2)


def test_a_limit_among_the_parameters_counts() -> None:
    one = model_task(max_tokens=None, params={"max_tokens": 50})
    assert quoted(one).at_most == pytest.approx(price_of("x" * 400, limit=50), rel=1e-2)


def test_every_turn_of_a_script_is_asked_with_all_that_was_said() -> None:
    wanted = price_of("a") + price_of("a", "b", answers=1) + price_of("a", "b", "c", answers=2)
    assert quoted(model_task(Case("c", "a", turns=("b", "c")))).at_most == pytest.approx(wanted, rel=2e-2)


@pytest.mark.parametrize(
    "one",
    [
        model_task(max_tokens=None),
        model_task(price=None),
        model_task(Case("c", "a", goal="a refund")),
        task(),
        model_task(price={"input": "dear"}),
    ],
    ids=["no longest answer", "no price", "a simulated user", "a target that cannot say", "a target that cannot be"],
)
def test_what_cannot_be_known_is_not_guessed(one: TrialTask) -> None:
    assert quoted(one) == Quote(None)


@pytest.mark.parametrize(
    ("scorer", "is_judged"),
    [
        (ScorerSpec("s", "exact_match"), False),
        (ScorerSpec("s", "similarity"), False),
        (ScorerSpec("s", "similarity", {"embedder": "builtin"}), True),
    ],
)
def test_scorers_that_ask_are_known(scorer: ScorerSpec, is_judged: bool) -> None:
    assert quoted(model_task(scorers=(scorer,))).is_judged == is_judged
