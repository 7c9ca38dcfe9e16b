"""A function as a target: how it is called, what it may return, how its errors are told."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from foretell.adapters.targets import python
from foretell.adapters.targets.python import PythonTarget
from foretell.core.domain.conversation import Message, Usage
from foretell.core.domain.trace import NotSeen, Trace
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.errors import ConfigurationError
from foretell.core.ports.targets import Tools, Turn
from foretell.testing.targets import ScriptedWire

SOURCE = """
import asyncio
import time
from shop.search import find

def echo(said): return said
async def echo_later(said):
    await asyncio.sleep(0)
    return said
def with_context(said, context): return context
def full(said):
    return {"output": said, "usage": {"input_tokens": 3}, "cost_usd": 0.5, "model": "m", "finish_reason": "stop",
            "conversation_id": "c9", "latency_ms": 1e9}
def found(said): return {"output": find(said)[0], "own": 1}
def own_spans(said):
    find(said)
    return {"output": 1, "spans": [{"name": "mine", "kind": "tool"}]}
def empty(said): return {"output": None}
def excused(said): return {"output": None, "error": {"kind": "ours", "message": "not my fault"}}
def misspelt(said): return {"output": 1, "cost_usd": "much"}
def strange(said): return object()
def leaves(said): raise SystemExit(3)
async def hangs(said): await asyncio.sleep(60)
async def stubborn(said):
    end = asyncio.get_running_loop().time() + 1
    while (left := end - asyncio.get_running_loop().time()) > 0:
        try: await asyncio.sleep(left)
        except asyncio.CancelledError: pass
def sleeps(said): time.sleep(0.5)
async def gives_up(said): asyncio.current_task().cancel(); await asyncio.sleep(1)
async def slow_inside(said):
    async with asyncio.timeout(0.001):
        await asyncio.sleep(60)
def which_thread(said):
    import threading
    return threading.current_thread().name
