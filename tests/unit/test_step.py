"""`foretell.step`: a step belongs to the trial that it runs in; outside of trials it is the function as it was."""

import inspect

import pytest

from foretell.adapters.targets.effects import Effects
from foretell.adapters.targets.recording import Recording, trial
from foretell.core.domain.effects import Effect, FaultSpec, Substitution
from foretell.step import step


@step
def search(question: str) -> list[str]:
    return [question]


@step("pay", kind="tool")
async def later(amount: int) -> int:
    return amount + 1


class Desk:
    @step(kind="tool")
    def refund(self, amount: int) -> int:
        return -amount


def cleaned(text: str) -> str:
    with step("tidy") as part:
        return part.output(text.strip())


def told(recording: Recording) -> list[tuple]:
    return [(span.name, span.kind, span.input, span.output, span.error) for span in recording.spans()]


async def everything() -> list[object]:
    return [search("a"), await later(1), Desk().refund(5), cleaned(" b ")]


async def test_steps_are_of_the_trial_that_they_run_in() -> None:
    assert await everything() == [["a"], 2, -5, "b"]
    assert inspect.iscoroutinefunction(later)
    with trial() as recording:
        assert await everything() == [["a"], 2, -5, "b"]
    assert told(recording) == [
        ("search", "retrieval", {"question": "a"}, ["a"], None),
        ("pay", "tool", {"amount": 1}, 2, None),
        ("refund", "tool", {"amount": 5}, -5, None),
        ("tidy", "postprocess", None, "b", None),
    ]


def planned() -> None:
    with step("plan"):
        search("inside")
        raise ValueError("no")


def test_a_block_that_raises_failed() -> None:
    with trial() as recording, pytest.raises(ValueError, match="no"):
        planned()
    plan, inside = recording.spans()
    assert (plan.kind, plan.error, inside.parent_id) == ("chain", "ValueError: no", plan.span_id)


@pytest.mark.parametrize(
    ("effect", "gave", "mark"),
    [
        (FaultSpec("f", "content_dropped", {"keep": 0.5}, "tidy"), "one", {"foretell.fault": "f"}),
        (FaultSpec("f", "tool_retried", {}, "tidy"), "one two", {}),  # a block cannot be called again
        (Substitution("tidy", "instead"), "instead", {"foretell.substituted": True}),
    ],
)
def test_effects_act_on_a_block(effect: Effect, gave: str, mark: dict) -> None:
    with trial(None, Effects((effect,))) as recording:
        assert cleaned("one two") == gave
    (span,) = recording.spans()
    assert (span.output, span.attributes) == (gave, mark)
