"""Which worker gets a task, when one is retired, and what is tried again."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from foretell.adapters.execution.child import GRACE_SECONDS, ChildDied, ChildHung, how
from foretell.adapters.execution.workers import Workers
from foretell.core.domain.runs import Arm
from foretell.core.domain.trial import Outcome, TrialError, TrialRecord, TrialTask
from foretell.core.errors import Unreachable
from tests.unit.adapters.execution.virtual import virtually
from tests.unit.adapters.execution.work import arm, record, task

LATE = Outcome(error=TrialError("timeout", "no answer within 10 s"))


@dataclass
class FakeChild:
    """A worker process without a process. A case's id says what befalls it there, after how many seconds."""

    number: int
    seen: list[str]
    is_dead: bool = False
    is_worn: bool = False
    is_ended: bool = False
    owed: dict[object, asyncio.Future[None]] = field(default_factory=dict[object, "asyncio.Future[None]"])

    async def ask(self, given: TrialTask, seconds: float) -> TrialRecord:
        if self.is_dead:
            raise ChildDied("it ended with exit code 3")
        self.seen.append(f"{given.case.id} in {self.number}")
        self.owed[given.key] = asyncio.get_running_loop().create_future()
        try:
            return await self._befall(given, seconds)
        finally:
            del self.owed[given.key]

    async def _befall(self, given: TrialTask, seconds: float) -> TrialRecord:
        what = given.case.id
        if what == "hangs":
            await asyncio.sleep(seconds)
            is_certain = len(self.owed) == 1
            await self.kill()
            raise ChildHung(is_certain=is_certain)
        await asyncio.wait((self.owed[given.key],), timeout=float(what.partition("@")[2] or 1))
        if self.is_dead:
            raise ChildDied("it ended by signal SIGKILL")
        if what.startswith("kills"):
            self.is_dead = True
            for future in self.owed.values():
                future.cancel()
            raise ChildDied("it ended with exit code 3")
        self.is_worn = self.is_worn or what.startswith("late")
        return record(given, LATE if what.startswith(("late", "cancelled")) else Outcome("fine"))

    async def kill(self) -> None:
        self.is_dead = self.is_ended = True
        for future in self.owed.values():
            future.cancel()


@dataclass
class Plant:
    """Starts fake workers; `fails_from` is the number of the first that cannot be started."""

    fails_from: int = 99
    children: list[FakeChild] = field(default_factory=list[FakeChild])
    seen: list[str] = field(default_factory=list[str])

    async def start(self, _: Arm, root: str) -> FakeChild:
        assert root == "root"
        await asyncio.sleep(0.1)
        if len(self.children) >= self.fails_from:
            raise Unreachable.of("target 'app'", "its worker process did not start.")
        self.children.append(FakeChild(len(self.children), self.seen))
        return self.children[-1]

    def workers(self) -> Workers:
        return Workers(arm(), "root", self.start)


def case(name: str) -> TrialTask:
    return replace(task(hash(name)), case=replace(task().case, id=name))


def work_off(*waves: list[str], plant: Plant | None = None) -> tuple[Plant, dict[str, TrialRecord]]:
    """Perform cases, wave after wave, all of a wave at once; then close. Every worker must have been ended."""
    made = plant or Plant()

    async def work() -> dict[str, TrialRecord]:
        workers = made.workers()
        await workers.open()
        records: dict[str, TrialRecord] = {}
        for wave in waves:
            for one in await asyncio.gather(*(workers.perform(case(name)) for name in wave)):
                records[one.case_id] = one
        await workers.aclose()
        return records

    records = virtually(work())
    assert all(child.is_ended for child in made.children)
    return made, records


def told(one: TrialRecord) -> tuple[str, str, int]:
    assert one.outcome.error is not None
    return one.outcome.error.kind, one.outcome.error.message, one.attempts


def test_one_worker_takes_all_tasks() -> None:
    plant, records = work_off(["a", "b"], ["c"])
    assert plant.seen == ["a in 0", "b in 0", "c in 0"]
    assert {one.attempts for one in records.values()} == {1}


