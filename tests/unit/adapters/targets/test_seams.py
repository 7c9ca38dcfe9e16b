"""Functions of an application are watched where they are called, and are otherwise the same."""

import asyncio
import inspect
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from foretell.adapters.targets import threads
from foretell.adapters.targets.recording import Recording, trial
from foretell.adapters.targets.seams import Seams
from foretell.core.domain.steps import Step
from foretell.core.errors import ConfigurationError

SOURCE = """
import asyncio

def find(query, limit=3, *rest, **options):
    return [query] * limit

async def ask(prompt):
    await asyncio.sleep(0)
    if prompt == "no":
        raise ValueError("not that")
    return prompt.upper()

def stream(text):
    for mark in text:
        got = yield mark
        if got:
            yield got
    return len(text)

async def chunks(text):
    for mark in text:
        yield mark

def later(text):
    return ask(text)

def nested(query):
    return find(query, 1)

class Desk:
    def __init__(self, name):
        self.name = name
    def refund(self, amount):
        return f"{self.name}:{amount}"
    @classmethod
    def open(cls, name):
        return cls(name)
    @staticmethod
    def fee(amount):
        return amount / 10

desk = Desk("main")
"""


class Watched:
    """Seams over some functions of the module `shop.steps`, and the recording of a trial that owns them."""

    def __init__(self, *names: str) -> None:
        self.seams = Seams()
        self.seams.open(tuple(Step(name, f"shop.steps:{name}", "chain") for name in names), "steps")

    def __enter__(self) -> Recording:
        self.trial = trial(self.seams)
        return self.trial.__enter__()

    def __exit__(self, *error: object) -> None:
        self.trial.__exit__(None, None, None)
        self.seams.close()


def told(recording: Recording) -> list[tuple]:
    return [(span.name, span.input, span.output, span.error) for span in recording.spans()]


@pytest.fixture
def steps(app: Callable) -> object:
    return app("shop.steps", SOURCE)


def test_a_call_is_recorded_with_its_arguments_by_name(steps: object) -> None:
    with Watched("find") as recording:
        assert steps.find("a", 2, "x", lang="de") == ["a", "a"]
    given = {"query": "a", "limit": 2, "rest": ["x"], "options": {"lang": "de"}}
    assert told(recording) == [("find", given, ["a", "a"], None)]


async def test_coroutines_are_recorded_when_they_end(steps: object) -> None:
    with Watched("ask", "later") as recording:
        assert inspect.iscoroutinefunction(steps.ask)
        assert await steps.later("yes") == "YES"
        with pytest.raises(ValueError, match="not that"):
            await steps.ask("no")
    assert told(recording) == [
        ("later", {"text": "yes"}, "YES", None),
        ("ask", {"prompt": "yes"}, "YES", None),
        ("ask", {"prompt": "no"}, None, "ValueError: not that"),
    ]


def test_generators_pass_through_whole(steps: object) -> None:
    with Watched("stream") as recording:
        assert inspect.isgeneratorfunction(steps.stream)
        stream = steps.stream("ab")
        assert [next(stream), stream.send("!"), next(stream)] == ["a", "!", "b"]
        with pytest.raises(StopIteration) as end:
            next(stream)
        half = steps.stream("xy")
        next(half)
        half.close()
        broken = steps.stream("z")
        next(broken)
        with pytest.raises(KeyError):
            broken.throw(KeyError("stop"))
    assert end.value.value == 2
    assert told(recording) == [
        ("stream", {"text": "ab"}, "a!b", None),
        ("stream", {"text": "xy"}, "x", None),
        ("stream", {"text": "z"}, "z", "KeyError: 'stop'"),
    ]


async def test_async_generators_pass_through_whole(steps: object) -> None:
    with Watched("chunks") as recording:
        assert inspect.isasyncgenfunction(steps.chunks)
        assert [mark async for mark in steps.chunks("ab")] == ["a", "b"]
        half = steps.chunks("xy")
        await anext(half)
        await half.aclose()
    assert told(recording) == [("chunks", {"text": "ab"}, "ab", None), ("chunks", {"text": "xy"}, "x", None)]


def test_methods_are_recorded_without_self(steps: object) -> None:
    with Watched("Desk.refund", "Desk.open", "Desk.fee") as recording:
        assert steps.Desk.open("b").refund(amount=5) == "b:5"
        assert (steps.Desk.fee(10), steps.desk.fee(20)) == (1.0, 2.0)
    assert [(name, given) for name, given, _, _ in told(recording)] == [
        ("Desk.open", {"name": "b"}),
        ("Desk.refund", {"amount": 5}),
        ("Desk.fee", {"amount": 10}),
        ("Desk.fee", {"amount": 20}),
    ]


