"""Money: reserved before it is spent, and nobody waits for ever."""

import asyncio

import pytest

from foretell.adapters.execution.purse import Purse
from foretell.adapters.execution.quotes import Quote
from foretell.core.domain.runs import Arm
from foretell.core.domain.trial import Outcome, TrialError, TrialRecord
from tests.unit.adapters.execution.virtual import virtually
from tests.unit.adapters.execution.work import arm, record, task


def cost(usd: float | None, judging: float | None = 0.0) -> TrialRecord:
    return record(task(), Outcome("yes", cost_usd=usd), eval_cost_usd=judging)


UNKNOWN = Quote()
FAILED = record(task(), Outcome(error=TrialError("timeout", "too late")))


class Day:
    """Trials of some arms against one purse: how many ran, and how many at once."""

    def __init__(self, limit: float | None, spent: float = 0.0) -> None:
        self.purse = Purse(limit, spent)
        self.started: list[str] = []
        self.open = self.most = 0

    async def hand(self, one: Arm, result: TrialRecord, trials: int, quote: Quote) -> None:
        for _ in range(trials):
            reserved = await self.purse.reserve(one, quote)
            if reserved is None:
                return
            self.started.append(one.target.name)
            self.open += 1
            self.most = max(self.most, self.open)
            await asyncio.sleep(1)
            self.open -= 1
            self.purse.settle(one, reserved, result)

    async def work(self, *arms: tuple[Arm, TrialRecord], quote: Quote = UNKNOWN) -> None:
        await asyncio.gather(*(self.hand(one, result, 10, quote) for one, result in arms for _ in range(8)))


def spend(limit: float | None, *arms: tuple[Arm, TrialRecord], spent: float = 0.0, quote: Quote = UNKNOWN) -> Day:
    """Eight hands on each arm, ten trials each at most. Fails when a hand waits for ever."""

    async def work() -> Day:
        day = Day(limit, spent)
        await day.work(*arms, quote=quote)
        return day

    return virtually(work())


CAPPED = arm(max_cost_per_trial=0.5)


def test_without_a_limit_nothing_is_counted() -> None:
    day = spend(None, (arm(), cost(None)))
    assert (len(day.started), day.most, day.purse.is_closed, day.purse.spent) == (80, 8, False, 0.0)


def test_a_cap_is_set_aside_for_each_trial_before_it_starts() -> None:
    day = spend(2.0, (CAPPED, cost(0.5)))
    assert (len(day.started), day.most, day.purse.spent, day.purse.is_empty) == (4, 4, 2.0, True)


def test_what_a_trial_did_not_use_is_there_for_the_next() -> None:
    day = spend(2.0, (CAPPED, cost(0.1)))
    assert day.most == 4
    assert 1.5 < day.purse.spent <= 2.0


def test_a_sum_of_tenths_is_what_a_person_expects() -> None:
    assert len(spend(1.0, (arm(max_cost_per_trial=0.1), cost(0.1))).started) == 10


def test_without_a_cap_four_scouts_go_alone() -> None:
    day = spend(100.0, (arm(), cost(0.01)))
    assert len(day.started) == 80

    async def first_four() -> list[int]:
        day = Day(100.0)
        work = asyncio.create_task(day.work((arm(), cost(0.01))))
        counts: list[int] = []
        for _ in range(5):
            await asyncio.sleep(1)
            counts.append(len(day.started))
        await work
        return counts

    assert virtually(first_four()) == [1, 2, 3, 4, 4 + 8]  # started within each second


def test_each_arm_has_scouts_of_its_own() -> None:
    day = spend(100.0, (arm("a"), cost(0.01)), (arm("b"), cost(0.01)))
    assert sorted(day.started[:2]) == ["a", "b"]


def test_a_trial_without_a_cap_is_expected_to_cost_what_the_dearest_did() -> None:
    async def work() -> list[float | None]:
        purse, one = Purse(10.0), arm()
        amounts: list[float | None] = []
        for usd in (1.0, 3.0, 2.0, 0.5):
            reserved = await purse.reserve(one)
            assert reserved is not None
            amounts.append(reserved.amount)
            purse.settle(one, reserved, cost(usd))
        last = await purse.reserve(one)
        return [*amounts, last and last.amount]

    assert virtually(work()) == [0.0, 1.0, 3.0, 3.0, 3.0]