def test_after_a_call_that_goes_on_new_tasks_go_to_a_fresh_worker_and_others_finish_where_they_are() -> None:
    plant, records = work_off(["late", "b"], ["c"])
    assert plant.seen == ["late in 0", "b in 0", "c in 1"]
    assert (records["late"].outcome, records["b"].outcome) == (LATE, Outcome("fine"))


def test_a_call_that_ended_when_its_time_was_up_costs_no_worker() -> None:
    plant, records = work_off(["cancelled", "b"], ["c"])
    assert plant.seen == ["cancelled in 0", "b in 0", "c in 0"]
    assert records["cancelled"].outcome == LATE


def test_a_retired_worker_is_ended_once_it_owes_nothing() -> None:
    plant = Plant()

    async def work() -> list[bool]:
        workers = plant.workers()
        slow = asyncio.create_task(workers.perform(case("slow@9")))
        ended: list[bool] = []
        for name in ("late", "late too", "late again"):
            await workers.perform(case(name))
            ended.append(plant.children[0].is_ended)
        await slow
        await workers.perform(case("next"))
        ended.append(plant.children[0].is_ended)
        await workers.aclose()
        return ended

    assert virtually(work()) == [False, False, False, True]
    assert plant.seen == ["late in 0", "slow@9 in 0", "late too in 1", "late again in 2", "next in 3"]


def test_what_died_with_a_worker_is_tried_again_alone() -> None:
    plant, records = work_off(["kills", "b", "c"])
    assert sorted(plant.seen[:3]) == ["b in 0", "c in 0", "kills in 0"]
    assert sorted(one.partition(" ")[0] for one in plant.seen[3:]) == ["b", "c", "kills"]
    assert told(records["kills"]) == (
        "error",
        "the target's process died under it twice: it ended with exit code 3",
        2,
    )
    assert [(records[name].outcome, records[name].attempts) for name in "bc"] == [(Outcome("fine"), 2)] * 2


def test_several_that_kill_take_only_themselves_along() -> None:
    _, records = work_off(["kills 1", "b", "kills 2", "c", "kills 3"], ["d"])
    failed = {name for name, one in records.items() if one.outcome.error is not None}
    assert failed == {"kills 1", "kills 2", "kills 3"}
    assert records["d"].attempts == 1


HUNG = "no answer within 10 s; it held the interpreter, and its process was ended"


def test_a_hang_of_the_whole_process_is_a_timeout_of_the_one_that_hangs() -> None:
    plant, records = work_off(["hangs", "b@99"])
    assert told(records["hangs"]) == ("timeout", HUNG, 2)
    assert (records["b@99"].outcome, records["b@99"].attempts) == (Outcome("fine"), 2)
    assert sorted(plant.seen[:2]) == ["b@99 in 0", "hangs in 0"]


def test_whoever_hangs_alone_is_not_tried_again() -> None:
    plant, records = work_off(["hangs"], ["b"])
    assert told(records["hangs"]) == ("timeout", HUNG, 1)
    assert plant.seen == ["hangs in 0", "b in 1"]


def test_the_time_for_a_conversation_is_that_of_all_its_turns() -> None:
    asked: list[float] = []

    async def work() -> None:
        plant = Plant()
        workers = plant.workers()
        await workers.open()
        plain = plant.children[0].ask

        async def noted(given: TrialTask, seconds: float) -> TrialRecord:
            asked.append(seconds)
            return await plain(given, seconds)

        plant.children[0].ask = noted
        await workers.perform(case("a"))
        await workers.perform(replace(case("b"), case=replace(case("b").case, turns=("x", "y"))))

    virtually(work())
    assert [seconds - GRACE_SECONDS for seconds in asked] == [10.0, 30.0]


@pytest.mark.parametrize("first", ["kills", "late"])
def test_a_worker_that_cannot_be_started_again_is_an_error_of_the_run(first: str) -> None:
    async def work() -> None:
        workers = Plant(fails_from=1).workers()
        await workers.open()
        for name in (first, "next"):
            await workers.perform(case(name))

    with pytest.raises(Unreachable, match="did not start"):
        virtually(work())


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "with exit code 0"), (3, "with exit code 3"), (-9, "by signal SIGKILL"), (-99, "by signal 99")],
)
def test_an_exit_code_in_words(code: int, words: str) -> None:
    assert how(code) == words