def test_a_method_of_one_object_can_be_watched(steps: object) -> None:
    with Watched("desk.refund") as recording:
        assert (steps.desk.refund(3), steps.Desk("other").refund(4)) == ("main:3", "other:4")
    assert told(recording) == [("desk.refund", {"amount": 3}, "main:3", None)]
    assert "refund" not in vars(steps.desk)


def test_steps_inside_steps_name_their_parent(steps: object) -> None:
    with Watched("find", "nested") as recording:
        steps.nested("a")
    assert [(span.name, span.span_id, span.parent_id) for span in recording.spans()] == [
        ("nested", "1", None),
        ("find", "2", "1"),
    ]


def test_names_imported_elsewhere_are_watched_too_and_put_back(steps: object, app: Callable) -> None:
    before = app("shop.before", "from shop.steps import find")
    original = steps.find
    with Watched("find") as recording:
        after = app("shop.after", "from shop.steps import find as search")
        before.find("a")
        after.search("b")
    assert [given["query"] for _, given, _, _ in told(recording)] == ["a", "b"]
    assert before.find is after.search is steps.find is original


def test_what_somebody_else_replaced_stays(steps: object) -> None:
    watched = Watched("find")
    steps.find = "theirs"
    watched.seams.close()
    assert steps.find == "theirs"


async def test_trials_at_the_same_time_do_not_mix(steps: object, app: Callable) -> None:
    pools = app("shop.pools", "import concurrent.futures as f\npool = f.ThreadPoolExecutor(2)")
    seams = Seams()
    seams.open((Step("find", "shop.steps:find", "retrieval"),), "steps")

    async def one(name: str) -> list[str]:
        with trial(seams) as recording:
            steps.find(name)
            await asyncio.sleep(0)
            await asyncio.to_thread(steps.find, f"{name} to_thread")
            pools.pool.submit(steps.find, f"{name} pool").result()
            thread = threading.Thread(target=steps.find, args=(f"{name} thread",))
            thread.start()
            thread.join()
            await asyncio.create_task(asyncio.to_thread(steps.find, f"{name} task"))
            return [span.input["query"] for span in recording.spans()]

    names = [f"t{number}" for number in range(5)]
    found = await asyncio.gather(*(one(name) for name in names))
    pools.pool.submit(steps.find, "nobody's").result()
    seams.close()
    pools.pool.shutdown()
    assert found == [[f"{name}{how}" for how in ("", " to_thread", " pool", " thread", " task")] for name in names]
    assert seams.orphans == 1


def test_calls_outside_of_trials_are_counted_only(steps: object) -> None:
    watched = Watched("find")
    steps.find("a")
    with watched as recording:
        steps.find("b")
    steps.find("c")
    assert (watched.seams.orphans, len(recording.spans())) == (1, 1)


def test_two_targets_that_share_a_function_record_it_once_each(steps: object) -> None:
    first, second = Watched("find"), Watched("find")
    with first as ours:
        steps.find("a")
    with second as theirs:
        steps.find("b")
    assert [len(ours.spans()), len(theirs.spans()), first.seams.orphans + second.seams.orphans] == [1, 1, 0]


def test_threads_are_as_before_when_all_seams_are_closed(steps: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_carrying", 0)  # a target of another test may still be live in this process
    monkeypatch.setattr(ThreadPoolExecutor, "submit", vars(threads)["_plain_submit"])
    monkeypatch.setattr(threading.Thread, "start", vars(threads)["_plain_start"])
    submit, start = ThreadPoolExecutor.submit, threading.Thread.start
    first, second = Watched("find"), Watched("find")
    first.seams.close()
    assert ThreadPoolExecutor.submit is not submit
    second.seams.close()
    assert (ThreadPoolExecutor.submit, threading.Thread.start) == (submit, start)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("shop.stepz:find", "steps.x: there is no module 'shop.stepz' (for 'shop.stepz:find')."),
        ("nowhere_at_all:find", "steps.x: there is no module 'nowhere_at_all' (for 'nowhere_at_all:find')."),
        ("shop.steps:fnd", "steps.x: 'shop.steps' has no 'fnd'. Did you mean 'find'?"),
        ("shop.steps:Desk.refnd", "steps.x: 'shop.steps' has no 'Desk.refnd'. Did you mean 'refund'?"),
        ("shop.steps:Desk", "steps.x: 'shop.steps:Desk' is no function. Name a function or a method."),
        ("shop.steps:desk.name", "steps.x: 'shop.steps:desk.name' is no function. Name a function or a method."),
    ],
)
def test_what_is_not_there_is_named(steps: object, call: str, message: str) -> None:
    original = steps.find
    seams = Seams()
    with pytest.raises(ConfigurationError) as caught:
        seams.open((Step("find", "shop.steps:find", "chain"), Step("x", call, "chain")), "steps")
    assert str(caught.value).startswith(message)
    assert steps.find is original