def test_judging_is_paid_from_the_same_purse() -> None:
    day = spend(2.0, (arm(max_cost_per_trial=0.5), cost(0.4, judging=0.1)))
    assert (len(day.started), day.purse.spent) == (4, 2.0)


@pytest.mark.parametrize(("spent", "trials"), [(0.0, 4), (1.5, 1), (1.8, 0), (5.0, 0)])
def test_what_was_spent_before_counts(spent: float, trials: int) -> None:
    day = spend(2.0, (CAPPED, cost(0.5)), spent=spent)
    assert (len(day.started), day.purse.is_empty) == (trials, True)


def test_an_answer_of_unknown_cost_makes_the_purse_blind_and_ends_all_hands() -> None:
    day = spend(100.0, (arm(), cost(None)))
    assert (day.started, day.purse.is_blind, day.purse.is_closed) == (["app"], True, True)


def test_with_a_cap_an_unknown_cost_is_the_cap() -> None:
    day = spend(2.0, (CAPPED, cost(None)))
    assert (len(day.started), day.purse.spent, day.purse.is_blind) == (4, 2.0, False)


def test_what_tokens_and_price_allow_is_set_aside_before_anything_is_known() -> None:
    day = spend(2.0, (arm(), cost(0.1)), quote=Quote(0.5))
    assert (day.most, day.purse.is_empty) == (4, True)
    assert 1.5 < day.purse.spent <= 2.0


def test_tokens_and_price_go_before_a_cap() -> None:
    assert spend(2.0, (CAPPED, cost(0.1)), quote=Quote(1.0)).most == 2


def test_a_price_without_counted_tokens_is_what_was_set_aside() -> None:
    day = spend(2.0, (arm(), cost(None)), quote=Quote(0.5))
    assert (len(day.started), day.purse.spent, day.purse.is_blind) == (4, 2.0, False)


def test_judging_of_unknown_price_sends_scouts_and_is_set_aside_afterwards() -> None:
    async def work() -> tuple[bool, list[float]]:
        purse, one, priced = Purse(10.0), arm(), Quote(1.0, is_judged=True)
        first = await purse.reserve(one, priced)
        second = asyncio.create_task(purse.reserve(one, priced))
        await asyncio.sleep(1)
        waiting = not second.done()
        assert first is not None
        purse.settle(one, first, cost(0.5, judging=0.25))
        later = await second
        assert later is not None
        return waiting, [first.amount, later.amount]

    assert virtually(work()) == (True, [1.0, 1.25])


@pytest.mark.parametrize(("one", "is_blind"), [(arm(), True), (CAPPED, False)])
def test_judging_of_unknown_cost_makes_the_purse_blind_unless_there_is_a_cap(one: Arm, is_blind: bool) -> None:
    assert spend(100.0, (one, cost(0.1, judging=None))).purse.is_blind == is_blind


def test_a_trial_that_failed_need_not_know_its_cost() -> None:
    async def work() -> tuple[float, bool]:
        purse, one = Purse(10.0), arm()
        for result in (FAILED, cost(1.5), FAILED):
            reserved = await purse.reserve(one)
            assert reserved is not None
            purse.settle(one, reserved, result)
        return purse.spent, purse.is_closed

    assert virtually(work()) == (3.0, False)  # the first one is booked as nothing, the last one as the dearest seen


def test_an_arm_that_is_too_dear_waits_for_the_others_before_it_gives_up() -> None:
    cheap, dear = arm("cheap", max_cost_per_trial=0.1), arm("dear", max_cost_per_trial=1.5)
    day = spend(2.5, (cheap, cost(0.01)), (dear, cost(1.5)))
    assert (day.started.count("cheap"), day.started.count("dear"), day.purse.is_empty) == (80, 1, True)