constant = 7
"""


@pytest.fixture(autouse=True)
def shop(app: Callable) -> None:
    app("shop.search", "def find(q): return [q + '!']")
    app("shop.app", SOURCE)


def connect(name: str, **params: object) -> object:
    return PythonTarget(f"shop.app:{name}", **params).connect(Tools(ScriptedWire(), {}.get, "/nowhere"))


async def answer(name: str, turn: Turn | None = None, **params: object) -> Outcome:
    live = connect(name, **params)
    try:
        return await live.answer(turn or Turn("hi", "c-1", run="r"))
    finally:
        await live.aclose()


@pytest.mark.parametrize("name", ["echo", "echo_later"])
@pytest.mark.parametrize("said", ["hi", {"order": 7}, [1, None], None, 0.5])
async def test_functions_of_both_kinds_get_the_input(name: str, said: object) -> None:
    outcome = await answer(name, Turn(said, "c-1"))
    assert (outcome.output, outcome.error) == (said, None)


async def test_a_later_turn_gives_the_whole_conversation() -> None:
    history = (Message("user", "Where?"), Message("assistant", "There."))
    outcome = await answer("echo", Turn("Sure?", "c-1", history=history))
    assert outcome.output == [
        {"role": "user", "content": "Where?"},
        {"role": "assistant", "content": "There."},
        {"role": "user", "content": "Sure?"},
    ]


async def test_a_function_that_asks_for_context_gets_it() -> None:
    outcome = await answer("with_context", Turn("hi", "c-1", repeat=2, seed=5, run="r"))
    assert outcome.output == {"case_id": "c-1", "repeat": 2, "seed": 5, "conversation_id": "r/c-1/2"}


async def test_a_whole_outcome_may_be_returned() -> None:
    outcome = await answer("full")
    assert outcome.latency_ms is not None
    assert outcome.latency_ms < 1e6
    assert outcome == Outcome(
        "hi",
        trace=NotSeen("no steps are declared for this target, and it reported none"),
        model="m",
        usage=Usage(3),
        cost_usd=0.5,
        latency_ms=outcome.latency_ms,
        finish_reason="stop",
        conversation_id="c9",
    )


async def test_steps_make_the_trace() -> None:
    outcome = await answer("found", steps={"retrieve": "shop.search:find"})
    assert isinstance(outcome.trace, Trace)
    assert [(span.name, span.kind, span.input, span.output) for span in outcome.trace.spans] == [
        ("retrieve", "retrieval", {"q": "hi"}, ["hi!"])
    ]


async def test_the_applications_own_spans_are_believed() -> None:
    outcome = await answer("own_spans", steps={"retrieve": "shop.search:find"})
    assert [span.name for span in outcome.trace.spans] == ["mine"]


async def test_no_step_was_called_is_not_the_same_as_none_was_seen() -> None:
    outcome = await answer("echo", steps={"retrieve": "shop.search:find"})
    assert outcome.trace == Trace()


async def test_steps_in_older_threads_are_missed_aloud() -> None:
    import shop.search

    asked, answered = threading.Semaphore(0), threading.Semaphore(0)

    def work() -> None:
        asked.acquire()
        shop.search.find("x")
        answered.release()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    live = connect("echo", steps={"retrieve": "shop.search:find"})

    def hand_over(said: str) -> str:
        asked.release()
        answered.acquire()
        return said

    live._function = hand_over
    outcome = await live.answer(Turn("hi", "c-1"))
    thread.join()
    await live.aclose()
    assert (outcome.trace, live.orphans) == (
        NotSeen("its steps ran in threads that are older than the trial, where nobody can tell whose they are"),
        1,
    )


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("excused", TrialError("error", "not my fault")),
        (
            "misspelt",
            TrialError("error", "the answer: 'cost_usd' is \"much\", not a number."),
        ),
        ("leaves", TrialError("error", "SystemExit: 3")),
        ("slow_inside", TrialError("error", "TimeoutError: ")),
        (
            "strange",
            TrialError("error", "TypeError: 'object' has no JSON form: return text, numbers, lists or objects"),
        ),
    ],
)
async def test_failures_are_outcomes(name: str, error: TrialError) -> None:
    outcome = await answer(name)
    assert (outcome.error, outcome.output) == (error, outcome.output if name == "excused" else None)


async def test_an_empty_answer_is_an_answer() -> None:
    outcome = await answer("empty")
    assert (outcome.output, outcome.error) == (None, None)


async def test_a_function_that_hangs_times_out() -> None:
    outcome = await answer("hangs", Turn("hi", "c-1", timeout_s=0.02))
    assert outcome.error == TrialError("timeout", "no answer within 0.02 s")


@pytest.mark.parametrize(("name", "is_worn"), [("hangs", False), ("stubborn", True), ("sleeps", True)])
async def test_a_process_is_worn_by_calls_that_go_on_after_their_time(
    name: str, is_worn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "GRACE_SECONDS", 0.05)
    live = connect(name)
    outcome = await live.answer(Turn("hi", "c-1", timeout_s=0.02))
    assert (outcome.error, live.is_worn) == (TrialError("timeout", "no answer within 0.02 s"), is_worn)


async def test_an_application_that_cancels_itself_fails() -> None:
    assert (await answer("gives_up")).error == TrialError("error", "the target's own task was cancelled")


async def test_a_cancelled_trial_is_cancelled() -> None:
    task = asyncio.create_task(answer("hangs"))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_plain_functions_leave_the_loop_free() -> None:
    outcome = await answer("which_thread")
    assert outcome.output != threading.current_thread().name


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"call": "shop.app"},
            "call = 'shop.app': it is no function's address. Write it like acme_support.app:answer.",
        ),
        ({"call": "shop.app:eco"}, "call = 'shop.app:eco': 'shop.app' has no 'eco'. Did you mean 'echo'?"),
        ({"call": "shop.app:constant"}, "call = 'shop.app:constant': it cannot be called. Name a function that"),
        ({"call": "shop.app:echo", "steps": {"x": "shop.search:fnd"}}, "steps.x: 'shop.search' has no 'fnd'."),
    ],
)
def test_what_is_not_there_is_named(params: dict, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        PythonTarget(**params).connect(Tools(ScriptedWire(), {}.get, "/nowhere"))
    assert str(caught.value).startswith(message)
